# SPDX-License-Identifier: Apache-2.0
"""Ports of type veth: the switch makes a pair of veths, and keeps one end of it."""

import json

import pytest

from frames import ALICE, EVERYBODY, deliver, frame, tag, tags_of
from lab import run, wait_until
from rpc_client import RpcError
from test_offloads import check_streams_of_three

ADDRESSES = {"alice": "10.0.0.1/24", "bob": "10.0.0.2/24", "carol": "10.0.0.3/24"}


def join(lab, short, **params):
    """A station behind a port of type veth."""
    return lab.join(short, ADDRESSES[short], type="veth", **params)


def links(lab, short, *words):
    return json.loads(lab.exec(short, "ip", "-d", "-json", "link", "show", *words).stdout or "[]")


def near_ends(lab):
    """The names of the veths in the namespace of the switch."""
    return [link["ifname"] for link in links(lab, "switch", "type", "veth") if link]


def port_of(lab, name):
    return lab.call("port.get", {"name": name})


def state_becomes(lab, name, state):
    wait_until(lambda: port_of(lab, name)["state"] == state, f"{name} is {state}")


def test_stations_reach_each_other_and_taps(lab):
    port = join(lab, "alice", mac="02:00:00:00:00:01", mtu=1400)
    assert (port["type"], port["state"], port["interface"]) == ("veth", "up", "alice")
    assert (port["mac"], port["mtu"]) == ("02:00:00:00:00:01", 1400)
    join(lab, "bob", interface="eth0")
    lab.join("carol", ADDRESSES["carol"])
    for source, to in (("alice", "bob"), ("bob", "alice"), ("alice", "carol"), ("carol", "bob")):
        assert lab.ping(source, to)
    far, = links(lab, "alice", "alice")
    assert (far["mtu"], far["address"], far["operstate"]) == (1400, "02:00:00:00:00:01", "UP")
    assert sorted(near_ends(lab)) == ["tsw-alice", "tsw-bob"]
    lab.call("port.remove", {"name": "alice"})
    assert near_ends(lab) == ["tsw-bob"]
    assert "alice" not in lab.exec("alice", "ip", "link").stdout


@pytest.mark.parametrize("offload", (True, False))
def test_streams_arrive_whole(lab, offload):
    join(lab, "alice", offload=offload)
    join(lab, "bob")
    lab.join("carol", ADDRESSES["carol"])
    check_streams_of_three(lab, ADDRESSES, offload)


def test_tags_cross_in_full_frames(lab):
    """The near end has room for any frame that the far end takes, whatever the type of its tag."""
    join(lab, "alice", vlan={"mode": "trunk", "native": 1, "allowed": "1-4094"})
    lab.join("bob", ADDRESSES["bob"], mtu=1508,
             vlan={"mode": "trunk", "native": 1, "allowed": "1-4094"})
    payload = bytes(1500 - 46)
    stacks = [[], [tag(7, priority=3)], [tag(100, kind=0x88A8)]]
    # A station's own packet socket has no room for the last in 1,500.
    for source, to, stacks in (("bob", "alice", stacks), ("alice", "bob", stacks[:2])):
        sent = [frame(ALICE, EVERYBODY, *stack) + payload for stack in stacks]
        arrived = deliver(lab, source, sent, (to,))[to]
        assert [tags_of(data)[0] for data in arrived] == stacks, (source, to)
        assert arrived == sent
    # The kernel counts a second tag against the MTU of the far end, and would not take the frame.
    before = lab.call("stats.get", {"port": "alice"})["ports"]["alice"]
    deliver(lab, "bob", [frame(ALICE, EVERYBODY, tag(100, kind=0x88A8), tag(7)) + payload], [])
    after = lab.call("stats.get", {"port": "alice"})["ports"]["alice"]
    assert (before["drops"].get("mtu_exceeded", 0), after["drops"]["mtu_exceeded"]) == (0, 1)
    assert after["out_octets"] == before["out_octets"] and after["egress_kernel_drops"] == 0


def test_access_and_trunk(lab):
    join(lab, "alice", vlan=10)
    join(lab, "bob", vlan={"mode": "trunk", "native": None, "allowed": "10,20"})
    heard = deliver(lab, "alice", [frame(ALICE, EVERYBODY)], ("bob",))["bob"]
    assert [tags_of(data)[0] for data in heard] == [[tag(10)]]
    heard = deliver(lab, "bob", [frame(ALICE, EVERYBODY, vid) for vid in (10, 20)], ("alice",))
    assert heard == {"alice": [frame(ALICE, EVERYBODY)]}


