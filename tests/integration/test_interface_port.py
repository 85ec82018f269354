# SPDX-License-Identifier: Apache-2.0
"""Ports on network interfaces that exist: veths, and the host's side of a simulator's TAP."""

import signal
import subprocess

import pytest

from frames import ALICE, BOB, Capture, EVERYBODY, deliver, frame, tag, tags_of, transmit
from lab import wait_until
from rpc_client import RpcError
from test_offloads import check_streams_of_three, sent_and_received

# A simulator: opens a TAP of its own in the switch's namespace, and answers each frame that it
# gets with the same frame, its addresses exchanged.
SIMULATOR = """
import fcntl, os, struct, sys
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
tap = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", sys.argv[1].encode(), IFF_TAP | IFF_NO_PI))
print("ready", flush=True)
while True:
    frame = os.read(tap, 2048)
    if frame[12:14] == bytes.fromhex("88b5"):
        os.write(tap, frame[6:12] + frame[0:6] + frame[12:])
"""


def veth(lab, short):
    """A veth from the switch's namespace ('to-alice') to a new one of that name ('alice')."""
    lab.namespace(short)
    lab.exec("switch", "ip", "link", "add", f"to-{short}", "type", "veth", "peer", "name", short,
             "netns", lab.name_of(short))
    lab.exec(short, "ip", "link", "set", short, "up")
    lab.exec("switch", "ip", "link", "set", f"to-{short}", "up")
    wait_until(lambda: "state UP" in lab.exec("switch", "ip", "link", "show", f"to-{short}").stdout,
               "the veth has its carrier")


def join_veth(lab, short, address, **params):
    """A station at the end of a veth, whose other end is a port of its name."""
    veth(lab, short)
    lab.exec(short, "ip", "address", "add", address, "dev", short)
    return lab.call("port.add", {"name": short, "type": "interface", "interface": f"to-{short}",
                                 **params})


def port_of(lab, name):
    return lab.call("port.get", {"name": name})


def test_veths_and_taps_reach_each_other(lab):
    port = join_veth(lab, "alice", "10.0.0.1/24")
    assert (port["type"], port["state"], port["interface"]) == ("interface", "up", "to-alice")
    assert port["offloads"] == ["checksum", "tso4", "tso6", "tso_ecn", "uso"]
    join_veth(lab, "bob", "10.0.0.2/24")
    lab.join("carol", "10.0.0.3/24")
    for source, to in (("alice", "bob"), ("bob", "alice"), ("alice", "carol"), ("carol", "bob")):
        assert lab.ping(source, {"alice": "10.0.0.1", "bob": "10.0.0.2", "carol": "10.0.0.3"}[to])


@pytest.mark.parametrize("offload", (True, False))
def test_streams_arrive_whole(lab, offload):
    join_veth(lab, "alice", "10.0.0.1/24", offload=offload)
    join_veth(lab, "bob", "10.0.0.2/24")
    lab.join("carol", "10.0.0.3/24")
    addresses = {"alice": "10.0.0.1/24", "bob": "10.0.0.2/24", "carol": "10.0.0.3/24"}
    check_streams_of_three(lab, addresses, offload)


def test_trunk_over_a_veth(lab):
    veth(lab, "trunk")
    lab.call("port.add", {"name": "trunk", "type": "interface", "interface": "to-trunk",
                          "vlan": {"mode": "trunk", "native": None, "allowed": "10,20"}})
    lab.join("alice", "10.0.10.1/24", vlan=10)
    lab.join("bob", "10.0.20.1/24", vlan=20)
    heard = deliver(lab, "alice", [frame(ALICE, EVERYBODY)], ("trunk", "bob"))
    assert [tags_of(data)[0] for data in heard["trunk"]] == [[tag(10)]]
    assert heard["bob"] == []
    sent = [frame(ALICE, EVERYBODY, vid) for vid in (20, 30)]
    heard = deliver(lab, "trunk", sent, ("alice", "bob"))
    assert heard == {"alice": [], "bob": [frame(ALICE, EVERYBODY)]}


