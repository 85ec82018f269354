# SPDX-License-Identifier: Apache-2.0
"""Shows that tools/check_comments can fail, and what it lets pass."""

import subprocess
import tempfile
import unittest
from pathlib import Path

CHECK = Path(__file__).resolve().parents[2] / "tools/check_comments"

# file, what stands in it, the word that the complaint names; none: it passes
CASES = [
    ("switch/a.hpp", "// Returns what is left.\nint left();\n", None),
    ("switch/a.hpp", "// What is left.\nint left();\n", "What"),
    ("switch/a.hpp", "int x;\n  // Of these nobody tells us.\n", "Of"),
    ("switch/a.hpp", "// SPDX-License-Identifier: Apache-2.0\n// a.hpp: where frames go.\n", "Where"),
    ("switch/a.hpp", "// a.hpp: decides\n// What goes on is no beginning.\n", None),
    ("switch/a.hpp", "// A title.\n//\n// Those are in the same block.\n", None),
    ("switch/a.hpp", "int x;  // What it is may be remarked.\n", None),
    ("switch/a.hpp", "// Whatever comes is taken.\n", None),
    ("control/b.cpp", "// It is gone.\n", "It"),
    ("control/CMakeLists.txt", "# Those that are built.\n", "Those"),
    ("tools/c.py", "#!/usr/bin/python3\n# They wait.\n", "They"),
    ("tools/d", "#!/bin/bash\n# Behind it is nothing.\n", "Behind"),
    ("tests/e.txt", "# What this is, nobody asks.\n", None),
]


def complaint(name, text):
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory, name)
        file.parent.mkdir(parents=True)
        file.write_text(text, encoding="utf-8")
        done = subprocess.run([CHECK, directory], capture_output=True, text=True, check=False)
        assert (done.returncode != 0) == bool(done.stdout), done
        return done.stdout


class CheckComments(unittest.TestCase):
    def test_cases(self):
        for name, text, word in CASES:
            with self.subTest(text=text):
                said = complaint(name, text)
                if word is None:
                    self.assertEqual(said, "")
                else:
                    self.assertIn(f"{name}:", said)
                    self.assertIn(f"opens with '{word}'", said)


if __name__ == "__main__":
    unittest.main()