def test_far_end_changes_as_a_tap_does(lab):
    join(lab, "alice")
    join(lab, "bob")
    lab.call("port.set", {"name": "alice", "mtu": 9000, "mac": "02:00:00:00:00:0a",
                          "addresses": ["10.0.0.11/24"]})
    port = port_of(lab, "alice")
    assert (port["link"]["mtu"], port["link"]["mac"]) == (9000, "02:00:00:00:00:0a")
    assert lab.ping("bob", "10.0.0.11") and not lab.ping("bob", "10.0.0.1")
    lab.call("port.set", {"name": "bob", "mtu": 9000})
    assert lab.ping("bob", "10.0.0.11", "-s", 8972, "-M", "do"), "frames of that length cross"
    lab.exec("alice", "ip", "link", "set", "alice", "mtu", 1300)
    wait_until(lambda: port_of(lab, "alice")["link"]["mtu"] == 1300, "the switch has heard of it")
    lab.exec("alice", "ip", "link", "set", "alice", "down")
    state_becomes(lab, "alice", "down")
    lab.exec("alice", "ip", "link", "set", "alice", "up")
    state_becomes(lab, "alice", "up")
    lab.exec("alice", "ip", "link", "set", "alice", "down")
    lab.exec("alice", "ip", "link", "set", "alice", "name", "eth7")
    lab.exec("alice", "ip", "link", "set", "eth7", "up")
    wait_until(lambda: port_of(lab, "alice")["interface"] == "eth7", "it has another name")
    assert lab.call("config.get")["switches"]["sw0"]["ports"]["alice"]["interface"] == "eth7"
    lab.call("port.set", {"name": "alice", "up": False})
    assert port_of(lab, "alice")["state"] == "down"


def test_mtu_of_the_far_end_counts(lab):
    join(lab, "alice", mtu=1000)
    join(lab, "bob")
    deliver(lab, "bob", [frame(ALICE, EVERYBODY) + bytes(1200)] * 3, [])
    wait_until(lambda: lab.call("stats.get", {"port": "alice"})["ports"]["alice"]["drops"]
               .get("mtu_exceeded") == 3, "they are told as too long")


def test_far_end_that_is_moved_is_followed(lab):
    join(lab, "alice")
    elsewhere = lab.namespace("elsewhere")
    lab.exec("alice", "ip", "link", "set", "alice", "netns", elsewhere, "up")
    wait_until(lambda: port_of(lab, "alice")["state"] == "up", "it is up where it is now", 15)
    with pytest.raises(RpcError) as refusal:
        lab.call("port.set", {"name": "alice", "mtu": 1400})
    assert "it was moved to a namespace of which" in str(refusal.value)
    lab.exec("elsewhere", "ip", "link", "set", "alice", "netns", lab.name_of("alice"), "up")
    lab.call("port.set", {"name": "alice", "mtu": 1400})
    assert port_of(lab, "alice")["link"]["mtu"] == 1400


def test_far_end_may_be_in_the_namespace_of_the_switch(lab):
    lab.call("port.add", {"name": "own", "type": "veth", "addresses": ["10.0.0.9/24"]})
    join(lab, "alice")
    assert lab.ping("alice", "10.0.0.9")
    assert sorted(near_ends(lab)) == ["own", "tsw-alice", "tsw-own"]
    lab.call("port.remove", {"name": "own"})
    assert near_ends(lab) == ["tsw-alice"]


def has_carrier(lab, short):
    return "LOWER_UP" in links(lab, short, short)[0]["flags"]


def test_far_end_cannot_undo_an_unplugged_cable(lab):
    join(lab, "alice")
    join(lab, "bob")
    assert lab.ping("alice", "bob")
    lab.tapctl("port", "set", "bob", "--unplug")
    port = port_of(lab, "bob")
    assert (port["state"], port["up"], port["stations"]) == ("no_carrier", True, 0)
    wait_until(lambda: not has_carrier(lab, "bob"), "bob has no carrier")
    lab.exec("bob", "ip", "link", "set", "bob", "down")
    lab.exec("bob", "ip", "link", "set", "bob", "up")
    assert lab.exec("bob", "ip", "link", "set", "bob", "carrier", "on", check=False).returncode != 0
    assert not has_carrier(lab, "bob") and not lab.ping("alice", "bob")
    # Root in the switch's namespace can, and for a moment only.
    lab.exec("switch", "ip", "link", "set", "tsw-bob", "up")
    wait_until(lambda: not has_carrier(lab, "bob"), "it is taken away again")
    lab.tapctl("port", "set", "bob", "--plug")
    wait_until(lambda: lab.ping("alice", "bob"), "bob is back")


