# SPDX-License-Identifier: Apache-2.0
"""A lab where there is little room: its logs have a bound, and to be taken away it needs none."""

import os
import re
import signal
from pathlib import Path

import pytest

from lab import run, wait_until
from lab_file import PATIENCE, star

MIB = 1 << 20
# The first and the last, of which the last is somewhere between one and two.
MOST_OF_A_LOG = 3 * MIB


@pytest.fixture
def small_place(tmp_path, lab_files):
    """A file system of 16 MiB for labs."""
    place = tmp_path / "labs"
    place.mkdir(mode=0o750)
    run("mount", "-t", "tmpfs", "-o", "size=16m,mode=0750", "tmpfs", place)
    try:
        yield place
    finally:
        lab_files.remove()
        run("umount", "-l", place)


def fill(place):
    """Leaves not a page free."""
    with open(place / "filling", "wb", buffering=0) as file:
        try:
            while file.write(b"x" * MIB):
                pass
        except OSError:
            pass


def size_of_logs(lab):
    return sum(path.stat().st_blocks * 512 for path in (lab.directory / "logs").iterdir())


def said(lab, node):
    return lab.tapctl("lab", "log", "--lab", lab.name, node).stdout


def test_process_that_talks_without_end_keeps_its_first_and_last_words(lab_files, small_place):
    talk = ("echo the first words; head -c 30000000 /dev/zero | tr '\\0' '\\n'; "
            "echo the last words; exec sleep 1000")
    lab = lab_files.make(star(1, processes={"talker": talk}), small_place)
    lab.up()
    wait_until(lambda: "the last words" in said(lab, "n1"), "it has said all", PATIENCE)
    text = said(lab, "n1")
    assert "the first words" in text and "are left out here" in text
    assert 2 * MIB <= len(text) <= MOST_OF_A_LOG + 1000
    assert size_of_logs(lab) <= MOST_OF_A_LOG + MIB
    assert lab.states() == {"n1": "up"}
    lab.down()
    lab.assert_nothing_is_left()


def test_command_that_talks_without_end_has_the_same_bound(lab_files, small_place):
    lab = lab_files.make(star(1, commands=["head -c 30000000 /dev/zero | tr '\\0' '\\n'; exit 3"]),
                         small_place)
    done = lab.up(check=False)
    assert done.returncode == 1 and "exited with 3" in done.stderr, done.stderr
    assert "No space" not in done.stderr
    lab.assert_nothing_is_left()


def test_down_needs_no_room(lab_files, small_place):
    lab = lab_files.make(star(2, processes={"talker": "yes"}), small_place)
    lab.up()
    fill(small_place)
    lab.down()
    assert not lab.namespaces() and not lab.directory.exists()
    wait_until(lambda: not lab.processes(), "it has no processes any more")


def test_up_without_room_says_so_and_leaves_nothing(lab_files, small_place):
    lab = lab_files.make(star(2), small_place)
    fill(small_place)
    done = lab.up(check=False)
    assert done.returncode == 1 and "No space left on device" in done.stderr, done.stderr
    lab.assert_nothing_is_left()


def test_limit_of_a_file_is_told_and_down_needs_none(lab_files):
    """`ulimit -f`. What runs in a node does not inherit that tapctl ignores its signal."""
    small = ("prlimit", "--fsize=100")
    lab = lab_files.make(star(1))
    done = lab.tapctl("lab", "up", lab.path, check=False, under=small)
    assert done.returncode == 1 and "File too large" in done.stderr, done
    lab.assert_nothing_is_left()
    lab.up()
    ignored = lab.exec("n1", "grep", "SigIgn", "/proc/self/status").stdout.split()[1]
    assert not int(ignored, 16) >> (signal.SIGXFSZ - 1) & 1
    lab.tapctl("lab", "down", lab.name, under=small)
    lab.assert_nothing_is_left()


def test_room_that_ends_during_up_is_told_and_what_was_made_is_taken_back(lab_files, small_place):
    document = star(2)
    document["nodes"]["n1"]["commands"] = [f"head -c 20000000 /dev/zero > {small_place}/filling; :"]
    document["nodes"]["n2"]["after"] = ["n1"]
    lab = lab_files.make(document, small_place)
    done = lab.up(check=False)
    assert done.returncode == 1 and "No space left on device" in done.stderr, done.stderr
    lab.assert_nothing_is_left()


def test_logs_go_on_when_there_is_room_again(lab_files, small_place, tmp_path):
    mark = tmp_path / "mark"
    talk = f"while :; do echo word; test -e {mark} && echo later && exec sleep 1000; sleep 0.01; done"
    lab = lab_files.make(star(1, processes={"talker": talk}), small_place)
    lab.up()
    fill(small_place)
    # Longer than what a page holds that is there already.
    wait_until(lambda: len(said(lab, "n1")) > 100, "it talks")
    mark.touch()
    os.unlink(small_place / "filling")
    wait_until(lambda: "later" in said(lab, "n1"), "its words are kept again")


@pytest.mark.parametrize("text", [None, "", "{}", "{\"version\": 1", "\0\0\0\0"])
def test_broken_state_is_told_with_the_way_out(lab_files, text):
    lab = lab_files.make(star(2, processes={"sleeper": "exec sleep 1000"}))
    other = lab_files.make(star(1))
    lab.up()
    other.up()
    state = lab.directory / "state.json"
    if text is None:
        state.unlink()
    else:
        state.write_text(text)
    advice = f"tapctl lab down {lab.name} --force"
    for done in (lab.up(check=False), lab.down(check=False),
                 lab.tapctl("lab", "status", lab.name, check=False)):
        assert done.returncode == 1 and "state.json" in done.stderr, done.stderr
        assert advice in done.stderr, done.stderr
    # Labs that are whole are not kept from us by it.
    assert other.name in lab.tapctl("lab", "list").stdout
    assert re.search(rf"^{lab.name} +broken", lab.tapctl("lab", "list").stdout, re.M)
    done = lab.tapctl("lab", "down", lab.name, "--force")
    assert f"{lab.name}-n2" in done.stdout, done.stdout
    lab.assert_nothing_is_left()
    assert other.states() == {"n1": "up"}


def test_force_takes_a_lab_that_is_whole_away_as_well(lab_files):
    lab = lab_files.make(star(1))
    lab.up()
    lab.tapctl("lab", "down", lab.name, "--force")
    lab.assert_nothing_is_left()


def test_force_without_any_file_of_the_lab_ends_its_processes(lab_files):
    lab = lab_files.make(star(1, processes={"sleeper": "exec sleep 1000"}))
    lab.up()
    for name in ("state.json", "switch.json"):
        (lab.directory / name).write_text("")
    done = lab.tapctl("lab", "down", lab.name, "--force")
    assert f"ip netns del {lab.name}-n1" in done.stdout, done.stdout
    assert not lab.directory.exists()
    wait_until(lambda: not lab.processes(), "it has no processes any more")
    assert Path(f"/run/netns/{lab.name}-n1").exists()
