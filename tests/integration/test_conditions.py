# SPDX-License-Identifier: Apache-2.0
"""Conditions of ports: the line to a far end is late, lossy, slow, cut or flapping."""

import re
import subprocess

import pytest

from frames import ALICE, BOB, EVERYBODY, counted, deliver, frame, transmit
from lab import DEADLINE, drops, run, wait_until
from rpc_client import RpcError
from transfer import measured_by_iperf3

# Milliseconds by which a busy machine is late. How exact a delay is on a quiet one is for a
# benchmark; it is never too short.
LATE = 20


def put(lab, port, **conditions):
    return lab.call("port.set", {"name": port, "conditions": conditions})


def conditions_of(lab, port):
    return lab.call("port.get", {"name": port}).get("conditions", {})


def round_trips(lab, source, address, count=5):
    """Milliseconds."""
    said = lab.exec(source, "ping", "-n", "-c", count, "-i", 0.2, "-W", 5, address, timeout=30)
    return [float(time) for time in re.findall(r"time=([\d.]+) ms", said.stdout)]


def speed(lab, *options):
    """Bits a second of payload that come from alice at bob, as iperf3 has it."""
    end = measured_by_iperf3(lab, "alice", "bob", "10.0.0.2", *options)
    return end.get("sum_received", end.get("sum"))["bits_per_second"]


def test_delay_is_what_was_asked_for(pair):
    put(pair, "bob", delay="50ms")
    put(pair, "alice", delay="50ms")
    times = round_trips(pair, "alice", "10.0.0.2")
    assert 100 <= min(times) < 100 + LATE, times


def test_both_directions_of_one_port(pair):
    put(pair, "bob", delay="20ms", **{"in": {"delay": "30ms"}})
    times = round_trips(pair, "alice", "10.0.0.2")
    assert 50 <= min(times) < 50 + LATE, times


def test_tapctl_changes_what_is_named_and_clears(pair):
    pair.tapctl("port", "set", "bob", "--delay", "50ms", "--loss", "1%", "--in-rate", "1gbit")
    pair.tapctl("port", "set", "bob", "--loss", "2%", "--corruption", "0.5", "--cut", "in")
    assert conditions_of(pair, "bob") == {"delay": "50ms", "loss": "2%", "corrupt": "0.5%",
                                          "cut": "in", "in": {"rate": "1gbit"}}
    listed = pair.call("port.list")["ports"]
    assert [port["name"] for port in listed if "conditions" in port] == ["bob"]
    assert "loss 2%" in pair.tapctl("port").stdout
    pair.tapctl("port", "set", "bob", "--clear")
    assert "conditions" not in pair.call("port.get", {"name": "bob"})
    assert min(round_trips(pair, "alice", "10.0.0.2")) < LATE


def test_port_may_be_added_with_conditions(lab):
    lab.join("alice", "10.0.0.1/24")
    lab.join("bob", "10.0.0.2/24", conditions={"delay": "30ms"})
    assert min(round_trips(lab, "alice", "10.0.0.2")) >= 30


def test_what_is_lost_on_purpose_is_counted_apart(pair):
    put(pair, "bob", loss="100%")
    sent = [frame(ALICE, EVERYBODY)] * 10
    assert deliver(pair, "alice", sent, ["bob"]) == {"bob": []}
    assert drops(pair, "bob")["condition_loss"] == 10
    put(pair, "bob", loss="0%", **{"in": {"loss": "100%"}})
    transmit(pair, "bob", *[frame(BOB, EVERYBODY)] * 5)
    # The capture's marker was lost on its way in as well, if it came late.
    wait_until(lambda: drops(pair, "bob")["condition_loss"] >= 15, "they are lost on their way in")


def test_same_seed_loses_the_same_frames(pair):
    sent = [frame(ALICE, EVERYBODY, size=46 + i) for i in range(30)]
    arrived = []
    for _ in range(2):
        put(pair, "bob", loss="50%", seed=7)
        arrived.append([len(data) for data in deliver(pair, "alice", sent, ["bob"])["bob"]])
        pair.tapctl("port", "set", "bob", "--clear")
    assert arrived[0] == arrived[1]
    assert 5 < len(arrived[0]) < 25


