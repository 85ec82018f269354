# SPDX-License-Identifier: Apache-2.0
"""tapctl capture: what crosses ports, read by tshark and tcpdump.

`tests/api/capture_test.cpp` has what the methods refuse; here the captures are read by others, and
readers, disks, ports and daemons misbehave."""

import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import time

import pytest

from capturing import IN, OUT, Capturing, read, two_stations
from frames import ALICE, BOB, EVERYBODY, counted, frame, transmit
from lab import DEADLINE, program, run, wait_until
from transfer import Transfer


@pytest.fixture(name="pair")
def pair_of_stations(lab):
    return two_stations(lab)


def test_file_tells_ports_directions_tags_and_times(lab):
    lab.join("alice", "10.0.0.1/24", vlan=10)
    lab.join("trunk", "10.0.0.2/24", vlan={"mode": "trunk", "allowed": "10"})
    path = lab.directory / "both.pcapng"
    begin = time.time()
    with Capturing(lab, "alice", "trunk", "-w", path) as capturing:
        transmit(lab, "alice", frame(ALICE, EVERYBODY))
        transmit(lab, "trunk", frame(BOB, ALICE, 10, size=100))
        capturing.wait_for(4)
        said = capturing.end()
    assert said == "tapctl: 4 frames captured, 0 missed: stopped\n"
    found = read(path)
    assert [(each["frame.interface_name"], each["frame.packet_flags_direction"], each["vlan.id"],
             each["frame.len"]) for each in found] == [
        ("sw0/alice", IN, "", "60"), ("sw0/trunk", OUT, "10", "64"),
        ("sw0/trunk", IN, "10", "118"), ("sw0/alice", OUT, "", "114")]
    times = [float(each["frame.time_epoch"]) for each in found]
    assert times == sorted(times)
    assert begin - 1 < times[0] and times[-1] < time.time() + 1


def test_frames_of_one_vlan_tagged_or_not(pair):
    pair.join("trunk", "10.0.0.3/24", vlan={"mode": "trunk", "allowed": "10,20"})
    pair.join("other", "10.0.0.4/24", vlan=20)
    path = pair.directory / "vlan.pcapng"
    with Capturing(pair, "--vlan", "10", "-w", path) as capturing:
        assert capturing.told()["vlan"] == 10
        transmit(pair, "other", frame(BOB, EVERYBODY))
        transmit(pair, "trunk", frame(BOB, EVERYBODY, 20), frame(BOB, EVERYBODY, 30))
        transmit(pair, "alice", frame(ALICE, EVERYBODY))
        capturing.wait_for(3)
        capturing.end()
    assert {(each["frame.interface_name"], each["vlan.id"]) for each in read(path)} == {
        ("sw0/alice", ""), ("sw0/bob", ""), ("sw0/trunk", "10")}


def test_all_copies_of_a_frame_have_one_number_in_all_captures(pair):
    pair.join("carol", "10.0.0.3/24", vlan=10)
    at_ingress, at_egress = (pair.directory / f"{name}.pcapng" for name in ("ingress", "egress"))
    with Capturing(pair, "alice", "-w", at_ingress) as first, \
            Capturing(pair, "bob", "carol", "-w", at_egress) as second:
        transmit(pair, "alice", frame(ALICE, EVERYBODY), frame(ALICE, EVERYBODY, size=100))
        first.wait_for(2)
        second.wait_for(4)
        first.end()
        second.end()
    numbers = [each["frame.packet_id"] for each in read(at_ingress)]
    assert len(set(numbers)) == 2 and all(numbers)
    copies = [(each["frame.interface_name"], each["frame.packet_id"]) for each in read(at_egress)]
    assert copies == [("sw0/bob", numbers[0]), ("sw0/carol", numbers[0]),
                      ("sw0/bob", numbers[1]), ("sw0/carol", numbers[1])]


