# SPDX-License-Identifier: Apache-2.0
"""Counts which files name a kind of port besides its own: a new kind touches at most three, and
CONTRIBUTING.md says which.

A kind is the "type" of a struct in control/config/far_ends/. Its own files are that pair, the pair of
the same name in control/network/kinds/, and its folder in switch/ports/. Another file names it if it
includes one of them, uses a type that one of them declares, or has its folder or file in a list.
Limits: it reads patterns, not C++; a comment is cut off, a string is not. Tests are not counted.
"""

import re
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MOST_FILES = 3

# Users of kinds, as people are: a lab is nodes with TAPs and machines with QEMU's sockets.
USERS = ("control/lab/", "tools/lab/")

TYPE = re.compile(r'^\s*static constexpr std::string_view type = "(\w+)";', re.MULTILINE)
DECLARATION = re.compile(r"^(?:class|struct|enum class) (\w+)[^;\n]*\{", re.MULTILINE)
COMMENT = re.compile(r"//[^\n]*")


def kinds_in(root):
    """By the name of its files: the patterns that name it."""
    kinds = {}
    for header in sorted((root / "control/config/far_ends").glob("*.hpp")):
        if not TYPE.search(header.read_text(encoding="utf-8")):
            continue
        name = header.stem
        declared = set(DECLARATION.findall(header.read_text(encoding="utf-8")))
        for own in (root / "switch/ports" / name).glob("*.hpp"):
            declared |= set(DECLARATION.findall(own.read_text(encoding="utf-8")))
        places = [rf"far_ends/{name}\b", rf"network/kinds/{name}\b", rf"\bkinds/{name}\.",
                  rf"switch/ports/{name}\b", rf"(?<![\w/]){name}/\w+\.cpp"]
        kinds[name] = re.compile("|".join(places + [rf"\b{word}\b" for word in sorted(declared)]))
    return kinds


def is_own(name, path):
    return bool(re.match(rf"(control/config/far_ends|control/network/kinds)/{name}\.[ch]pp$"
                         rf"|switch/ports/{name}/", path))


def files_naming(root):
    """By kind: the existing files that name it."""
    kinds = kinds_in(root)
    found = {name: set() for name in kinds}
    for top in ("switch", "control", "tools"):
        for path in sorted((root / top).rglob("*")):
            name = path.relative_to(root).as_posix()
            is_list = path.name in ("CMakeLists.txt", "check_includes")
            if not (path.suffix in (".cpp", ".hpp") or is_list) or name.startswith(USERS):
                continue
            text = path.read_text(encoding="utf-8")
            text = COMMENT.sub("", text) if path.suffix in (".cpp", ".hpp") else text
            for kind, pattern in kinds.items():
                is_listed = path.name == "check_includes" and f'"{kind}"' in text
                if not is_own(kind, name) and (is_listed or pattern.search(text)):
                    found[kind].add(name)
    return found


class Kinds(unittest.TestCase):
    def test_kind_is_named_by_few_existing_files(self):
        found = files_naming(ROOT)
        self.assertGreaterEqual(set(found), {"tap", "interface", "patch", "qemu", "vde", "veth"})
        for kind, files in found.items():
            self.assertLessEqual(len(files), MOST_FILES, f"{kind} is named by {sorted(files)}")

    def test_recipe_names_those_files(self):
        text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
        recipe = text.split("## A new kind of port")[1].split("\n## ")[0]
        for files in files_naming(ROOT).values():
            for file in files:
                self.assertIn(f"`{file}`", recipe)

    def test_file_that_names_a_kind_is_found(self):
        rows = [("control/api/a.cpp", '#include "switch/ports/drum/drum_port.hpp"'),
                ("control/network/b.cpp", "DrumPort* drum = nullptr;"),
                ("control/network/c.cpp", "std::get_if<config::DrumSpec>(&end)"),
                ("switch/ports/CMakeLists.txt", "  drum/drum_port.cpp"),
                ("tools/check_includes", 'KINDS = ("drum",)')]
        for file, line in rows:
            with self.subTest(file=file), tempfile.TemporaryDirectory() as place:
                root = Path(place)
                tree = {"control/config/far_ends/drum.hpp":
                        'struct DrumSpec {\n  static constexpr std::string_view type = "drum";\n};\n',
                        "switch/ports/drum/drum_port.hpp": "class DrumPort final : public Port {\n};\n",
                        "control/api/other.cpp": "// DrumPort is only spoken of here.\n",
                        "tools/lab/user.cpp": "DrumSpec of_a_user;\n",
                        file: line + "\n"}
                for name, text in tree.items():
                    (root / name).parent.mkdir(parents=True, exist_ok=True)
                    (root / name).write_text(text, encoding="utf-8")
                self.assertEqual(files_naming(root), {"drum": {file}})


if __name__ == "__main__":
    unittest.main()