def test_port_that_begins_unplugged(lab):
    port = join(lab, "alice", carrier=False)
    assert port["state"] == "no_carrier" and not has_carrier(lab, "alice")
    lab.call("port.set", {"name": "alice", "carrier": True})
    wait_until(lambda: has_carrier(lab, "alice"), "it is plugged in")


def test_carriers_of_a_wire_follow(lab):
    lab.call("switch.set", {"name": "sw0", "wire": True})
    join(lab, "alice")
    assert not has_carrier(lab, "alice"), "nobody is at the other end"
    join(lab, "bob")
    wait_until(lambda: has_carrier(lab, "alice") and lab.ping("alice", "bob"), "both are there")
    lab.exec("bob", "ip", "link", "set", "bob", "down")
    wait_until(lambda: not has_carrier(lab, "alice"), "alice has no carrier while bob is down")
    lab.exec("bob", "ip", "link", "set", "bob", "up")
    wait_until(lambda: has_carrier(lab, "alice") and lab.ping("alice", "bob"), "bob is back")


def test_speed_is_what_a_veth_says_and_no_field(lab):
    with pytest.raises(RpcError) as refusal:
        join(lab, "alice", speed=1000)
    assert refusal.value.data["field"] == "speed"
    lab.call("port.add", {"name": "bob", "type": "veth"})
    assert "Speed: 10000Mb/s" in lab.exec("switch", "ethtool", "bob").stdout


def test_port_is_lost_with_its_pair_and_opened_anew(lab):
    join(lab, "alice", reopen=True, mac="02:00:00:00:00:01", mtu=1400)
    join(lab, "bob")
    events = lab.client()
    events.call("event.subscribe", {"topics": ["port"]})
    lab.exec("alice", "ip", "link", "del", "alice")
    told = []
    while told[-1:] != ["up"]:
        event = events.read()["params"]
        told += [event["event"]] if event["data"]["name"] == "alice" else []
    assert "lost" in told
    assert port_of(lab, "alice")["link"]["mtu"] == 1400
    wait_until(lambda: lab.ping("bob", "alice"), "alice is back")
    lab.exec("switch", "ip", "link", "del", "tsw-alice")
    wait_until(lambda: lab.ping("bob", "alice"), "also when the near end was deleted")
    lab.remove_namespace("alice")
    state_becomes(lab, "alice", "lost")
    lab.namespace("alice")
    state_becomes(lab, "alice", "up")
    wait_until(lambda: lab.ping("bob", "alice"), "in a namespace of the same name")
    lab.remove_namespace("bob")
    state_becomes(lab, "bob", "lost")
    wait_until(lambda: len(near_ends(lab)) == 1, "nothing of it is left")


def refused(lab, **params):
    with pytest.raises(RpcError) as refusal:
        lab.call("port.add", {"type": "veth", **params})
    return refusal.value


