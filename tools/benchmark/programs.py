# SPDX-License-Identifier: Apache-2.0
"""programs: the build, and the benchmarks that run alone: decide_bench and forward_bench."""

import json
import os
import subprocess
import sys

from benchmark.lab import BenchError, run

TARGETS = ("tapswitchd", "decide_bench", "forward_bench", "bare_hub", "frame_sender", "round_trip",
           "control_load", "many_links", "plug_rate")

# The benchmark of decide_bench that is not the switch's own work: drawing stations, writing a
# frame.
OVERHEAD = "drawing_and_patching"
DECISIONS = {"decision_10k": "decision/stations:10000/ports:1000",
             "decision_1m": "decision/stations:1000000/ports:1000",
             "decision_1m_ahead": "decision_read_ahead/stations:1000000/ports:1000"}


def build(root):
    """Builds the preset 'release' as far as it is not built; returns where the programs are."""
    for command in (("cmake", "--preset", "release", "--log-level=WARNING"),
                    ("cmake", "--build", "--preset", "release", "--target", *TARGETS)):
        # The command's words are no part of the report.
        if subprocess.run(command, cwd=root, stdout=sys.stderr, check=False).returncode != 0:
            raise BenchError(f"{' '.join(command)} failed; "
                             "tools/dependencies install build test brings what it needs")
    give_back(root)
    return root / "build/release/bin"


def give_back(root):
    """What root has built belongs to whom the tree belongs."""
    if os.geteuid() == 0:
        run("chown", "-R", f"--reference={root}", root / "build")


def decision(results, bin_directory, repetitions, seconds):
    """The decision alone, less what the benchmark adds to it."""
    report = json.loads(run(
        bin_directory / "decide_bench", "--benchmark_format=json",
        f"--benchmark_repetitions={repetitions}", f"--benchmark_min_time={seconds}",
        "--benchmark_enable_random_interleaving=true",
        f"--benchmark_filter=^({OVERHEAD}|{'|'.join(DECISIONS.values())})$", timeout=300))
    times = {}
    for item in report["benchmarks"]:
        if item["run_type"] == "iteration":
            times.setdefault(item["run_name"], []).append(item["cpu_time"])
    for key, name in DECISIONS.items():
        for time, overhead in zip(times[name], times[OVERHEAD]):
            results.record(key, "tapswitch", time - overhead)


def forward(bin_directory):
    """What forward_bench prints: one thread between two TAPs, beside the bare loop, in rounds of
    its own."""
    return run(bin_directory / "forward_bench", timeout=300)