def test_segments_are_followed_across_a_patch(pair):
    """From a TAP that gives super-frames, by a patch, to one that takes none of them."""
    pair.call("switch.add", {"name": "sw1"})
    for name, switch, peer in (("there", "sw0", "back"), ("back", "sw1", "there")):
        pair.call("port.add", {"name": name, "switch": switch, "type": "patch", "peer": peer,
                               "vlan": {"mode": "trunk"}})
    pair.join("carol", "10.0.0.3/24", switch="sw1", offload=False, vlan=10)
    path = pair.directory / "way.pcapng"
    with Capturing(pair, "-w", path, "--filter", "greater 1000 and (tcp or (vlan and tcp))",
                   "-c", "4000") as capturing:
        transfer = Transfer(pair, "alice", "carol", "10.0.0.3")
        capturing.result()
        transfer.end()
    ways = {}
    for each in read(path):
        ways.setdefault(each["frame.packet_id"], []).append(
            (each["frame.interface_name"], each["frame.packet_flags_direction"]))
    whole = [("sw0/alice", IN), ("sw0/there", OUT), ("sw1/back", IN), ("sw1/carol", OUT)]
    assert sum(sorted(way) == sorted(whole) for way in ways.values()) > 100, ways
    assert all(set(way) <= set(whole) and len(way) == len(set(way)) for way in ways.values()), ways


class Reader:
    """A program that reads a pipe, whose other end is 'writing' until it is given away."""

    def __init__(self, *command):
        reading, self.writing = os.pipe()
        self._process = subprocess.Popen(command, stdin=reading, stdout=subprocess.PIPE,
                                         stderr=subprocess.DEVNULL, text=True)
        os.close(reading)

    def shown(self):
        os.close(self.writing)
        return self._process.communicate(timeout=DEADLINE)[0]


def test_tshark_reads_a_pipe_as_it_comes_and_its_end_is_the_captures(pair):
    tshark = Reader("tshark", "-n", "-l", "-i", "-", "-c", "2")
    with Capturing(pair, "alice", "--filter", "icmp", stdout=tshark.writing) as capturing:
        assert pair.ping("alice", "bob")
        shown = tshark.shown()
        assert "its reader is gone" in capturing.result()
    assert "Echo (ping) request" in shown and "Echo (ping) reply" in shown, shown


def test_tcpdump_reads_what_a_filter_and_a_count_leave(pair):
    tcpdump = Reader("tcpdump", "-n", "-r", "-")
    with Capturing(pair, "--filter", "icmp[icmptype] == icmp-echo", "-c", "2", "-w", "-",
                   stdout=tcpdump.writing) as capturing:
        assert pair.ping("alice", "bob")
        assert "2 frames captured, 0 missed: count reached" in capturing.result()
    lines = tcpdump.shown().splitlines()
    assert len(lines) == 2 and all("echo request" in line for line in lines), lines


def test_one_direction_and_the_first_bytes(pair):
    path = pair.directory / "in.pcapng"
    with Capturing(pair, "-Q", "in", "-s", "40", "-w", path) as capturing:
        transmit(pair, "alice", frame(ALICE, EVERYBODY, size=200))
        capturing.wait_for(1)
        capturing.end()
    (found,) = read(path)
    assert found["frame.interface_name"] == "sw0/alice"
    assert (found["frame.len"], found["frame.cap_len"]) == ("214", "40")


def test_capture_ends_after_so_many_seconds(pair):
    with Capturing(pair, "--seconds", "1") as capturing:
        assert "stopped" in capturing.result()


def test_streams_are_captured_as_a_wire_would_have_them(pair):
    path = pair.directory / "stream.pcapng"
    with Capturing(pair, "-c", "3000", "-w", path) as capturing:
        transfer = Transfer(pair, "alice", "bob", "10.0.0.2")
        capturing.result()
        transfer.end()
    check = ("-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE")
    assert read(path, *check, "-Y", "tcp.checksum.status == 0 or ip.checksum.status == 0") == []
    assert max(int(each["frame.len"]) for each in read(path)) <= 1514
    uncut = pair.directory / "uncut.pcapng"
    with Capturing(pair, "-c", "3000", "--uncut", "-w", uncut) as capturing:
        transfer = Transfer(pair, "alice", "bob", "10.0.0.2")
        capturing.result()
        transfer.end()
    assert max(int(each["frame.len"]) for each in read(uncut)) > 1514


