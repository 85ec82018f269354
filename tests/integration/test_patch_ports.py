# SPDX-License-Identifier: Apache-2.0
"""Switches of one daemon, joined by patches."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from lab import state, wait_until
from rpc_client import RpcError
from test_offloads import sent_and_received


def patch(lab, near, far, **params):
    """Joins two switches: the end on 'near' is called 'near-far'."""
    for switch, peer in ((near, far), (far, near)):
        lab.call("port.add", {"name": f"{switch}-{peer}", "switch": switch, "type": "patch",
                              "peer": f"{peer}-{switch}", **params})


def add_switches(lab, *names):
    for name in names:
        lab.call("switch.add", {"name": name})


def refusal(lab, method, **params):
    with pytest.raises(RpcError) as refused:
        lab.call(method, params)
    return refused.value


def test_stations_of_two_switches_reach_each_other(lab):
    add_switches(lab, "left", "right")
    lab.join("alice", "10.0.0.1/24", switch="left")
    lab.join("bob", "10.0.0.2/24", switch="right")
    assert not lab.ping("alice", "bob")
    patch(lab, "left", "right")
    assert (state(lab, "left-right"), state(lab, "right-left")) == ("up", "up")
    # Alice has asked for Bob in vain, and asks again only a second after the last time.
    assert lab.ping("alice", "bob", "-w", 10)
    sent, received = sent_and_received(lab, "alice", "bob", "10.0.0.2/24")
    assert sent == received
    counters = lab.call("stats.get", {"port": "left-right"})["ports"]["left-right"]
    assert counters["out_octets"] / counters["out_unicast"] > 3000, "super-frames cross whole"


def test_vlans_across_three_switches(lab):
    add_switches(lab, "left", "middle", "right")
    patch(lab, "left", "middle", vlan={"mode": "trunk", "native": None, "allowed": "10"})
    patch(lab, "middle", "right")
    lab.join("alice", "10.0.0.1/24", switch="left", vlan=10)
    lab.join("bob", "10.0.0.2/24", switch="right", vlan=10)
    lab.join("carol", "10.0.0.3/24", switch="right", vlan=20)
    lab.join("dave", "10.0.0.4/24", switch="left", vlan=20)
    lab.join("erin", "10.0.0.5/24", switch="middle", vlan=20)
    assert lab.ping("alice", "bob")
    assert not lab.ping("alice", "carol")
    assert lab.ping("erin", "carol")
    assert not lab.ping("dave", "carol"), "VLAN 20 is not allowed between left and middle"


def test_end_alone_has_no_carrier_until_the_other_comes(lab):
    add_switches(lab, "left", "right")
    lab.call("port.add", {"name": "one", "switch": "left", "type": "patch", "peer": "other"})
    assert state(lab, "one") == "no_carrier"
    client = lab.client()
    client.call("event.subscribe", {"topics": ["port"]})
    lab.call("port.add", {"name": "other", "switch": "right", "type": "patch", "peer": "one"})
    assert (state(lab, "one"), state(lab, "other")) == ("up", "up")
    lab.call("port.remove", {"name": "other"})
    wait_until(lambda: state(lab, "one") == "no_carrier", "the end that is left has no carrier")
    lab.call("port.add", {"name": "other", "switch": "right", "type": "patch", "peer": "one"})
    assert (state(lab, "one"), state(lab, "other")) == ("up", "up")


def test_rings_are_refused_and_named(lab):
    add_switches(lab, "left", "middle", "right")
    patch(lab, "left", "middle")
    patch(lab, "middle", "right")
    lab.call("port.add", {"name": "right-left", "switch": "right", "type": "patch",
                          "peer": "left-right"})
    ring = refusal(lab, "port.add", name="left-right", switch="left", type="patch",
                   peer="right-left")
    assert ring.kind == "conflict"
    assert "right - middle - left - right" in str(ring)
    lab.call("port.remove", {"name": "right-left"})

    # Two patches between the same two switches, and both ends on one.
    lab.call("port.add", {"name": "a", "switch": "left", "type": "patch", "peer": "b"})
    assert "left - middle - left" in str(
        refusal(lab, "port.add", name="b", switch="middle", type="patch", peer="a"))
    assert "left - left" in str(
        refusal(lab, "port.add", name="b", switch="left", type="patch", peer="a"))


def test_what_is_no_pair_is_refused(lab):
    add_switches(lab, "left", "right")
    lab.call("port.add", {"name": "tap", "switch": "left"})
    lab.call("port.add", {"name": "one", "switch": "left", "type": "patch", "peer": "other"})
    assert "'tap' is no patch" in str(
        refusal(lab, "port.add", name="x", switch="right", type="patch", peer="tap"))
    assert "is this port" in str(
        refusal(lab, "port.add", name="x", switch="right", type="patch", peer="x"))
    assert "port 'one' has the other end of patch 'other' already" in str(
        refusal(lab, "port.add", name="x", switch="right", type="patch", peer="other"))
    assert "patch 'one' leads to this port" in str(
        refusal(lab, "port.add", name="other", switch="right", type="patch", peer="third"))
    assert "must be a patch" in str(refusal(lab, "port.add", name="other", switch="right"))
    assert "peer" in str(refusal(lab, "port.add", name="x", switch="right", type="patch"))
    assert [port["name"] for port in lab.call("port.list")["ports"]] == ["one", "tap"]


def ports(**peers):
    return {"ports": {name: {"type": "patch", "peer": peer} for name, peer in peers.items()}}


def test_document_with_patches_is_applied_in_one_go_and_rewired(lab):
    row = {"version": 1, "switches": {"left": ports(lm="ml"), "middle": ports(ml="lm", mr="rm"),
                                      "right": ports(rm="mr")}}
    lab.call("config.apply", {"config": row})
    assert {port["state"] for port in lab.call("port.list")["ports"]} == {"up"}
    assert not lab.call("config.apply", {"config": row})["plan"]
    # The middle is another one now: with old and new patches at a time there would be a ring.
    other_row = {"version": 1, "switches": {"left": ports(lm="ml", lr="rl"), "middle": ports(ml="lm"),
                                            "right": ports(rl="lr")}}
    lab.call("config.apply", {"config": other_row})
    assert {port["state"] for port in lab.call("port.list")["ports"]} == {"up"}
    # The same names, the other way round.
    crossed = {"version": 1, "switches": {"left": ports(ml="lm", rl="lr"), "middle": ports(lm="ml"),
                                          "right": ports(lr="rl")}}
    lab.call("config.apply", {"config": crossed})
    assert {port["state"] for port in lab.call("port.list")["ports"]} == {"up"}


def test_document_is_told_all_its_mistakes_at_once(lab):
    document = {"version": 1, "switches": {
        "left": ports(a="b", c="d"), "right": ports(b="a", d="c", e="tap", f="a"),
        "third": {"ports": {"tap": {}}}}}
    refused = refusal(lab, "config.apply", config=document)
    pointers = [problem["pointer"] for problem in refused.data["problems"]]
    assert sorted(pointers) == ["/switches/right/ports/d/peer", "/switches/right/ports/f/peer",
                              "/switches/third/ports/tap"]
    assert "left - right - left" in str(refused.data)
    assert lab.call("port.list")["ports"] == []


def test_ends_come_and_go_under_traffic(lab):
    add_switches(lab, "left", "right")
    patch(lab, "left", "right")
    lab.join("alice", "10.0.0.1/24", switch="left")
    lab.join("bob", "10.0.0.2/24", switch="right")
    with ThreadPoolExecutor() as executor:
        stream = executor.submit(sent_and_received, lab, "alice", "bob", "10.0.0.2/24")
        for _ in range(20):
            lab.call("port.remove", {"name": "right-left"})
            lab.call("port.add", {"name": "right-left", "switch": "right", "type": "patch",
                                  "peer": "left-right"})
        sent, received = stream.result()
    assert sent == received
