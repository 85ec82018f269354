# SPDX-License-Identifier: Apache-2.0
"""Storm control: how much of what is flooded comes in by a port, on real devices."""

import contextlib
import subprocess
import time

import pytest

from frames import (ALICE, BOB, CAROL, EVERYBODY, SENDER, counted, deliver, frame,
                    transmit)
from lab import drops, wait_until
from rpc_client import RpcError

GROUP = "01:00:5e:00:00:01"
LLDP = "01:80:c2:00:00:0e"

# Sends a frame some thousand times a second, until it is ended.
STORM = """
import socket, sys, time
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((sys.argv[1], 0))
data = bytes.fromhex(sys.argv[2])
while True:
    for _ in range(8):
        try:
            s.send(data)
        except OSError:
            pass
    time.sleep(0.001)
"""


@contextlib.contextmanager
def storm(lab, station, data):
    command = lab.command_in(station, "/usr/bin/python3", "-c", STORM, station, data.hex())
    with subprocess.Popen(command) as storming:
        try:
            yield
        finally:
            storming.kill()


def limit(lab, port, **classes):
    """A limit is a rate, or a rate and a burst; None takes it away."""
    wanted = {name: {"rate": each} if isinstance(each, str) else each
              for name, each in classes.items()}
    return lab.call("port.set", {"name": port, "storm_control": wanted})


def counters(lab, port):
    return lab.call("stats.get", {"port": port})["ports"][port]


def timed_counters(lab, port):
    """(when they were asked for, they, when they had come): a busy machine has counted in between."""
    return time.monotonic(), counters(lab, port), time.monotonic()


def dropped(lab, port):
    return drops(lab, port).get("storm_control", 0)


# With bursts of a second, for a busy machine may leave the daemon alone for longer than 100 ms.
@pytest.mark.parametrize("kind, to, wanted, size, expected", [
    ("broadcast", EVERYBODY, {"rate": "500pps", "burst": 500}, 46, 500),
    ("multicast", GROUP, {"rate": "2mbit", "burst": "250kb"}, 986, 250),
    # A share is of 10 Gbit/s, as a TAP says by default.
    ("unknown_unicast", CAROL, {"rate": "0.02%", "burst": "250kb"}, 986, 250),
], ids=["frames", "bits", "share"])
def test_rate_holds(pair, kind, to, wanted, size, expected):
    limit(pair, "alice", **{kind: wanted})
    member = f"in_{kind.removeprefix('unknown_')}"
    with storm(pair, "alice", frame(ALICE, to, size=size)):
        wait_until(lambda: dropped(pair, "alice") > 0, "the burst is over")
        asked, before, answered = timed_counters(pair, "alice")
        time.sleep(4)
        asked_again, after, answered_again = timed_counters(pair, "alice")
    passed = after[member] - before[member]
    assert passed >= 0.95 * expected * (asked_again - answered)
    assert passed <= 1.05 * expected * (answered_again - asked)
    assert after["drops"]["storm_control"] - before["drops"]["storm_control"] > passed


def test_what_is_received_is_what_is_passed_and_dropped(pair):
    sent = [frame(ALICE, EVERYBODY)] * 100
    before = counters(pair, "bob")["out_broadcast"]
    limit(pair, "alice", broadcast={"rate": "1pps", "burst": 30})
    for _ in range(3):
        already = counted(pair, "alice")
        transmit(pair, "alice", *sent)
        wait_until(lambda: counted(pair, "alice") == already + len(sent), "all are counted")
    alice = counters(pair, "alice")
    passed = counters(pair, "bob")["out_broadcast"] - before
    assert 30 <= passed < 60
    assert passed + alice["drops"]["storm_control"] == 300


def test_other_frames_are_not_touched(pair):
    pair.call("switch.set", {"name": "sw0", "forward_reserved": ["lldp"]})
    limit(pair, "alice", broadcast={"rate": "1pps", "burst": 1})
    transmit(pair, "bob", frame(BOB, EVERYBODY))
    wait_until(lambda: pair.call("fdb.list", {"port": "bob"})["entries"], "bob is heard")
    sent = [frame(ALICE, to) for to in (BOB, CAROL, GROUP, LLDP)] * 5  # a capture has room for some 30
    assert deliver(pair, "alice", sent, ["bob"]) == {"bob": sent}
    assert dropped(pair, "alice") == 0
    limit(pair, "alice", multicast={"rate": "1pps", "burst": 1},
          unknown_unicast={"rate": "1pps", "burst": 1})
    heard = deliver(pair, "alice", [frame(ALICE, to) for to in (BOB, LLDP)] * 10, ["bob"])["bob"]
    assert len(heard) == 20
    heard = deliver(pair, "alice", [frame(ALICE, to) for to in (CAROL, GROUP)] * 10, ["bob"])["bob"]
    assert 2 <= len(heard) < 20