def test_every_tag_crosses_and_nothing_is_heard_twice(lab):
    for short in ("alice", "bob"):
        veth(lab, short)
        lab.call("port.add", {"name": short, "type": "interface", "interface": f"to-{short}"})
    stacks = [[], [tag(7, priority=3)], [tag(100, kind=0x88A8)], [tag(100, kind=0x88A8), tag(9)]]
    sent = [frame(ALICE, EVERYBODY, *stack) for stack in stacks]
    arrived = deliver(lab, "alice", sent, ("bob",))["bob"]
    assert [tags_of(data)[0] for data in arrived] == stacks
    # A frame it had sent itself would have come in again at bob's port.
    assert lab.call("stats.get", {"port": "bob"})["ports"]["bob"]["in_broadcast"] == 0


def test_simulator_that_opens_its_own_tap(lab):
    simulator = subprocess.Popen(lab.command_in("switch", "/usr/bin/python3", "-c", SIMULATOR,
                                                "sim0"), stdout=subprocess.PIPE, text=True)
    try:
        assert simulator.stdout.readline() == "ready\n"
        lab.exec("switch", "ip", "link", "set", "sim0", "up")
        lab.call("port.add", {"name": "sim0", "type": "interface"})
        lab.join("alice", "10.0.0.1/24")
        with_capture = Capture(lab, "alice")
        try:
            transmit(lab, "alice", frame(ALICE, "02:00:00:00:00:99"))
            wait_until(lambda: lab.call("stats.get", {"port": "sim0"})["ports"]["sim0"]["in_unicast"],
                       "the simulator has answered")
            arrived = with_capture.arrived()
        finally:
            with_capture.close()
        assert frame("02:00:00:00:00:99", ALICE) in arrived
    finally:
        simulator.kill()
        simulator.communicate()
    wait_until(lambda: port_of(lab, "sim0")["state"] == "lost", "its TAP goes with the simulator")


def test_interface_that_is_down_drops_and_comes_back(lab):
    join_veth(lab, "alice", "10.0.0.1/24")
    join_veth(lab, "bob", "10.0.0.2/24")
    assert lab.ping("alice", "10.0.0.2")
    lab.exec("switch", "ip", "link", "set", "to-bob", "down")
    wait_until(lambda: port_of(lab, "bob")["state"] == "down", "bob's port is down")
    assert not lab.ping("alice", "10.0.0.2")
    assert lab.call("stats.get", {"port": "bob"})["ports"]["bob"]["drops"]["link_down"] > 0
    lab.exec("switch", "ip", "link", "set", "to-bob", "up")
    wait_until(lambda: port_of(lab, "bob")["state"] == "up", "bob's port is up")
    wait_until(lambda: lab.ping("alice", "10.0.0.2"), "bob is back")


def test_veth_without_carrier_has_no_stations_and_takes_no_frames(lab):
    for number, short in enumerate(("alice", "bob", "carol"), start=1):
        join_veth(lab, short, f"10.0.0.{number}/24")
    assert lab.ping("alice", "10.0.0.2")
    lab.call("fdb.add", {"mac": BOB, "vlan": 1, "port": "bob"})
    lab.exec("bob", "ip", "link", "set", "bob", "down")
    wait_until(lambda: port_of(lab, "bob")["state"] == "no_carrier", "bob's port has no carrier")
    entries = lab.call("fdb.list", {"port": "bob"})["entries"]
    assert [(entry["mac"], entry["kind"]) for entry in entries] == [(BOB, "static")]
    before = lab.call("stats.get", {"port": "bob"})["ports"]["bob"]
    sent = [frame(ALICE, BOB), frame(ALICE, EVERYBODY)]
    assert deliver(lab, "alice", sent, ["carol"])["carol"] == sent[1:]
    after = lab.call("stats.get", {"port": "bob"})["ports"]["bob"]
    assert after["drops"]["link_down"] == before["drops"].get("link_down", 0) + 2
    assert after["out_octets"] == before["out_octets"], "nothing counts as sent"
    lab.exec("bob", "ip", "link", "set", "bob", "up")
    wait_until(lambda: lab.ping("alice", "10.0.0.2"), "bob is back")


