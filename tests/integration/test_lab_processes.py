# SPDX-License-Identifier: Apache-2.0
"""The processes of a lab are what was asked for: all of it, and no more than once."""

import os
import signal
from pathlib import Path

from lab import run, wait_until
from lab_file import star

# The process of a shell that waits for it; so the shell can be killed alone.
TALE = "sleep 1000; true"


def running(lab, *names):
    """Pids of the programs 'names' that the lab has started."""
    return [pid for pid in lab.processes()
            if Path(f"/proc/{pid}/comm").read_text().strip() in names]


def shell_of(lab, process="web", node=0):
    return lab.status()["nodes"][node]["processes"][process]


def has_ended(pid):
    """Whether the process is gone, or waits for its parent to ask how it ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return True


def kill(pid):
    """Returns when the process has ended: on a busy machine that is some time after the signal."""
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: has_ended(pid), "it has ended")


def test_shell_that_was_killed_is_not_followed_by_a_second_process(lab_files):
    lab = lab_files.make(star(1, processes={"web": TALE, "other": TALE}))
    lab.up()
    wait_until(lambda: len(running(lab, "sleep")) == 2, "both run")
    other = shell_of(lab, "other")
    kill(shell_of(lab))
    wait_until(lambda: lab.states() == {"n1": "degraded"}, "it is missed")
    assert "'web' is started again" in lab.up().stdout
    wait_until(lambda: len(running(lab, "sleep")) == 2, "each runs once")
    assert shell_of(lab, "other") == other


def test_one_that_has_left_its_session_is_found_too(lab_files):
    lab = lab_files.make(star(1, processes={"web": "setsid -f sleep 1000; sleep 1000; true"}))
    lab.up()
    wait_until(lambda: len(running(lab, "sleep")) == 2, "both run")
    kill(shell_of(lab))
    lab.up()
    wait_until(lambda: len(running(lab, "sleep")) == 2, "both run, once")
    lab.down()
    assert not running(lab, "sleep")


def test_down_takes_them_away_also_when_the_namespace_has_lost_its_name(lab_files):
    lab = lab_files.make(star(2, processes={"web": TALE}))
    lab.up()
    for node in (0, 1):
        kill(shell_of(lab, node=node))
    for name in lab.namespaces():
        run("ip", "netns", "del", name)
    lab.down()
    lab.assert_nothing_is_left()


def test_up_makes_a_node_anew_without_what_ran_in_it(lab_files):
    lab = lab_files.make(star(1, processes={"web": TALE}))
    lab.up()
    kill(shell_of(lab))
    run("ip", "netns", "del", lab.namespaces()[0])
    lab.up()
    wait_until(lambda: len(running(lab, "sleep")) == 1, "it runs once")


def test_one_that_ends_soon_is_a_failure_of_up(lab_files):
    lab = lab_files.make(star(2, processes={"web": "echo because; sleep 0.1; exit 3"}))
    done = lab.up(check=False)
    assert done.returncode == 1, done.stdout
    assert "'web' ended, with status 3; its last lines:\n    because" in done.stderr, done.stderr
    lab.assert_nothing_is_left()


def test_one_that_cannot_be_started_again_is_a_failure_too(lab_files, tmp_path):
    mark = tmp_path / "mark"
    mark.touch()
    lab = lab_files.make(star(1, processes={"web": f"test -e {mark} && exec sleep 1000"}))
    lab.up()
    mark.unlink()
    kill(shell_of(lab))
    done = lab.up(check=False)
    assert done.returncode == 1 and "'web' ended, with status 1" in done.stderr, done.stderr
    assert lab.states() == {"n1": "degraded"}
    mark.touch()
    lab.up()
    assert lab.states() == {"n1": "up"}


def test_node_whose_process_is_started_again_is_awaited(lab_files, tmp_path):
    mark = tmp_path / "mark"
    document = star(1, processes={"web": f"sleep 1; touch {mark}; exec sleep 1000"},
                    ready={"command": f"test -e {mark}"})
    lab = lab_files.make(document)
    lab.up()
    mark.unlink()
    kill(shell_of(lab))
    lab.up()
    assert mark.exists()


def test_commands_of_a_node_go_on_when_a_process_is_started_again(lab_files):
    lab = lab_files.make(star(1, commands=["sleep 2000 &"], processes={"web": "exec sleep 1000"}))
    lab.up()
    before = set(running(lab, "sleep"))
    kill(shell_of(lab))
    lab.up()
    assert len(before & set(running(lab, "sleep"))) == 1
