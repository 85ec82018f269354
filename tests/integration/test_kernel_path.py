# SPDX-License-Identifier: Apache-2.0
"""tapswitchd --kernel-path: known unicast between veths does not come by the daemon."""

import json
import os
import time
from pathlib import Path

import pytest

from by_path import ON, crossing_without_daemon, introduce, stopped
from frames import ALICE, BOB, CAROL, deliver, frame, tag, transmit
from lab import older_kernel, program, run, wait_until
from capturing import Capturing
from test_takeover import receive_all, take_all
from test_veth import join, port_of
from transfer import Transfer, measured_by_iperf3, passed_through


def counters(lab, port):
    return lab.call("stats.get", {"port": port})["ports"][port]


def path_filters(lab, near):
    """The filters of the path at a near end."""
    listed = lab.exec("switch", "tc", "filter", "show", "dev", near, "ingress").stdout
    return [line for line in listed.splitlines() if "handle 0x747377" in line]


def test_known_unicast_does_not_come_by_the_daemon(path_lab):
    lab = path_lab
    join(lab, "alice")
    join(lab, "bob")
    assert port_of(lab, "alice")["kernel_path"] == ON
    assert lab.ping("alice", "bob")
    with stopped(lab):
        assert lab.ping("alice", "bob") and lab.ping("bob", "alice")
    lab.join("carol", "10.0.0.3/24")
    assert port_of(lab, "carol")["kernel_path"]["state"] == "off"
    assert lab.ping("alice", "carol") and lab.ping("carol", "bob")
    with stopped(lab):
        assert not lab.ping("alice", "carol")


@pytest.mark.without_path
def test_without_the_option_it_is_off_and_says_why(lab):
    assert "--kernel-path" in lab.call("system.info")["kernel_path"]["reason"]
    join(lab, "alice")
    assert port_of(lab, "alice")["kernel_path"]["state"] == "off"
    assert path_filters(lab, "tsw-alice") == []


def told(*under):
    """What the program says of a path that it could have."""
    return json.loads(run("env", *under, program("TAPSWITCHD"), "--check-kernel-path").stdout)


def test_whether_there_can_be_a_path_is_told_before_there_is_a_daemon(path_lab):
    assert told() == {**path_lab.call("system.info")["kernel_path"], "goes_with_process": True}
    older = [f"{name}={value}" for name, value in older_kernel("tcx").items()]
    assert told(*older) == {**ON, "goes_with_process": False}
    without = told("setpriv", "--bounding-set=-bpf,-sys_admin", "--inh-caps=-bpf,-sys_admin")
    assert without["state"] == "off" and "CAP_BPF" in without["reason"]


def test_far_end_beside_the_daemon_takes_part(path_lab):
    lab = path_lab
    join(lab, "alice")
    lab.call("port.add", {"name": "bob", "type": "veth", "addresses": ["10.0.0.2/24"]})
    assert lab.ping("alice", "10.0.0.2")
    with stopped(lab):
        assert lab.ping("alice", "10.0.0.2")


def test_tags_are_put_on_and_taken_off(path_lab):
    lab = path_lab
    join(lab, "alice", vlan=10)
    join(lab, "bob", vlan={"mode": "trunk", "native": None, "allowed": "10,20"})
    introduce(lab, {"alice": (ALICE, []), "bob": (BOB, [10])})
    sent = [frame(ALICE, BOB)]
    assert crossing_without_daemon(lab, "alice", sent, "bob") == [frame(ALICE, BOB, 10)]
    sent = [frame(BOB, ALICE, tag(10, priority=5)), frame(BOB, ALICE, 10, 77)]
    assert crossing_without_daemon(lab, "bob", sent, "alice") == \
        [frame(BOB, ALICE), frame(BOB, ALICE, 77)]


def test_counters_tell_of_each_frame_once(path_lab):
    lab = path_lab
    join(lab, "alice", vlan=10)
    join(lab, "bob", vlan={"mode": "trunk", "native": None, "allowed": "10"})
    introduce(lab, {"alice": (ALICE, []), "bob": (BOB, [10])})
    before = {name: counters(lab, name) for name in ("alice", "bob")}
    with stopped(lab):
        transmit(lab, "alice", *[frame(ALICE, BOB)] * 500)
    transmit(lab, "alice", *[frame(ALICE, BOB)] * 500)
    after = {name: counters(lab, name) for name in ("alice", "bob")}

    def more(port, name):
        return after[port][name] - before[port][name]

    assert (more("alice", "in_unicast"), more("alice", "in_octets")) == (1000, 60_000)
    assert (more("bob", "out_unicast"), more("bob", "out_octets")) == (1000, 64_000)
    assert more("alice", "in_broadcast") == more("bob", "in_unicast") == 0
    assert after["alice"]["drops"] == before["alice"]["drops"]