@pytest.mark.parametrize("is_in_ours", [False, True], ids=["elsewhere", "beside-the-daemon"])
def test_share_is_of_the_speed_of_the_link(lab, is_in_ours):
    """100 ms of it come in at once: 12 frames at 1 Mbit/s, 125 at 10."""
    lab.join("bob", "10.0.0.2/24")
    station = "switch" if is_in_ours else "alice"
    if is_in_ours:
        lab.call("port.add", {"name": "alice", "speed": 100})
        lab.exec("switch", "sysctl", "-qw", "net.ipv6.conf.alice.disable_ipv6=1")
    else:
        lab.join("alice", "10.0.0.1/24", speed=100)

    def send():
        already = counted(lab, "alice")
        subprocess.run(lab.command_in(station, "/usr/bin/python3", "-c", SENDER, "alice"),
                       input="\n".join([frame(ALICE, EVERYBODY, size=986).hex()] * 120), text=True,
                       check=True)
        wait_until(lambda: counted(lab, "alice") >= already + 120, "all are counted")
        return dropped(lab, "alice")
    limit(lab, "alice", broadcast="1%")
    assert 60 < send() <= 120 - 12
    lab.call("port.set", {"name": "alice", "speed": 1000})
    lost = dropped(lab, "alice")
    assert send() == lost


def test_stations_go_on_in_a_storm(pair):
    assert pair.ping("alice", "bob")
    limit(pair, "alice", broadcast="100pps")
    with storm(pair, "alice", frame(ALICE, EVERYBODY)):
        wait_until(lambda: dropped(pair, "alice") > 0, "there is a storm")
        said = pair.exec("alice", "ping", "-n", "-c", 20, "-i", 0.1, "-W", 5, "10.0.0.2").stdout
    assert " 0% packet loss" in said


def test_source_of_a_dropped_frame_is_learned(pair):
    limit(pair, "alice", broadcast={"rate": "1pps", "burst": 1})
    transmit(pair, "alice", *[frame(ALICE, EVERYBODY)] * 5, frame(CAROL, EVERYBODY))
    wait_until(lambda: dropped(pair, "alice") >= 4, "they are dropped")
    wait_until(lambda: CAROL in {entry["mac"] for entry in
                                 pair.call("fdb.list", {"port": "alice"})["entries"]},
               "carol is learned")


def test_beginning_and_end_are_told(pair):
    limit(pair, "alice", broadcast="100pps")
    reader = pair.client()
    reader.call("event.subscribe", {"topics": ["port"]})
    assert pair.call("port.get", {"name": "alice"})["storms"] == []
    with storm(pair, "alice", frame(ALICE, EVERYBODY)):
        event = reader.read()["params"]
        assert (event["event"], event["data"]["name"]) == ("storm", "alice")
        assert event["data"]["storm"]["class"] == "broadcast"
        assert 0 < event["data"]["storm"]["dropped"] <= dropped(pair, "alice")
        assert event["data"]["storms"] == ["broadcast"]
        assert pair.call("port.get", {"name": "alice"})["storms"] == ["broadcast"]
        assert "storm: broadcast" in pair.tapctl("port").stdout
        time.sleep(2.5)
    lost = dropped(pair, "alice")
    event = reader.read()["params"]
    assert event["sequence"] == 2, "nothing is told of the storm while it lasts"
    assert (event["event"], event["data"]["name"]) == ("calm", "alice")
    assert event["data"]["storm"] == {"class": "broadcast", "dropped": dropped(pair, "alice")}
    assert dropped(pair, "alice") >= lost
    assert pair.call("port.get", {"name": "alice"})["storms"] == []
    assert "a storm of broadcast frames has begun" in pair.log()


