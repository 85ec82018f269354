# SPDX-License-Identifier: Apache-2.0
"""Shows that no test lies about which nobody builds or runs: each file is named by the CMakeLists.txt
of its room (a scenario, which pytest finds by itself, by its folder)."""

import re
import unittest
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]


def lists_above(path):
    """The texts of the CMakeLists.txt in the folders from 'path' up to tests/, each with the name
    that 'path' has there."""
    for folder in path.parents:
        text = folder / "CMakeLists.txt"
        if text.is_file():
            yield text.read_text(encoding="utf-8"), path.relative_to(folder).as_posix()
        if folder == TESTS:
            return


def is_named(name, text):
    """Whether 'text' has the file as a word, also without its ending."""
    return re.search(rf"(?<![\w/]){re.escape(name.removesuffix('.cpp'))}(\.cpp)?(?![\w/.])", text)


class EveryTestIsBuilt(unittest.TestCase):
    def test_each_cpp_file_is_named(self):
        sources = sorted(TESTS.rglob("*.cpp"))
        self.assertGreater(len(sources), 100)
        unnamed = [source.relative_to(TESTS).as_posix() for source in sources
                   if not any(is_named(name, text) for text, name in lists_above(source))]
        self.assertEqual(unnamed, [])


if __name__ == "__main__":
    unittest.main()