def test_port_that_goes_and_comes_again_is_the_same_in_the_file(pair):
    path = pair.directory / "gone.pcapng"
    with Capturing(pair, "alice", "bob", "-w", path) as capturing:
        transmit(pair, "alice", frame(ALICE, EVERYBODY))
        capturing.wait_for(2)
        pair.call("port.remove", {"name": "bob"})
        transmit(pair, "alice", frame(ALICE, EVERYBODY))
        capturing.wait_for(3)
        pair.call("port.add", {"name": "bob", "namespace": pair.name_of("bob"),
                               "vlan": {"mode": "access", "pvid": 10}})
        # The first frames of a port may be missed, for it is seen some moments later.
        wait_until(lambda: transmit(pair, "bob", frame(BOB, EVERYBODY))
                   or capturing.told()["frames"] >= 5, "bob is in it again")
        capturing.end()
    names = [each["frame.interface_name"] for each in read(path)]
    assert names[:3] == ["sw0/alice", "sw0/bob", "sw0/alice"] and "sw0/bob" in names[3:], names
    described = run("tshark", "-r", path, "-T", "fields", "-e", "frame.interface_id").stdout.split()
    assert set(described) == {"0", "1"}


def test_new_port_of_a_switch_is_in_its_capture(pair):
    with Capturing(pair, "--switch", "sw0") as capturing:
        pair.join("carol", "10.0.0.3/24", vlan=10)
        assert wait_until(lambda: pair.ping("carol", "bob"), "carol reaches bob")
        wait_until(lambda: capturing.told()["frames"] >= 4, "frames of carol and bob")


def test_guests_of_a_door_are_in_its_capture(pair):
    doors, path = pair.directory / "plugs", pair.directory / "guests.pcapng"
    pair.call("port.add", {"name": "plugs", "type": "vde", "directory": str(doors),
                           "vlan": {"mode": "access", "pvid": 10}})
    with Capturing(pair, "plugs", "-w", path) as capturing, \
            subprocess.Popen(["vde_plug", str(doors)], stdin=subprocess.PIPE,
                             stdout=subprocess.DEVNULL) as guest:
        wait_until(lambda: "plugs.1" in [port["name"] for port in pair.call("port.list")["ports"]],
                   "the guest is in")
        wait_until(lambda: transmit(pair, "alice", frame(ALICE, EVERYBODY)) or
                   capturing.told()["frames"] > 0, "its frames are captured")
        capturing.end()
        guest.stdin.close()
    assert {each["frame.interface_name"] for each in read(path)} == {"sw0/plugs.1"}


def test_reader_who_stands_still_misses_frames_and_holds_nobody_up(pair):
    reading, writing = os.pipe()
    with Capturing(pair, "alice", stdout=writing) as capturing:
        os.close(writing)
        before = pair.daemon_memory()
        transfer = Transfer(pair, "alice", "bob", "10.0.0.2")
        wait_until(lambda: capturing.told()["missed"] > 1_000, "frames are missed")
        assert pair.ping("bob", "alice")
        assert pair.daemon_memory() < before + 24 * 1024
        transfer.end()
        assert "with a reader that stood still" in capturing.end()
    os.close(reading)


def test_frames_in_the_file_and_those_missed_are_all(pair):
    path = pair.directory / "all.pcapng"
    count = 400  # fewer than a TAP holds back
    with Capturing(pair, "alice", "-Q", "in", "-s", "60", "-w", path) as capturing:
        before = counted(pair, "alice")
        transmit(pair, "alice", *[frame(ALICE, BOB)] * count)
        wait_until(lambda: counted(pair, "alice") >= before + count, "all frames are counted")
        frames, missed = map(int, re.findall(r"\d+", capturing.end())[:2])
    assert frames + missed == count == counted(pair, "alice") - before
    assert len(read(path)) == frames