def test_too_much_for_the_queue_is_counted_apart(pair):
    put(pair, "bob", delay="20s", queue="300b")
    transmit(pair, "alice", *[frame(ALICE, EVERYBODY, size=86)] * 10)
    wait_until(lambda: drops(pair, "bob").get("condition_queue_full") == 7, "three of 100 fit")
    pair.tapctl("port", "set", "bob", "--clear")
    assert pair.ping("alice", "bob"), "what waited does not hold others up"


def test_conditions_that_go_let_go_of_what_waits(pair):
    put(pair, "bob", delay="50s", **{"in": {"delay": "50s"}})
    transmit(pair, "alice", frame(ALICE, EVERYBODY))
    sending = subprocess.Popen(pair.command_in("bob", "ping", "-n", "-c", "1", "-W", "30",
                                               "10.0.0.1"), stdout=subprocess.PIPE, text=True)
    before = pair.call("stats.get", {"port": "alice"})["ports"]["alice"]["out_octets"]
    wait_until(lambda: pair.icmp_of("bob")["OutEchos"] == 1, "bob has asked")
    pair.tapctl("port", "set", "bob", "--clear")
    said, _ = sending.communicate(timeout=DEADLINE)
    assert " 0% packet loss" in said, "the question came out at once"
    assert pair.call("stats.get", {"port": "alice"})["ports"]["alice"]["out_octets"] > before
    assert drops(pair, "bob") == {}


def test_refused_change_neither_loses_nor_hastens_frames(pair):
    """The kernel refuses the address, for IPv6 is turned off there."""
    put(pair, "bob", delay="1s")
    with subprocess.Popen(pair.command_in("alice", "ping", "-n", "-c", "20", "-i", "0.1", "-W", "5",
                                          "10.0.0.2"), stdout=subprocess.PIPE, text=True) as pinging:
        for changed in ({"conditions": None}, {"conditions": {"cut": "both"}}, {"carrier": False}):
            before = pair.icmp_of("alice")["OutEchos"]
            with pytest.raises(RpcError):
                pair.call("port.set", {"name": "bob", "addresses": ["2001:db8::1/64"], **changed})
            wait_until(lambda: pair.icmp_of("alice")["OutEchos"] > before, "alice has asked again")
        said, _ = pinging.communicate(timeout=DEADLINE)
    assert " 0% packet loss" in said, said
    assert min(float(time) for time in re.findall(r"time=([\d.]+) ms", said)) >= 1000


@pytest.mark.parametrize("rate", ["1mbit", "10mbit"])
def test_rate(pair, rate):
    put(pair, "bob", rate=rate)
    asked = int(rate.removesuffix("mbit")) * 1e6
    payload = speed(pair, "-u", "-b", f"{2 * int(asked)}", "-l", "1472", "-t", "2")
    # A frame has 1,514 bytes, of which 1,472 are payload.
    assert payload * 1514 / 1472 == pytest.approx(asked, rel=0.1)


def test_delay_costs_no_throughput(pair):
    put(pair, "bob", delay="5ms", rate="50mbit")
    assert speed(pair, "-t", "3") == pytest.approx(50e6 * 1448 / 1514, rel=0.15)
    assert "condition_loss" not in drops(pair, "bob")


def test_policer_drops_what_is_beyond_the_rate(pair):
    put(pair, "alice", **{"in": {"rate": "10mbit", "burst": "32kb", "queue": "0"}})
    payload = speed(pair, "-u", "-b", "30M", "-l", "1472", "-t", "2")
    assert payload * 1514 / 1472 == pytest.approx(10e6, rel=0.15)
    assert drops(pair, "alice")["condition_queue_full"] > 1000


def test_cut_is_of_one_direction(pair):
    put(pair, "bob", cut="out")
    assert not pair.ping("alice", "bob")
    asked = pair.icmp_of("alice")["InEchos"]
    assert not pair.ping("bob", "alice"), "the answer is lost"
    assert pair.icmp_of("alice")["InEchos"] == asked + 1, "the question is not"
    put(pair, "bob", cut="none")
    assert pair.ping("alice", "bob")
    assert "LOWER_UP" in pair.exec("bob", "ip", "link", "show", "bob").stdout


def test_line_flaps(pair):
    put(pair, "bob", flap="500ms/500ms")
    for is_up in (True, False, True):  # who waits for a second may ask always when it is down
        wait_until(lambda: pair.ping("alice", "bob", "-W", "0.1") == is_up, f"up: {is_up}")
    assert drops(pair, "bob")["condition_loss"] > 0