def test_station_that_moves_is_found(path_lab):
    lab = path_lab
    for name in ("alice", "bob", "carol"):
        join(lab, name)
    introduce(lab, {"alice": (ALICE, []), "bob": (BOB, []), "carol": (CAROL, [])})
    assert crossing_without_daemon(lab, "alice", [frame(ALICE, BOB)], "bob") == [frame(ALICE, BOB)]
    introduce(lab, {"carol": (BOB, [])})
    for _ in range(2):
        assert crossing_without_daemon(lab, "alice", [frame(ALICE, BOB)], "bob") == []
    assert crossing_without_daemon(lab, "alice", [frame(ALICE, BOB)], "carol") == \
        [frame(ALICE, BOB)]


def test_change_of_rules_holds_when_the_call_returns(path_lab):
    lab = path_lab
    join(lab, "alice")
    join(lab, "bob")
    introduce(lab, {"alice": (ALICE, []), "bob": (BOB, [])})
    sent = [frame(ALICE, BOB)]
    for params, crosses in (({"vlan": {"mode": "access", "pvid": 20}}, False),
                            ({"vlan": {"mode": "access", "pvid": 1}}, True),
                            ({"isolated": True}, True)):
        lab.call("port.set", {"name": "bob", **params})
        introduce(lab, {"alice": (ALICE, []), "bob": (BOB, [])})
        lab.call("port.set", {"name": "alice", "isolated": False})
        assert crossing_without_daemon(lab, "alice", sent, "bob") == (sent if crosses else [])
    lab.call("port.set", {"name": "alice", "isolated": True})
    assert crossing_without_daemon(lab, "alice", sent, "bob") == []
    lab.call("port.set", {"name": "alice", "isolated": False})
    assert crossing_without_daemon(lab, "alice", sent, "bob") == sent
    lab.call("fdb.flush", {"switch": "sw0"})
    assert crossing_without_daemon(lab, "alice", sent, "bob") == []


def test_frame_beyond_the_mtu_is_counted(path_lab):
    lab = path_lab
    join(lab, "alice", mtu=2000)
    join(lab, "bob")
    introduce(lab, {"alice": (ALICE, []), "bob": (BOB, [])})
    fits, too_long = frame(ALICE, BOB, size=1500), frame(ALICE, BOB, size=1501)
    assert crossing_without_daemon(lab, "alice", [fits, too_long], "bob") == [fits]
    wait_until(lambda: counters(lab, "bob")["drops"].get("mtu_exceeded") == 1, "it is counted")


def test_removed_port_is_off_the_path(path_lab):
    lab = path_lab
    for name in ("alice", "bob", "carol"):
        join(lab, name)
    introduce(lab, {"alice": (ALICE, []), "bob": (BOB, []), "carol": (CAROL, [])})
    lab.call("port.remove", {"name": "bob"})
    assert deliver(lab, "alice", [frame(ALICE, BOB)], ("carol",)) == {"carol": [frame(ALICE, BOB)]}
    lab.call("switch.remove", {"name": "sw0", "force": True})
    assert lab.near_ends() == []


def test_link_that_is_down_is_off_the_path(path_lab):
    lab = path_lab
    join(lab, "alice")
    join(lab, "bob")
    lab.exec("bob", "ip", "link", "set", "bob", "down")
    wait_until(lambda: "link" in port_of(lab, "bob")["kernel_path"].get("reason", ""), "it is off")
    lab.exec("bob", "ip", "link", "set", "bob", "up")
    wait_until(lambda: port_of(lab, "bob")["kernel_path"] == ON, "it is on")
    wait_until(lambda: lab.ping("alice", "bob"), "they reach each other")


def test_capture_sees_all_and_gives_the_path_back(path_lab):
    lab = path_lab
    join(lab, "alice")
    join(lab, "bob")
    introduce(lab, {"alice": (ALICE, []), "bob": (BOB, [])})
    captured = lab.directory / "captured.pcapng"
    sent = frame(ALICE, BOB, size=100)
    with Capturing(lab, "alice", "-c", "20", "-w", captured) as capturing:
        assert "looks" in port_of(lab, "alice")["kernel_path"]["reason"]
        assert port_of(lab, "bob")["kernel_path"] == ON
        deliver(lab, "alice", [sent] * 20, ())
        capturing.result()
    assert captured.read_bytes().count(sent) == 20
    assert port_of(lab, "alice")["kernel_path"] == ON
    assert crossing_without_daemon(lab, "alice", [sent], "bob") == [sent]


def test_station_that_only_the_path_hears_does_not_age_out(path_lab):
    lab = path_lab
    lab.call("switch.set", {"name": "sw0", "fdb": {"ageing_seconds": 3}})
    for name in ("alice", "bob", "carol"):
        join(lab, name)
    introduce(lab, {"alice": (ALICE, []), "bob": (BOB, []), "carol": (CAROL, [])})
    end = time.monotonic() + 7
    while time.monotonic() < end:
        transmit(lab, "alice", frame(ALICE, BOB))
        transmit(lab, "bob", frame(BOB, ALICE))
        time.sleep(0.3)
    entries = lab.call("fdb.list", {"switch": "sw0"})["entries"]
    known = {entry["mac"]: entry["age_seconds"] for entry in entries}
    assert CAROL not in known, "a silent station ages out"
    assert known[ALICE] <= 1 and known[BOB] <= 1
    wait_until(lambda: not lab.call("fdb.list", {"switch": "sw0"})["entries"], "all age out")
    assert crossing_without_daemon(lab, "alice", [frame(ALICE, BOB)], "bob") == []