def test_tapctl_sets_and_clears(pair):
    def now():
        return pair.call("port.get", {"name": "bob"}).get("storm_control")
    pair.tapctl("port", "set", "bob", "--storm-broadcast", "500pps", "--storm-broadcast-burst", 100,
                "--storm-multicast", "10mbit", "--storm-multicast-burst", "64kb",
                "--storm-unknown-unicast", "5%")
    assert now() == {"broadcast": {"rate": "500pps", "burst": 100},
                     "multicast": {"rate": "10mbit", "burst": "64kb"},
                     "unknown_unicast": {"rate": "5%"}}
    assert "broadcast 500pps burst 100, multicast" in pair.tapctl("port").stdout
    pair.tapctl("port", "set", "bob", "--storm-broadcast", "off", "--storm-multicast", "20mbit")
    assert now() == {"multicast": {"rate": "20mbit"}, "unknown_unicast": {"rate": "5%"}}
    pair.tapctl("port", "set", "bob", "--storm-control", "none")
    assert now() is None
    assert "storms" not in pair.call("port.get", {"name": "bob"})
    done = pair.tapctl("port", "set", "bob", "--storm-broadcast", "500", check=False)
    assert done.returncode != 0 and "--storm-broadcast" in done.stderr and "1pps" in done.stderr
    assert now() is None


@pytest.mark.parametrize("classes, field, allowed", [
    ({"broadcast": {"rate": "fast"}}, "storm_control.broadcast.rate", "1pps to 1000mpps"),
    ({"broadcast": {"burst": 5}}, "storm_control.broadcast.rate", ""),
    ({"multicast": {"rate": "5pps", "burst": "64kb"}}, "storm_control.multicast.burst", "frames"),
    ({"multicast": {"rate": "5%", "burst": 64}}, "storm_control.multicast.burst", "1514"),
    ({"unicast": {"rate": "5%"}}, "storm_control.unicast", "unknown_unicast"),
])
def test_mistakes_name_the_field_and_change_nothing(pair, classes, field, allowed):
    limit(pair, "alice", broadcast="7pps")
    with pytest.raises(RpcError) as refused:
        pair.call("port.set", {"name": "alice", "storm_control": classes})
    assert refused.value.kind == "invalid_params"
    assert refused.value.data["field"] == field
    assert allowed in refused.value.data["allowed"]
    assert pair.call("port.get", {"name": "alice"})["storm_control"] == {
        "broadcast": {"rate": "7pps"}}


def test_document_says_it_and_a_successor_has_it(pair):
    limit(pair, "alice", broadcast={"rate": "1pps", "burst": 1})
    document = pair.call("config.get")
    alice = document["switches"]["sw0"]["ports"]["alice"]
    assert alice["storm_control"] == {"broadcast": {"rate": "1pps", "burst": 1}}
    assert "storm_control" not in document["switches"]["sw0"]["ports"]["bob"]
    alice["storm_control"]["multicast"] = {"rate": "5%"}
    steps = pair.call("config.apply", {"config": document})["plan"]
    assert "~ storm_control of alice: broadcast 1pps burst 1 -> broadcast 1pps burst 1, " \
        "multicast 5%" in str(steps)
    merged = {"version": 1, "switches": {"sw0": {"ports": {"alice": {
        "storm_control": {"multicast": None}}}}}}
    pair.call("config.apply", {"config": merged, "mode": "merge"})
    pair.take_over()
    assert pair.call("port.get", {"name": "alice"})["storm_control"] == {
        "broadcast": {"rate": "1pps", "burst": 1}}
    transmit(pair, "alice", *[frame(ALICE, EVERYBODY)] * 10)
    wait_until(lambda: dropped(pair, "alice") >= 5, "the successor goes by it")


def test_trace_tells_what_would_happen(pair):
    full = frame(ALICE, EVERYBODY, size=1500)
    params = {"port": "alice", "frame": full.hex()}
    limit(pair, "alice", broadcast="1kbit")
    for _ in range(3):
        traced = pair.call("frame.trace", params)
        assert traced["outcome"] == "flood"
        assert "port alice has storm control: broadcast 1kbit" in traced["steps"]
    already = counted(pair, "alice")
    transmit(pair, "alice", full)
    wait_until(lambda: counted(pair, "alice") > already, "it has crossed")
    traced = pair.call("frame.trace", params)
    assert (traced["outcome"], traced["reason"]) == ("drop", "storm_control")
    assert dropped(pair, "alice") == 0, "a trace is no frame"


def test_limit_is_one_for_all_queues(empty_lab):
    lab = empty_lab
    lab.start("--workers", 2)
    lab.join("alice", "10.0.0.1/24", queues=2)
    lab.join("bob", "10.0.0.2/24")
    limit(lab, "alice", broadcast={"rate": "1pps", "burst": 20})
    sent = [frame(f"02:00:00:00:01:{number:02x}", EVERYBODY) for number in range(100)]
    already = counted(lab, "alice")
    transmit(lab, "alice", *sent)
    wait_until(lambda: counted(lab, "alice") == already + 100, "all are counted")
    assert 70 <= dropped(lab, "alice") <= 80