# Without offload at bob's port the switch would cut for it anyway.
def test_super_frames_are_cut_first(pair):
    put(pair, "bob", delay="1ms", **{"in": {"delay": "1ms"}})
    before = pair.call("stats.get", {"port": "bob"})["ports"]["bob"]
    assert speed(pair, "-n", "20M") > 1e6
    assert speed(pair, "-R", "-n", "20M") > 1e6
    after = pair.call("stats.get", {"port": "bob"})["ports"]["bob"]
    for direction in ("out", "in"):
        octets = after[f"{direction}_octets"] - before[f"{direction}_octets"]
        frames = after[f"{direction}_unicast"] - before[f"{direction}_unicast"]
        # iperf3 does not wait for the last that is under way.
        assert octets > 10e6 and octets / frames <= 1514, direction


def test_queues_of_a_tap_share_the_conditions(empty_lab):
    lab = empty_lab
    lab.start("--workers", "2")
    lab.join("alice", "10.0.0.1/24", queues=2, conditions={"in": {"delay": "10ms"}})
    lab.join("bob", "10.0.0.2/24")
    for _ in range(5):
        assert min(round_trips(lab, "alice", "10.0.0.2", 2)) >= 10
    assert speed(lab, "-P", "4", "-n", "2M") > 1e6


def test_veth_and_patch_have_them_too(lab):
    lab.join("alice", "10.0.0.1/24")
    lab.call("switch.add", {"name": "sw1"})
    lab.call("port.add", {"name": "there", "type": "patch", "peer": "back", "switch": "sw0",
                          "conditions": {"delay": "10ms"}})
    lab.call("port.add", {"name": "back", "type": "patch", "peer": "there", "switch": "sw1",
                          "conditions": {"delay": "20ms"}})
    namespace = lab.namespace("bob")
    lab.call("port.add", {"name": "bob", "type": "veth", "namespace": namespace, "switch": "sw1",
                          "addresses": ["10.0.0.2/24"], "conditions": {"delay": "30ms"}})
    times = round_trips(lab, "alice", "10.0.0.2")
    assert 60 <= min(times) < 60 + LATE, times
    lab.call("port.remove", {"name": "there"})
    lab.call("port.set", {"name": "bob", "conditions": None})
    assert conditions_of(lab, "bob") == {}


def test_successor_has_them(pair):
    put(pair, "bob", delay="30ms", **{"in": {"loss": "0.5%", "seed": 3}})
    before = conditions_of(pair, "bob")
    pair.take_over()
    assert conditions_of(pair, "bob") == before
    assert min(round_trips(pair, "alice", "10.0.0.2")) >= 30


def test_port_that_is_opened_anew_has_them(lab):
    lab.call("port.add", {"name": "alice", "addresses": ["10.0.0.1/24"], "reopen": True,
                          "mac": "02:00:00:00:00:01", "conditions": {"delay": "30ms"}})
    lab.join("bob", "10.0.0.2/24")
    run("ip", "-n", lab.name_of("switch"), "link", "del", "alice")
    wait_until(lambda: lab.call("port.get", {"name": "alice"})["state"] == "up" and
               lab.ping("bob", "10.0.0.1"), "it is there again")
    assert min(round_trips(lab, "bob", "10.0.0.1")) >= 30


def test_unplugged_port_keeps_them(pair):
    put(pair, "bob", delay="30ms")
    pair.tapctl("port", "set", "bob", "--unplug")
    pair.tapctl("port", "set", "bob", "--plug")
    wait_until(lambda: pair.ping("alice", "bob"), "bob is back")
    assert min(round_trips(pair, "alice", "10.0.0.2")) >= 30


def test_document_has_them(pair):
    put(pair, "bob", delay="5ms", jitter="1ms", distribution="normal")
    document = pair.call("config.get")
    conditions = document["switches"]["sw0"]["ports"]["bob"]["conditions"]
    assert conditions == {"delay": "5ms", "jitter": "1ms", "distribution": "normal"}
    document["switches"]["sw0"]["ports"]["bob"]["conditions"] = {"delay": "7ms"}
    plan = pair.call("config.diff", {"config": document})["plan"]
    assert any("conditions of bob: " in str(line) and "delay 7ms" in str(line) for line in plan)
    pair.call("config.apply", {"config": document, "mode": "merge"})
    assert conditions_of(pair, "bob") == {"delay": "7ms", "jitter": "1ms",
                                          "distribution": "normal"}, "what is not named stays"
    pair.call("config.apply", {"config": document})
    assert conditions_of(pair, "bob") == {"delay": "7ms"}