@pytest.mark.without_path
def test_transfer_survives_changes_and_takeovers(path_lab):
    lab = path_lab
    join(lab, "alice")
    join(lab, "bob")
    transfer = Transfer(lab, "alice", "bob", "10.0.0.2")
    try:
        for turn in range(3):
            wait_until(lambda: passed_through(lab, "alice") > 10_000_000, "it goes on")
            lab.call("port.set", {"name": "alice", "isolated": turn % 2 == 0})
            lab.take_over("--kernel-path")
            assert port_of(lab, "alice")["kernel_path"] == ON
        wait_until(lambda: passed_through(lab, "alice") > 10_000_000, "it goes on")
        lab.take_over()
        assert port_of(lab, "alice")["kernel_path"]["state"] == "off"
        assert path_filters(lab, "tsw-alice") == []
        wait_until(lambda: passed_through(lab, "alice") > 10_000_000, "it goes on")
        size, _ = transfer.end()
    finally:
        transfer.kill()
    assert size > 40_000_000


def test_successor_that_fails_leaves_the_ports_to_the_worker(path_lab):
    lab = path_lab
    join(lab, "alice")
    join(lab, "bob")
    assert lab.ping("alice", "bob")
    session, ours = take_all(lab.socket)
    for descriptor in receive_all(ours):
        os.close(descriptor)
    ours.close()
    session.close()
    wait_until(lambda: port_of(lab, "alice")["kernel_path"] == ON, "it goes on as before")
    with stopped(lab):
        assert lab.ping("alice", "bob")


@pytest.mark.without_path
@pytest.mark.parametrize("is_older", (False, True))
@pytest.mark.parametrize("again", (["--kernel-path"], []))
def test_nothing_is_lost_in_the_path_of_a_killed_daemon(empty_lab, again, is_older):
    """Before Linux 6.6 the program at the interface is a filter of tc, which outlives a process."""
    lab = empty_lab
    document = lab.directory / "network.json"
    kernel = older_kernel("tcx") if is_older else {}
    lab.start("--kernel-path", "--config", document, "--autosave", environment=kernel)
    join(lab, "alice")
    join(lab, "bob")
    assert lab.ping("alice", "bob")
    assert len(path_filters(lab, "tsw-alice")) == is_older
    lab.daemon.kill()
    lab.daemon.wait()
    lab.daemon = None
    assert not lab.ping("alice", "bob"), "nothing forwards any more"
    lab.start(*again, "--config", document, "--autosave", environment=kernel)
    assert lab.ping("alice", "bob")
    assert len(path_filters(lab, "tsw-alice")) == (is_older and bool(again))
    with stopped(lab):
        assert lab.ping("alice", "bob") == bool(again)


def test_newer_kernel_takes_away_what_an_older_one_has_left(empty_lab):
    lab = empty_lab
    document = lab.directory / "network.json"
    lab.start("--kernel-path", "--config", document, "--autosave", environment=older_kernel("tcx"))
    join(lab, "alice")
    assert len(path_filters(lab, "tsw-alice")) == 1
    lab.daemon.kill()
    lab.daemon.wait()
    lab.daemon = None
    lab.start("--kernel-path", "--config", document, "--autosave")
    assert port_of(lab, "alice")["kernel_path"] == ON
    assert path_filters(lab, "tsw-alice") == []


def test_filter_that_somebody_has_removed_comes_back(empty_lab):
    lab = empty_lab
    lab.start("--kernel-path", environment=older_kernel("tcx"))
    join(lab, "alice")
    join(lab, "bob")
    assert lab.ping("alice", "bob")
    lab.exec("switch", "tc", "filter", "del", "dev", "tsw-alice", "ingress", "prio", "1")
    wait_until(lambda: len(path_filters(lab, "tsw-alice")) == 1, "it is there again", deadline=20)
    assert lab.ping("alice", "bob")


def test_stream_crosses(path_lab):
    lab = path_lab
    join(lab, "alice", vlan=10)
    join(lab, "bob", vlan=10)
    assert lab.ping("alice", "bob")
    before = processor_seconds(lab)
    report = measured_by_iperf3(lab, "alice", "bob", "10.0.0.2", "-t", 2)
    used = processor_seconds(lab) - before
    assert report["sum_received"]["bytes"] > 100_000_000
    assert used < 0.3, "the daemon has nothing to do with it"


def processor_seconds(lab):
    """How long the daemon has had a processor."""
    fields = Path(f"/proc/{lab.daemon.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
