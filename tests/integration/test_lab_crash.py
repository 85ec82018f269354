# SPDX-License-Identifier: Apache-2.0
"""Whoever dies, and whenever: `lab down` takes away what was made, and nothing else."""

import contextlib
import os
import random
import signal
import subprocess

import pytest

from lab import wait_until
from lab_file import PATIENCE, star


@pytest.mark.parametrize("seed", range(12))
def test_up_that_is_killed_is_taken_away(lab_files, seed):
    chance = random.Random(seed)
    document = star(12, commands=["sleep 0.05"], processes={"sleeper": "exec sleep 1000"})
    lab = lab_files.make(document)
    up = lab.start_up()
    # Somewhere between its first step and its last.
    delay = chance.uniform(0.0, 0.8)
    with contextlib.suppress(subprocess.TimeoutExpired):
        up.wait(delay)
    up.send_signal(signal.SIGKILL)
    up.communicate(timeout=PATIENCE)
    lab.down()
    lab.assert_nothing_is_left()


def test_up_after_one_that_was_killed_begins_anew(lab_files):
    lab = lab_files.make(star(2, commands=["sleep 0.3"], processes={"sleeper": "exec sleep 1000"}))
    up = lab.start_up()
    wait_until(lambda: len(lab.namespaces()) == 2, "namespaces are made")
    up.send_signal(signal.SIGKILL)
    up.communicate(timeout=PATIENCE)
    done = lab.up()
    assert "- what an earlier `lab up` left unfinished" in done.stdout, done.stdout
    assert set(lab.states().values()) == {"up"}
    lab.down()
    lab.assert_nothing_is_left()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_up_that_is_interrupted_takes_back_what_it_made(lab_files, number):
    lab = lab_files.make(star(2, commands=["sleep 1000"]))
    up = lab.start_up()
    wait_until(lambda: len(lab.processes()) >= 3, "commands run")
    up.send_signal(number)
    output, _ = up.communicate(timeout=PATIENCE)
    assert up.returncode == 1 and "interrupted" in output, output
    lab.assert_nothing_is_left()


def test_down_after_every_process_was_killed(lab_files):
    lab = lab_files.make(star(3, processes={"sleeper": "exec sleep 1000"}))
    lab.up()
    for pid in lab.processes():
        os.kill(pid, signal.SIGKILL)
    lab.down()
    lab.assert_nothing_is_left()


def test_process_that_has_got_the_pid_is_not_killed(lab_files):
    """Its start time is another, so it is another process."""
    lab = lab_files.make(star(1, processes={"sleeper": "exec sleep 1000"}))
    lab.up()
    state = lab.directory / "state.json"
    pid = lab.status()["nodes"][0]["processes"]["sleeper"]
    # As if the process had gone and we had been given its pid.
    state.write_text(state.read_text().replace(f'"pid":{pid},', f'"pid":{os.getpid()},'))
    assert lab.states() == {"n1": "degraded"}
    lab.down()
    lab.assert_nothing_is_left()


def test_second_tapctl_does_not_work_on_the_same_lab(lab_files):
    lab = lab_files.make(star(1, commands=["sleep 2"]))
    up = lab.start_up()
    wait_until(lambda: len(lab.namespaces()) == 1, "it is at work")
    done = lab.down(check=False)
    assert done.returncode == 1 and "another tapctl is at work on this lab" in done.stderr
    up.communicate(timeout=PATIENCE)
    assert lab.states() == {"n1": "up"}


def test_lab_of_an_earlier_boot_is_forgotten(lab_files):
    lab = lab_files.make(star(1))
    lab.directory.mkdir(parents=True)
    (lab.directory / "state.json").write_text(
        '{"version":1,"name":"x","file":"","boot":"another","whole":true,"document":{},'
        f'"keeper":null,"daemon":{{"pid":{os.getpid()},"start":1}},"nodes":{{}}}}')
    lab.up()
    assert lab.states() == {"n1": "up"}
    lab.down()
    lab.assert_nothing_is_left()
