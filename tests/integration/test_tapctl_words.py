# SPDX-License-Identifier: Apache-2.0
"""What people type at tapctl, and what they are told."""

import json
import os
import signal
import subprocess

import pytest

from lab import DEADLINE, program, run, wait_until
from lab_file import star


def shell(lab, script):
    """Runs a line of bash that says 'tapctl' and means the daemon of 'lab'."""
    return subprocess.run(["bash", "-c", f'tapctl() {{ "{program("TAPCTL")}" "$@"; }}; {script}'],
                          capture_output=True, text=True, timeout=DEADLINE, check=False,
                          env={**os.environ, "TAPSWITCH_SOCKET": str(lab.socket)})


def test_document_may_come_through_a_pipe(lab):
    document = json.dumps({"version": 1, "switches": {"sw0": {"ports": {"alice": {}}}}})
    for words in ("diff", "apply --dry-run", "apply"):
        done = shell(lab, f"tapctl {words} <(echo '{document}')")
        assert done.returncode == 0 and "+ port alice" in done.stdout, done.stderr
    done = shell(lab, "tapctl diff <(echo '{')")
    assert done.returncode == 2 and "/dev/fd/" in done.stderr, done.stderr
    done = shell(lab, "tapctl diff <(yes)")
    assert done.returncode == 2 and "is longer than 1048576 bytes" in done.stderr, done.stderr


@pytest.mark.parametrize("words", [
    ("--frob", "port"), ("--frob", "port", "list"), ("--frob", "port", "--help"),
    ("--frob", "help", "port"), ("help", "--frob", "port"), ("--frob", "lab", "list"),
    ("lab", "--frob", "list"), ("--frob", "watch"), ("--frob", "call", "system.info"),
    ("--json", "--frob", "help", "lab"), ("--version", "--frob")])
def test_option_that_is_none_is_told_wherever_it_stands(words):
    done = run(program("TAPCTL"), *words, check=False)
    assert done.returncode == 2 and "there is no option --frob" in done.stderr, done.stderr
    assert not done.stdout


def test_lab_whose_switches_died_is_told_with_what_helps(lab_files):
    lab = lab_files.make(star(1))
    lab.up()
    os.kill(lab.status()["switches"]["pid"], signal.SIGKILL)
    wait_until(lambda: lab.status()["switches"]["state"] == "down", "it is gone")
    done = lab.tapctl("--lab", lab.name, "port", check=False)
    assert done.returncode == 3 and f"tapctl lab up {lab.path}" in done.stderr, done.stderr
    assert "tapswitchd`" not in done.stderr
    lab.up()
    lab.tapctl("--lab", lab.name, "port")
    lab.down()
    done = lab.tapctl("--lab", lab.name, "port", check=False)
    assert done.returncode == 3 and f"the lab '{lab.name}' is not up" in done.stderr, done.stderr


def test_names_are_completed_from_the_daemon_that_is_meant(lab, lab_files):
    lab.tapctl("switch", "add", "sw7")
    office = lab_files.make(star(1))
    office.up()

    def completed(*words):
        done = run("env", f"TAPSWITCH_SOCKET={lab.socket}", program("TAPCTL"), "complete", "--",
                   *words)
        return [line.split("\t")[0] for line in done.stdout.splitlines()]

    assert "sw7" in completed("port", "add", "x", "--switch", "sw")
    assert "--switch=sw7" in completed("port", "list", "--switch=")
    assert completed("--lab", office.name, "port", "get", "") == ["n1"]
    assert office.name in completed("--lab", "")
