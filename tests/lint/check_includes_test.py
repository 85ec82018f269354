# SPDX-License-Identifier: Apache-2.0
"""Shows that each rule of tools/check_includes can fail: every row is a tree with one mistake."""

import subprocess
import tempfile
import unittest
from pathlib import Path

CHECK = Path(__file__).resolve().parents[2] / "tools/check_includes"

GOOD = {
    "switch/frame/a.hpp": "#pragma once\n#include <span>\n",
    "switch/forwarding/b.hpp": '#include "switch/frame/a.hpp"\n',
    "switch/system/s.hpp": '#include "switch/frame/a.hpp"\n#include <unistd.h>\n',
    "switch/ports/c.hpp": '#include "switch/system/s.hpp"\n',
    "switch/ports/socket/k.hpp": '#include "switch/ports/c.hpp"\n',
    "switch/ports/vde/v.hpp": '#include "switch/ports/socket/k.hpp"\n',
    "switch/engine/d.hpp": '#include "switch/forwarding/b.hpp"\n#include "switch/ports/c.hpp"\n',
    "control/rpc/e.hpp": "#include <string>\n",
    "control/config/f.hpp": '#include "control/rpc/e.hpp"\n',
    "control/network/n.hpp": '#include "switch/engine/d.hpp"\n#include "switch/ports/vde/v.hpp"\n',
    "control/api/g.hpp": '#include "control/config/f.hpp"\n#include "control/network/n.hpp"\n',
    "control/server/h.hpp": '#include "control/rpc/e.hpp"\n#include <boost/asio/post.hpp>\n',
    "tools/terminal/t.hpp": '#include "control/rpc/e.hpp"\n',
    "tools/lab/l.hpp": '#include "tools/terminal/t.hpp"\n',
    "tools/tapctl/line/w.hpp": '#include "tools/lab/l.hpp"\n',
    "tools/tapswitchd/main.cpp": '#include "control/api/g.hpp"\n#include "tools/version.hpp"\n',
}