def test_what_cannot_be_had_is_refused_and_says_why(lab):
    alice = lab.namespace("alice")
    there = {"name": "x", "interface": "x", "namespace": alice}
    for make, why in (
            (("ip", "-n", alice, "link", "add", "x", "type", "bridge"), "exists and is no veth"),
            (("ip", "-n", alice, "link", "add", "x", "type", "veth", "peer", "name", "y"),
             "its other end is not in the namespace of the daemon"),
            (("ip", "-n", lab.switch, "link", "add", "y", "type", "veth", "peer", "name", "x",
              "netns", alice), "its other end 'y' has the address 192.0.2.1/24 of this host")):
        run(*make)
        if make[2] == lab.switch:
            lab.exec("switch", "ip", "address", "add", "192.0.2.1/24", "dev", "y")
        before = links(lab, "alice"), near_ends(lab)
        assert why in str(refused(lab, **there))
        assert (links(lab, "alice"), near_ends(lab)) == before, "nothing has changed"
        lab.exec("alice", "ip", "link", "del", "x")
    run("ip", "-n", lab.switch, "link", "add", "br0", "type", "bridge")
    run("ip", "-n", lab.switch, "link", "add", "y", "master", "br0", "type", "veth", "peer", "name",
        "x", "netns", alice)
    assert "its other end 'y' belongs to a bridge or a bond" in str(refused(lab, **there))
    assert "nowhere" in str(refused(lab, name="z", namespace="nowhere"))
    assert refused(lab, name="z", mtu=67).data["field"] == "mtu"
    assert refused(lab, name="z", interface="a/b").data["field"] == "interface"
    assert refused(lab, name="z", queues=2).data["field"] == "queues"
    join_of = lab.call("port.add", {"name": "bob", "type": "veth"})
    assert join_of["interface"] == "bob"
    again = refused(lab, name="second", interface="bob")
    assert "port 'bob' has the interface 'bob' already" in str(again)
    with pytest.raises(RpcError) as refusal:
        lab.call("port.add", {"name": "near", "type": "interface", "interface": "tsw-bob"})
    assert "port 'bob' has the interface 'tsw-bob' already" in str(refusal.value)


def test_near_ends_of_long_names_do_not_clash(lab):
    names = [f"a-very-long-name-of-port-{number}" for number in range(3)] + ["long-alice"]
    for number, name in enumerate(names):
        lab.call("port.add", {"name": name, "type": "veth", "interface": f"v{number}"})
    near = sorted(link["ifname"] for link in links(lab, "switch", "type", "veth")
                  if link["ifname"].startswith("tsw-"))
    assert near == ["tsw-a-very~0", "tsw-a-very~1", "tsw-a-very~2", "tsw-long-alice"]
    alias = [link.get("ifalias") for link in links(lab, "switch", "tsw-a-very~1")]
    assert alias == [f"tapswitch: port {names[1]}"]
    lab.exec("switch", "ip", "link", "add", "tsw-x", "type", "bridge")
    lab.call("port.add", {"name": "x", "type": "veth"})
    assert "tsw-x~0" in near_ends(lab), "its name was taken"


def test_host_neither_speaks_nor_hears_at_the_near_end(lab):
    """Also where the host forwards and has addresses of its own for which it would answer."""
    lab.exec("switch", "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=0",
             "net.ipv6.conf.default.disable_ipv6=0", "net.ipv6.conf.all.forwarding=1",
             "net.ipv4.ip_forward=1")
    lab.exec("switch", "ip", "link", "add", "host0", "type", "bridge")
    lab.exec("switch", "ip", "address", "add", "10.0.0.77/24", "dev", "host0")
    lab.exec("switch", "ip", "link", "set", "host0", "up")
    join(lab, "alice")
    counters = lab.call("stats.get", {"port": "alice"})["ports"]["alice"]
    assert not lab.ping("alice", "10.0.0.77"), "the host answers for an address elsewhere"
    # Long enough for router solicitations and reports of groups.
    run("sleep", "4")
    assert lab.exec("switch", "ip", "-6", "address", "show", "dev", "tsw-alice").stdout == ""
    received, = json.loads(lab.exec("alice", "ip", "-s", "-json", "link", "show", "alice").stdout)
    assert received["stats64"]["rx"]["packets"] == 0, "the near end has said something"
    assert counters["out_octets"] == 0


def test_daemon_without_the_right_says_what_is_missing(empty_lab):
    for missing, words in (("net_admin", "CAP_NET_ADMIN"), ("net_raw", "CAP_NET_RAW")):
        empty_lab.start(under=("setpriv", f"--bounding-set=-{missing}", f"--inh-caps=-{missing}"))
        refusal = refused(empty_lab, name="alice")
        assert refusal.data["missing"] == words, refusal
        assert near_ends(empty_lab) == []
        empty_lab.stop()


def test_tapctl_makes_one(lab):
    alice = lab.namespace("alice")
    lab.tapctl("port", "add", "alice", "--type", "veth", "--namespace", alice, "--interface", "eth0",
               "--mac", "02:00:00:00:00:01", "--mtu", "1400", "--address", "10.0.0.1/24")
    far, = links(lab, "alice", "eth0")
    assert (far["mtu"], far["address"]) == (1400, "02:00:00:00:00:01")
    assert "10.0.0.1/24" in lab.exec("alice", "ip", "address").stdout
    assert "veth" in lab.tapctl("port", "get", "alice").stdout