def kernel_drops(lab, port):
    counters = lab.call("stats.get", {"port": port})["ports"][port]
    return (counters["ingress_kernel_drops"], counters["egress_kernel_drops"])


def test_kernel_drops_are_told_by_their_direction_and_since_the_port_is_there(lab):
    join_veth(lab, "alice", "10.0.0.1/24")
    join_veth(lab, "bob", "10.0.0.2/24")
    # The far end of a veth takes no frame longer than its MTU, and the kernel counts at ours.
    lab.exec("bob", "ip", "link", "set", "bob", "mtu", 600)
    deliver(lab, "alice", [frame(ALICE, EVERYBODY) + bytes(1000)] * 5, [])
    wait_until(lambda: kernel_drops(lab, "bob") == (0, 5), "what was sent and lost")
    # Since Linux 6.16 the kernel says so to the sender too, in the words of a full queue.
    drops = lab.call("stats.get", {"port": "bob"})["ports"]["bob"]["drops"]
    assert drops.get("busy", 0) in (0, 5), drops
    assert kernel_drops(lab, "alice") == (0, 0)
    lab.call("port.remove", {"name": "bob"})
    lab.call("port.add", {"name": "bob", "type": "interface", "interface": "to-bob"})
    assert kernel_drops(lab, "bob") == (0, 0), "those are not the new port's"


def test_frames_lost_before_a_port_are_told(lab):
    join_veth(lab, "alice", "10.0.0.1/24")
    sent = 12_000  # more than fit before the port
    lab.daemon.send_signal(signal.SIGSTOP)
    try:
        transmit(lab, "alice", *[frame(ALICE, EVERYBODY)] * sent)
    finally:
        lab.daemon.send_signal(signal.SIGCONT)

    def all_told():
        counters = lab.call("stats.get", {"port": "alice"})["ports"]["alice"]
        received = counters["in_octets"] // len(frame(ALICE, EVERYBODY))
        lost = counters["ingress_kernel_drops"]
        return lost > 0 and received + lost == sent and counters["egress_kernel_drops"] == 0

    wait_until(all_told, "each frame is received or told as lost")


def test_offload_of_an_open_port_changes(lab):
    join_veth(lab, "alice", "10.0.0.1/24")
    lab.join("bob", "10.0.0.2/24")
    for offload in (False, True):
        assert bool(lab.call("port.set", {"name": "alice", "offload": offload})["offloads"]) is offload
        before = lab.call("stats.get", {"port": "alice"})["ports"]["alice"]
        sent, received = sent_and_received(lab, "bob", "alice", "10.0.0.1/24")
        assert sent == received
        after = lab.call("stats.get", {"port": "alice"})["ports"]["alice"]
        size = ((after["out_octets"] - before["out_octets"]) /
                (after["out_unicast"] - before["out_unicast"]))
        assert (size > 3000) is offload, size


@pytest.mark.parametrize("is_down", (False, True))
def test_interface_that_is_deleted_loses_its_port_alone(lab, is_down):
    join_veth(lab, "alice", "10.0.0.1/24")
    join_veth(lab, "bob", "10.0.0.2/24")
    join_veth(lab, "carol", "10.0.0.3/24")
    if is_down:
        lab.exec("switch", "ip", "link", "set", "to-bob", "down")
    lab.exec("switch", "ip", "link", "del", "to-bob")
    wait_until(lambda: port_of(lab, "bob")["state"] == "lost", "bob's port is lost")
    assert lab.ping("alice", "10.0.0.3")