def test_refused_change_leaves_them(pair):
    put(pair, "bob", delay="5ms")
    with pytest.raises(RpcError):
        pair.call("port.set", {"name": "bob", "conditions": {"delay": "9ms"}, "worker": 63})
    assert conditions_of(pair, "bob") == {"delay": "5ms"}


@pytest.mark.parametrize("conditions, field", [
    ({"delay": "61s"}, "conditions.delay"),
    ({"delay": 50}, "conditions.delay"),
    ({"loss": "101%"}, "conditions.loss"),
    ({"rate": "10"}, "conditions.rate"),
    ({"reorder": "10%"}, "conditions.reorder"),
    ({"delay": "1ms", "gap": 5}, "conditions.gap"),
    ({"loss": "1%", "loss_model": "gemodel 1%"}, "conditions.loss_model"),
    ({"in": {"burst": "32kb"}}, "conditions.in.burst"),
    ({"latency": "1ms"}, "conditions.latency"),
    ({"in": {"cut": "in"}}, "conditions.in.cut"),
])
def test_bad_conditions_are_refused_and_change_nothing(pair, conditions, field):
    put(pair, "bob", delay="5ms")
    if "loss_model" in conditions or "reorder" in conditions:
        put(pair, "bob", delay="0s")
    before = conditions_of(pair, "bob")
    with pytest.raises(RpcError) as refused:
        pair.call("port.set", {"name": "bob", "conditions": conditions})
    assert refused.value.data["field"] == field
    assert refused.value.data["allowed"] or "unknown" in str(refused.value)
    assert conditions_of(pair, "bob") == before


def test_trace_names_them(pair):
    put(pair, "bob", delay="5ms", loss="1%")
    steps = pair.call("frame.trace", {"port": "alice", "frame": {"src": ALICE, "dst": EVERYBODY}})
    assert "port bob has conditions: delay 5ms, loss 1%" in steps["steps"]


def test_kernel_path_does_not_take_such_a_port(empty_lab):
    lab = empty_lab
    lab.start("--kernel-path")
    for name, address in (("alice", "10.0.0.1/24"), ("bob", "10.0.0.2/24")):
        lab.call("port.add", {"name": name, "type": "veth", "namespace": lab.namespace(name),
                              "addresses": [address]})
    on = {"state": "on"}
    wait_until(lambda: lab.call("port.get", {"name": "bob"})["kernel_path"] == on, "it is on")
    put(lab, "bob", delay="20ms")
    assert lab.call("port.get", {"name": "bob"})["kernel_path"] == {
        "state": "off", "reason": "it has conditions"}
    assert min(round_trips(lab, "alice", "10.0.0.2")) >= 20
    lab.call("port.set", {"name": "bob", "conditions": None})
    wait_until(lambda: lab.call("port.get", {"name": "bob"})["kernel_path"] == on, "it is back")


def test_port_that_is_removed_leaves_nothing(pair):
    before = pair.daemon_descriptors()
    put(pair, "bob", delay="50s", **{"in": {"delay": "50s"}})
    transmit(pair, "alice", *[frame(ALICE, EVERYBODY)] * 100)
    pair.tapctl("port", "remove", "bob")
    assert pair.daemon_descriptors() < before


def test_policer_comes_and_goes_in_the_words_of_the_page(pair):
    """Others call it ingress_policing_rate and ingress_policing_burst."""
    pair.tapctl("port", "set", "alice", "--in-rate", "100kbit", "--in-burst", "64kb",
                "--in-queue", 0)
    burst = [frame(ALICE, EVERYBODY, size=1000)] * 100
    already = counted(pair, "alice")
    transmit(pair, "alice", *burst)
    wait_until(lambda: counted(pair, "alice") >= already + 100, "all are counted")
    lost = drops(pair, "alice")["condition_queue_full"]
    assert 20 < lost < 40, "64 KiB pass at once, and what the rate brings meanwhile"
    pair.tapctl("port", "set", "alice", "--in-rate", "none", "--in-burst", "none",
                "--in-queue", "none")
    transmit(pair, "alice", *burst)
    wait_until(lambda: counted(pair, "alice") >= already + 200, "all are counted")
    assert drops(pair, "alice")["condition_queue_full"] == lost
    assert conditions_of(pair, "alice") == {}
