# SPDX-License-Identifier: Apache-2.0
"""Shows that each decision has a number of its own, says it, and is there where it is referred to."""

import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DECISIONS = ROOT / "docs/decisions"
REFERRING = ("switch", "control", "tools", "tests", "docs", "examples", "findings")
ENDINGS = {".md", ".cpp", ".hpp", ".h", ".c", ".py", ".txt", ""}


def texts():
    """(path, text) of what may refer to decisions."""
    for path in ROOT.glob("*.*"):
        if path.suffix in ENDINGS and path.is_file():
            yield path, path.read_text(encoding="utf-8")
    for folder in REFERRING:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in ENDINGS and path.is_file():
                yield path, path.read_text(encoding="utf-8", errors="replace")


class Decisions(unittest.TestCase):
    def setUp(self):
        self.files = sorted(DECISIONS.glob("*.md"))
        self.numbers = {int(path.name[:4]) for path in self.files}

    def test_each_has_a_number_of_its_own(self):
        self.assertGreater(len(self.files), 50)
        self.assertEqual(len(self.numbers), len(self.files),
                         [path.name for path in self.files])

    def test_each_says_its_number(self):
        for path in self.files:
            with self.subTest(path=path.name):
                self.assertTrue(path.read_text(encoding="utf-8").startswith(
                    f"# {int(path.name[:4])}. "))

    def test_those_that_are_referred_to_are_there(self):
        found = [(path.relative_to(ROOT).as_posix(), int(number)) for path, text in texts()
                 for number in re.findall(r"\bdecisions? (?:\d+ and )?(\d+)\b", text)]
        self.assertGreater(len(found), 10)
        self.assertEqual([each for each in found if each[1] not in self.numbers], [])


if __name__ == "__main__":
    unittest.main()