def test_lines_for_a_terminal(pair):
    ours, theirs = pty.openpty()
    with Capturing(pair, "alice", "--filter", "icmp", "-c", "2", stdout=theirs) as capturing:
        os.close(theirs)
        assert pair.ping("alice", "bob")
        capturing.result()
    shown = b""
    with contextlib.suppress(OSError):  # the terminal's end
        while part := os.read(ours, 4096):
            shown += part
    os.close(ours)
    first, second = shown.decode().splitlines()
    assert " sw0/alice in " in first and "10.0.0.1 > 10.0.0.2 ICMP, 98 bytes" in first, shown
    assert " sw0/alice out " in second and "10.0.0.2 > 10.0.0.1 ICMP, 98 bytes" in second, shown


def test_output_that_is_a_socket_gets_the_same(pair):
    """As a program that sshd has started may have it."""
    script = ("import socket, subprocess, sys\n"
              "ours, theirs = socket.socketpair()\n"
              "child = subprocess.Popen(sys.argv[1:], stdout=theirs)\n"
              "theirs.close()\n"
              "while part := ours.recv(65536): sys.stdout.buffer.write(part)\n"
              "sys.exit(child.wait())\n")
    path = pair.directory / "socket.pcapng"
    with open(path, "wb") as file:
        process = subprocess.Popen(
            ["/usr/bin/python3", "-c", script, program("TAPCTL"), "--socket", pair.socket,
             "capture", "alice", "--filter", "icmp", "-c", "2"], stdout=file,
            stderr=subprocess.DEVNULL)
        wait_until(lambda: pair.call("capture.list")["captures"], "the capture has begun")
        assert pair.ping("alice", "bob")
        assert process.wait(DEADLINE) == 0
    assert [each["frame.interface_name"] for each in read(path)] == ["sw0/alice"] * 2


def test_filter_that_is_none_is_named_and_empties_no_file(pair):
    path = pair.directory / "kept"
    path.write_text("precious")
    for wrong in ("tcp prot 80", "host 1.2.3.400", "(", "ip6 protochain 6", "vlan 5000000",
                  "port http or", "ether host 02", "host nowhere.example"):
        done = pair.tapctl("capture", "alice", "-w", path, "--filter", wrong, check=False)
        assert done.returncode == 1 and "--filter" in done.stderr, done.stderr
    assert "syntax error" in pair.tapctl("capture", "--filter", "tcp prot 80", check=False).stderr
    nobody = pair.tapctl("capture", "nobody", "-w", path, check=False)
    assert nobody.returncode == 1 and "no port 'nobody'" in nobody.stderr, nobody.stderr
    assert path.read_text() == "precious"


def test_names_of_services_are_known_and_those_of_hosts_are_not_asked_for(pair):
    with Capturing(pair, "--filter", "tcp port http or udp port domain or ip proto ospf"):
        assert pair.ping("alice", "bob")
    done = pair.tapctl("capture", "--filter", "host nowhere.example", check=False)
    assert "unknown host 'nowhere.example'" in done.stderr, done.stderr


def test_disk_that_is_full_ends_it_and_says_so(pair):
    disk = pair.directory / "disk"
    disk.mkdir()
    run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", disk)
    try:
        with Capturing(pair, "-w", disk / "full.pcapng") as capturing:
            transmit(pair, "alice", *[frame(ALICE, EVERYBODY, size=1_000)] * 200)
            said = capturing.result(status=1)
            assert "No space left on device" in said, said
    finally:
        run("umount", "-l", disk)
    assert pair.ping("alice", "bob")


def test_second_signal_ends_it_whatever_it_waits_for(pair):
    def is_dead():
        capturing.process.send_signal(signal.SIGINT)
        return capturing.process.poll() is not None

    with Capturing(pair, "alice") as capturing:
        pair.daemon.send_signal(signal.SIGSTOP)
        try:
            wait_until(is_dead, "it ends before the daemon goes on")
        finally:
            pair.daemon.send_signal(signal.SIGCONT)
        assert capturing.process.returncode == -signal.SIGINT

    ours, theirs = pty.openpty()
    with Capturing(pair, "alice", stdout=theirs) as capturing:
        os.close(theirs)
        for _ in range(4):  # more than a terminal takes that nobody reads
            transmit(pair, "alice", *[frame(ALICE, EVERYBODY)] * 300)
        capturing.wait_for(1_000)
        wait_until(is_dead, "it ends before its terminal is read")
        assert capturing.process.returncode == -signal.SIGINT
    os.close(ours)
    wait_until(lambda: not pair.call("capture.list")["captures"], "both are over")