# name, file, what stands in it, what the complaint must say
BAD = [
    ("frame knows nobody", "switch/frame/x.hpp", '#include "switch/forwarding/b.hpp"',
     "switch/frame must not include switch/forwarding"),
    ("forwarding does not know ports", "switch/forwarding/x.cpp", '#include "switch/ports/c.hpp"',
     "switch/forwarding must not include switch/ports"),
    ("ports do not know forwarding", "switch/ports/x.cpp", '#include "switch/forwarding/b.hpp"',
     "switch/ports must not include switch/forwarding"),
    ("the kernel's handles know no port", "switch/system/x.cpp", '#include "switch/ports/c.hpp"',
     "switch/system must not include switch/ports"),
    ("a source is nobody's header", "tools/tapctl/line/x.cpp", '#include "tools/tapswitchd/main.cpp"',
     '"tools/tapswitchd/main.cpp" is no header'),
    ("kinds of port do not know one another", "switch/ports/tap/x.cpp",
     '#include "switch/ports/vde/v.hpp"', "switch/ports/tap must not include switch/ports/vde"),
    ("the seam knows no kind", "switch/ports/x.cpp", '#include "switch/ports/socket/k.hpp"',
     "switch/ports must not include switch/ports/socket"),
    ("the engine knows no kind", "switch/engine/x.cpp", '#include "switch/ports/vde/v.hpp"',
     "switch/engine must not include switch/ports/vde"),
    ("a new kind must be in the table", "switch/ports/pigeon/x.cpp", '#include "switch/frame/a.hpp"',
     "the room switch/ports/pigeon is not in the table"),
    ("the network does not know its methods", "control/network/x.cpp", '#include "control/api/g.hpp"',
     "control/network must not include control/api"),
    ("a session knows no port", "control/server/x.cpp", '#include "switch/ports/c.hpp"',
     "control/server must not include switch/ports"),
    ("labs do not know tapctl", "tools/lab/x.cpp", '#include "tools/tapctl/line/w.hpp"',
     "tools/lab must not include tools/tapctl"),
    ("a terminal knows no lab", "tools/terminal/x.cpp", '#include "tools/lab/l.hpp"',
     "tools/terminal must not include tools/lab"),
    ("the daemon does not know tapctl", "tools/tapswitchd/x.cpp", '#include "tools/tapctl/line/w.hpp"',
     "tools/tapswitchd must not include tools/tapctl"),
    ("the switch does not know its control", "switch/engine/x.cpp", '#include "control/rpc/e.hpp"',
     "switch/engine must not include control/rpc"),
    ("rpc does not know the switch", "control/rpc/x.cpp", '#include "switch/frame/a.hpp"',
     "control/rpc must not include switch/frame"),
    ("the server does not know the methods", "control/server/x.cpp", '#include "control/api/g.hpp"',
     "control/server must not include control/api"),
    ("control does not know the programs", "control/api/x.cpp", '#include "tools/version.hpp"',
     "control/api must not include tools"),
    ("nobody includes a test", "tools/tapctl/x.cpp", '#include "tests/support/y.hpp"',
     "tools/tapctl must not include tests/support"),
    ("a new room must be in the table", "switch/snooping/x.cpp", '#include "switch/frame/a.hpp"',
     "the room switch/snooping is not in the table"),
    ("frame knows no Asio", "switch/frame/x.hpp", "#include <boost/asio/buffer.hpp>", "knows Asio"),
    ("forwarding knows no Asio", "switch/forwarding/x.hpp", "boost::asio::io_context c;", "knows Asio"),
    ("frame reads no clock", "switch/frame/x.cpp", "auto t = std::chrono::steady_clock::now();",
     "reads a clock"),
    ("forwarding reads no clock", "switch/forwarding/x.cpp", "clock_gettime(CLOCK_MONOTONIC, &t);",
     "reads a clock"),
    ("configuration reads no clock", "control/config/x.cpp", "auto t = Clock::now();", "reads a clock"),
    ("frame opens no descriptor", "switch/frame/x.cpp", "#include <unistd.h>", "operating system"),
    ("forwarding opens no descriptor", "switch/forwarding/x.cpp", "#include <sys/socket.h>",
     "operating system"),
    ("rpc knows no socket", "control/rpc/x.cpp", "#include <sys/socket.h>", "operating system"),
    ("an include names a file", "switch/frame/x.cpp", '#include "a.hpp"', "is no file"),
    ("files do not include one another", "switch/frame/a.hpp", '#include "switch/frame/a.hpp"',
     "a circle of includes: switch/frame/a.hpp -> switch/frame/a.hpp"),
]


def check(tree):
    with tempfile.TemporaryDirectory() as root:
        for name, text in {"tests/support/y.hpp": "", **tree}.items():
            path = Path(root) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return subprocess.run([CHECK, root], capture_output=True, text=True, check=False)


class CheckIncludes(unittest.TestCase):
    def test_a_tree_that_keeps_the_rules_passes(self):
        result = check(GOOD)
        self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_a_comment_may_name_what_is_forbidden(self):
        tree = {**GOOD, "switch/frame/x.cpp": "// never boost::asio, never Clock::now()\n"}
        self.assertEqual(check(tree).stderr, "")

    def test_each_rule_is_enforced_and_names_the_place(self):
        for name, file, text, complaint in BAD:
            with self.subTest(name):
                result = check({**GOOD, file: "// first line\n" + text + "\n"})
                self.assertEqual(result.returncode, 1)
                self.assertIn(complaint, result.stderr)
                if "circle" not in complaint:
                    self.assertIn(f"{file}:2:", result.stderr)

    def test_a_long_circle_is_found(self):
        tree = {"switch/frame/1.hpp": '#include "switch/frame/2.hpp"\n',
                "switch/frame/2.hpp": '#include "switch/frame/3.hpp"\n',
                "switch/frame/3.hpp": '#include "switch/frame/1.hpp"\n'}
        self.assertIn("1.hpp -> switch/frame/2.hpp -> switch/frame/3.hpp -> switch/frame/1.hpp",
                      check(tree).stderr)


if __name__ == "__main__":
    unittest.main()
