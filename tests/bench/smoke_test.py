# SPDX-License-Identifier: Apache-2.0
"""tools/bench runs: a round of a few seconds brings positive figures and leaves nothing behind.

    smoke_test.py DIRECTORY_OF_THE_PROGRAMS

What the figures are says nothing here; 'sudo tools/bench' measures.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree
from pathlib import Path

BENCH = Path(__file__).resolve().parents[2] / "tools/bench"
SKIPPED_STATUS = 77  # for CTest
DEADLINE = 120

# Every figure that --smoke brings, of each peer. At rest a switch may well cost nothing.
FIGURES = ("tcp1", "tcp1_back", "tcp4", "cpu_gigabyte", "cpu_gigabyte_all", "frames_60",
           "frames_1514", "cpu_frames", "latency", "latency_p99")
PEERS = ("tapswitch", "floor", "floor-plain")
# And of the control socket. That memory grows is nothing to rely on.
CONTROL_FIGURES = ("control_calls", "control_alone", "control_alone_tcp", "control_statistics",
                   "control_paging_delay", "control_vlan_delay", "control_apply_all",
                   "control_apply_one", "control_storm_come", "control_storm_go",
                   "control_storm_ports_wait",
                   "control_deaf_calls", "control_deaf_frames")


def bench(*options, directory):
    """Starts it with its temporary files in a directory of ours."""
    return subprocess.Popen([sys.executable, BENCH, "--programs", PROGRAMS, *options],
                            env={**os.environ, "TMPDIR": directory}, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


class Smoke(unittest.TestCase):
    def setUp(self):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        self.place = Path(place.name)
        self.files = self.place / "files"
        self.files.mkdir()

    def test_figures_are_positive(self):
        report, picture = self.place / "report.json", self.place / "chart.svg"
        run = bench("--smoke", "--json", report, "--svg", picture, directory=self.files)
        text, complaints = run.communicate(timeout=DEADLINE)
        self.assertEqual(run.returncode, 0, complaints)
        self.assertIn("must reach", text)
        figures = json.loads(report.read_text(encoding="utf-8"))["figures"]
        for key in FIGURES:
            for peer in PEERS:
                self.assertGreater(figures[key]["medians"][peer], 0, f"{key} of {peer}")
        for key in ("flood_10", "plug_60", "plug_1514", *CONTROL_FIGURES):
            self.assertGreater(figures[key]["medians"]["tapswitch"], 0, key)
        self.assertGreater(figures["plug_60"]["medians"]["tapswitch-vde"], 0)
        xml.etree.ElementTree.parse(picture)
        self.assertEqual(list(self.files.iterdir()), [])

    def test_nothing_is_left_when_it_is_ended(self):
        run = bench("--only", "tcp", "--peers", "tapswitch,floor", directory=self.files)
        # The program says so when the first measurement begins.
        for line in run.stderr:
            if line.startswith("round 1"):
                break
        children = self.children_of(run.pid)
        self.assertTrue(children)
        run.send_signal(signal.SIGTERM)
        run.communicate(timeout=DEADLINE)
        self.assertNotEqual(run.returncode, 0)
        # The kernel ends a moment later what the program was just starting.
        end = time.monotonic() + DEADLINE
        while left := [pid for pid in children if Path(f"/proc/{pid}").exists()]:
            self.assertLess(time.monotonic(), end, f"left: {left}")
            time.sleep(0.05)
        self.assertEqual(list(self.files.iterdir()), [])

    @staticmethod
    def children_of(pid):
        return Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()


if __name__ == "__main__":
    if os.geteuid() != 0:
        print("needs root, for namespaces and TAPs")
        sys.exit(1 if os.environ.get("TAPSWITCH_REQUIRE_ROOT") == "1" else SKIPPED_STATUS)
    PROGRAMS = sys.argv.pop()
    unittest.main()