def test_capture_ends_with_its_tapctl_however_that_ends(pair):
    path = pair.directory / "orphan.pcapng"
    with Capturing(pair, "-w", path) as capturing:
        transmit(pair, "alice", frame(ALICE, EVERYBODY))
        capturing.wait_for(2)
        capturing.process.kill()
        wait_until(lambda: capturing.told() is None, "it is over")
    assert len(read(path)) == 2


def test_another_operator_lists_and_stops_it(pair):
    with Capturing(pair, "alice", "--filter", "arp") as capturing:
        listed = pair.tapctl("capture", "list").stdout
        assert "alice" in listed and "arp" in listed, listed
        assert json.loads(pair.tapctl("--json", "capture", "list").stdout)["captures"]
        pair.tapctl("capture", "stop", capturing.number)
        assert "stopped" in capturing.result()


def check_whole_file_after(pair, end_of_the_daemon):
    path = pair.directory / "last.pcapng"
    with Capturing(pair, "-w", path) as capturing:
        transmit(pair, "alice", frame(ALICE, EVERYBODY))
        capturing.wait_for(2)
        end_of_the_daemon()
        assert "the daemon ends" in capturing.result(status=1)
    assert len(read(path)) == 2


def test_end_of_the_daemon_leaves_a_whole_file(pair):
    check_whole_file_after(pair, pair.stop)


def test_take_over_ends_captures_in_good_order(pair):
    check_whole_file_after(pair, pair.take_over)
    assert pair.ping("alice", "bob")


def test_nothing_is_left_of_captures_that_are_over(pair):
    before = pair.daemon_descriptors()
    for _ in range(20):
        with Capturing(pair) as capturing:
            capturing.end()
    wait_until(lambda: pair.daemon_descriptors() == before, "the daemon has closed what came")
    tasks = len(os.listdir(f"/proc/{pair.daemon.pid}/task"))
    with Capturing(pair) as capturing:
        capturing.end()
    wait_until(lambda: len(os.listdir(f"/proc/{pair.daemon.pid}/task")) <= tasks,
               "the threads have ended")


def test_members_of_the_capture_group_may_capture_by_the_read_only_socket(empty_lab):
    lab = empty_lab
    socket_directory = lab.directory / "open"
    socket_directory.mkdir()
    read_only = socket_directory / "readonly.sock"
    lab.start("--socket-readonly", read_only, "--capture-group", "12345")
    for directory in (lab.directory, socket_directory):
        directory.chmod(0o755)

    def capture_with(*groups):
        return run("setpriv", "--reuid=65534", "--regid=65534", *groups, program("TAPCTL"),
                   "--socket", read_only, "capture", "-w", "/dev/null", "--seconds", "1",
                   check=False)
    member = capture_with("--groups=12345,12346")
    assert "0 frames captured" in member.stderr, member.stderr
    other = capture_with("--clear-groups")
    assert other.returncode == 1 and "read-only" in other.stderr, other.stderr
    changes = run("setpriv", "--reuid=65534", "--regid=12345", "--clear-groups", program("TAPCTL"),
                  "--socket", read_only, "port", "add", "x", check=False)
    assert changes.returncode == 1 and "read-only" in changes.stderr, changes.stderr


def test_capture_group_that_is_none_is_named(empty_lab):
    done = run(program("TAPSWITCHD"), "--socket", empty_lab.directory / "s", "--capture-group",
               "no-such-group", check=False)
    assert done.returncode == 1 and "no group 'no-such-group'" in done.stderr, done.stderr


def test_read_only_socket_captures_nothing(empty_lab):
    lab = empty_lab
    read_only = lab.directory / "readonly.sock"
    lab.start("--socket-readonly", read_only)
    done = run(program("TAPCTL"), "--socket", read_only, "capture", check=False)
    assert done.returncode == 1 and "read-only" in done.stderr, done.stderr