def test_interface_in_another_namespace(lab):
    veth(lab, "alice")
    lab.exec("alice", "ip", "address", "add", "10.0.0.1/24", "dev", "alice")
    elsewhere = lab.namespace("elsewhere")
    lab.exec("switch", "ip", "link", "set", "to-alice", "netns", elsewhere, "up")
    lab.call("port.add", {"name": "alice", "type": "interface", "interface": "to-alice",
                          "namespace": elsewhere})
    lab.join("bob", "10.0.0.2/24")
    wait_until(lambda: lab.ping("bob", "10.0.0.1"), "alice is reached")
    lab.exec("elsewhere", "ip", "link", "set", "to-alice", "netns", lab.switch)
    wait_until(lambda: port_of(lab, "alice")["state"] == "lost", "it has left its namespace")


def test_interface_stays_as_it_is(lab):
    veth(lab, "alice")
    lab.exec("switch", "ip", "address", "add", "192.0.2.1/24", "dev", "to-alice")

    def seen():
        return lab.exec("switch", "ip", "-d", "address", "show", "dev", "to-alice").stdout

    before = seen()
    port = lab.call("port.add", {"name": "alice", "type": "interface", "interface": "to-alice"})
    assert [line for line in port["warnings"] if "the address 192.0.2.1/24" in line], port
    assert "promiscuity 1" in seen()
    assert "192.0.2.1/24" in seen()
    lines = [line["text"] for line in lab.call("log.tail")["lines"]]
    assert any("the host, too, answers" in line for line in lines), lines
    lab.call("port.remove", {"name": "alice"})
    assert seen() == before
    document = {"version": 1, "switches": {"sw0": {"ports": {
        "alice": {"type": "interface", "interface": "to-alice"}}}}}
    assert "warnings" not in lab.call("config.apply", {"config": document, "dry_run": True})
    warning, = lab.call("config.apply", {"config": document})["warnings"]
    assert warning.startswith("port 'alice': interface 'to-alice' has the address 192.0.2.1/24")
    assert "warnings" not in lab.call("config.apply", {"config": document})


def refused(lab, **params):
    with pytest.raises(RpcError) as refusal:
        lab.call("port.add", {"type": "interface", **params})
    return refusal.value


def test_what_cannot_be_joined_is_refused_and_says_why(lab):
    veth(lab, "alice")
    assert "there is no interface of that name" in str(refused(lab, name="missing"))
    assert "loopback" in str(refused(lab, name="lo"))
    # The switch's own TAP, and an interface that has a port already, however it is called.
    lab.call("port.add", {"name": "own"})
    ours = f"/run/netns/{lab.switch}"
    for namespace in ({}, {"namespace": ours}):
        assert "port 'own' has the interface 'own'" in str(
            refused(lab, name="second", interface="own", **namespace))
    lab.call("port.add", {"name": "alice", "type": "interface", "interface": "to-alice"})
    for namespace in ({}, {"namespace": ours}):
        assert "port 'alice' has the interface 'to-alice'" in str(
            refused(lab, name="second", interface="to-alice", **namespace))
    assert [port["name"] for port in lab.call("port.list")["ports"]] == ["alice", "own"]
    with pytest.raises(RpcError):
        lab.call("port.set", {"name": "alice", "mtu": 1400})


def test_document_brings_interfaces_back(lab):
    for short in ("alice", "bob"):
        veth(lab, short)
    document = {"version": 1, "switches": {"sw0": {"ports": {
        name: {"type": "interface", "interface": f"to-{name}"} for name in ("alice", "bob")}}}}
    plan = lab.call("config.apply", {"config": document})
    assert plan["plan"]
    assert not lab.call("config.apply", {"config": document})["plan"]
    running = lab.call("config.get")["switches"]["sw0"]["ports"]
    assert running["alice"] == {"type": "interface", "interface": "to-alice"}
    document["switches"]["sw0"]["ports"]["bob"]["offload"] = False
    lab.call("config.apply", {"config": document})
    assert port_of(lab, "bob")["offloads"] == []


def test_tapctl_joins_an_interface(lab):
    veth(lab, "alice")
    lab.tapctl("port", "add", "alice", "--type", "interface", "--interface", "to-alice")
    assert "to-alice" in lab.tapctl("port", "get", "alice").stdout
