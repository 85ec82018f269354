# SPDX-License-Identifier: Apache-2.0
"""tapctl capture: a capture in several files, and limits that are wrong."""

import pytest

from capturing import Capturing, read, two_stations
from frames import ALICE, EVERYBODY, frame, transmit
from lab import DEADLINE, run, wait_until


@pytest.fixture(name="pair")
def pair_of_stations(lab):
    return two_stations(lab)


def frames_in(paths):
    return [each for path in paths for each in read(path)]


def without_times(frames):
    return [{**each, "frame.time_epoch": None} for each in frames]


def test_files_are_split_and_named_as_tcpdump_does(pair):
    whole, parts, theirs = (pair.directory / name for name in ("whole", "parts", "theirs"))
    for directory in (parts, theirs):
        directory.mkdir()
    burst = [frame(ALICE, EVERYBODY, size=1_400)] * 300
    with Capturing(pair, "-Q", "in", "-w", whole) as at_once, \
            Capturing(pair, "-Q", "in", "-w", parts / "x", "-C", "1", "-W", "11") as in_parts:
        for number in range(8):
            transmit(pair, "alice", *burst)
            at_once.wait_for(300 * (number + 1))
        assert "2400 frames captured, 0 missed" in in_parts.end()
        at_once.end()
    run("tcpdump", "-r", whole, "-w", theirs / "x", "-C", "1", "-W", "11", "-Z", "root")
    ours = sorted(parts.iterdir())
    assert [path.name for path in ours] == [path.name for path in sorted(theirs.iterdir())]
    assert len(ours) == 4 and all(1_000_000 < path.stat().st_size < 1_002_000 for path in ours[:-1])
    # Each capture has the offset of the wall clock to some nanoseconds.
    assert without_times(frames_in(ours)) == without_times(read(whole))


def test_oldest_file_is_overwritten(pair):
    with Capturing(pair, "-Q", "in", "-w", pair.directory / "ring", "--file-size", "1",
                   "--files", "2") as capturing:
        for number in range(8):
            transmit(pair, "alice", *[frame(ALICE, EVERYBODY, size=1_400)] * 300)
            capturing.wait_for(300 * (number + 1))
        capturing.end()
    names = sorted(path.name for path in pair.directory.glob("ring*"))
    assert names == ["ring0", "ring1"]
    assert 700 < len(frames_in([pair.directory / name for name in names])) < 1_500


def test_wrong_limits_are_named_and_make_no_file(pair):
    path = pair.directory / "none"
    for words, said in ((["--files", "3", "-w", path], "--files: needs --file-size"),
                        (["--file-size", "1"], "--file-size: needs a file"),
                        (["--file-size", "1", "-w", "-"], "--file-size: needs a file"),
                        (["--file-size", "0", "-w", path], "--file-size"),
                        (["--file-size", "1", "--files", "0", "-w", path], "--files"),
                        (["--seconds", "0", "-w", path], "--seconds"),
                        (["--seconds", "1h", "-w", path], "--seconds"),
                        (["--vlan", "4095", "-w", path], "--vlan"),
                        (["--vlan", "0", "-w", path], "--vlan")):
        done = pair.tapctl("capture", *words, check=False)
        assert done.returncode == 2 and said in done.stderr, done.stderr
    assert not list(pair.directory.glob("none*"))
    missing = pair.directory / "missing" / "x"
    done = pair.tapctl("capture", "--file-size", "1", "-w", missing, check=False)
    assert done.returncode == 1 and str(missing) in done.stderr, done.stderr
    assert pair.call("capture.list")["captures"] == []


def test_disk_that_is_full_ends_a_capture_in_files_too(pair):
    disk = pair.directory / "small"
    disk.mkdir()
    run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk)
    try:
        with Capturing(pair, "-w", disk / "x", "--file-size", "1") as capturing:
            transmit(pair, "alice", *[frame(ALICE, EVERYBODY, size=1_000)] * 200)
            said = capturing.process.communicate(timeout=DEADLINE)[1]
            assert capturing.process.returncode == 1 and "No space left on device" in said, said
        wait_until(lambda: not pair.call("capture.list")["captures"], "it is over")
    finally:
        run("umount", "-l", disk)
