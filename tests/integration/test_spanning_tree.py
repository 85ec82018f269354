# SPDX-License-Identifier: Apache-2.0
"""Spanning trees on real devices: rings of switches over veths and patches, a kernel's bridge in one
of them, a link that is cut under pings, and guards."""

import copy
import json
import re
import socket
import subprocess

import pytest

from by_path import ON, stopped
from lab import run, wait_until
from rpc_client import RpcError
from test_veth import join, port_of

RING = ("sw1", "sw2", "sw3")


def tree(lab, switch):
    return lab.call("stp.get", {"switch": switch})


def ports(lab, switch):
    return {port["name"]: port for port in tree(lab, switch)["ports"]}


def states(lab):
    return {name: port["state"] for switch in RING for name, port in ports(lab, switch).items()}


def roles(lab):
    return {name: port["role"] for switch in RING for name, port in ports(lab, switch).items()}


def add_switches(lab, **stp):
    for number, name in enumerate(RING, 1):
        lab.call("switch.add", {"name": name, "stp": {"mode": "rstp", "priority": 4096 * number,
                                                      **stp}})


def add_veth(lab, one, other):
    """Two interfaces beside the daemon, each the other's end."""
    run("ip", "-n", lab.switch, "link", "add", one, "type", "veth", "peer", "name", other)
    for end in (one, other):
        run("ip", "-n", lab.switch, "link", "set", end, "up")


def join_by_veths(lab):
    """Each switch to the next: r12 on sw1 leads to r21 on sw2."""
    for one, other in ((1, 2), (2, 3), (3, 1)):
        add_veth(lab, f"r{one}{other}", f"r{other}{one}")
        for near, far in ((one, other), (other, one)):
            lab.call("port.add", {"name": f"r{near}{far}", "type": "interface",
                                  "interface": f"r{near}{far}", "switch": f"sw{near}"})


def join_stations(lab):
    lab.join("alice", "10.0.0.1/24", switch="sw1", stp={"admin_edge": True})
    lab.join("bob", "10.0.0.2/24", switch="sw2", stp={"admin_edge": True})


def is_tree(lab):
    """One port of six discards, and the rest forwards."""
    ring = {name: state for name, state in states(lab).items() if name[0] == "r"}
    return sorted(ring.values()) == ["discarding"] + ["forwarding"] * 5


def wait_for_event(client, event, port):
    """What was told with that event of that port; others before it do not matter."""
    while True:
        told = client.read()["params"]
        if (told["event"], told["data"]["name"]) == (event, port):
            return told["data"]


def pings_lost(output):
    sent, received = map(int, re.search(r"(\d+) packets transmitted, (\d+) received",
                                        output).groups())
    return sent - received


def cut_under_pings(lab, cut):
    """How many of the pings of two seconds, a thousand in each, are lost when cut() is called. What has
    left in the second before would be held against the BPDUs that are to leave then."""
    wait_until(lambda: all(tree(lab, name)["seconds_since_change"] >= 2 for name in RING),
               "all is quiet")
    with subprocess.Popen(lab.command_in("alice", "ping", "-n", "-q", "-i", "0.001", "-w", "2",
                                         "10.0.0.2"),
                          stdout=subprocess.PIPE, text=True) as pinging:
        before = int(lab.icmp_of("alice")["InEchoReps"])
        wait_until(lambda: int(lab.icmp_of("alice")["InEchoReps"]) > before + 200, "pings flow")
        cut()
        return pings_lost(pinging.communicate()[0])


def test_ring_over_veths_has_one_way_and_another_within_milliseconds(empty_lab):
    lab = empty_lab
    lab.start()
    add_switches(lab)
    join_by_veths(lab)
    join_stations(lab)
    wait_until(lambda: is_tree(lab), "the ring is a tree")
    assert tree(lab, "sw1")["root"]["port"] is None, "it has the least priority"
    assert roles(lab)["r32"] == "alternate"
    assert states(lab)["alice"] == "forwarding", "an edge forwards at once"
    assert lab.ping("alice", "bob")
    with lab.client() as client:
        client.call("event.subscribe", {"topics": ["stp"]})
        lost = cut_under_pings(lab, lambda: run("ip", "-n", lab.switch, "link", "set", "r12",
                                                "down"))
        assert lost <= 50, "of a thousand in a second"
        assert wait_for_event(client, "role", "r32")["role"] in ("root", "designated")
        wait_for_event(client, "topology_change", "r32")
    assert lab.ping("bob", "alice")
    run("ip", "-n", lab.switch, "link", "set", "r12", "up")
    wait_until(lambda: is_tree(lab), "it is as before")
    assert lab.ping("alice", "bob")


def test_ring_of_patches_is_allowed_where_all_have_trees(empty_lab):
    lab = empty_lab
    lab.start()
    add_switches(lab)

    def patch(one, other):
        for near, far in ((one, other), (other, one)):
            lab.call("port.add", {"name": f"r{near}{far}", "type": "patch", "switch": f"sw{near}",
                                  "peer": f"r{far}{near}"})
    patch(1, 2)
    patch(2, 3)
    lab.call("switch.set", {"name": "sw3", "stp": {"mode": "off"}})
    with pytest.raises(RpcError) as refusal:
        patch(3, 1)
    assert refusal.value.data["field"] == "peer"
    lab.call("port.remove", {"name": "r31"})
    lab.call("switch.set", {"name": "sw3", "stp": {"mode": "rstp"}})
    patch(3, 1)
    join_stations(lab)
    wait_until(lambda: is_tree(lab), "the ring is a tree")
    assert lab.ping("alice", "bob")
    with pytest.raises(RpcError) as refusal:
        lab.call("switch.set", {"name": "sw3", "stp": None})
    assert refusal.value.data["field"] == "stp.mode"
    with pytest.raises(RpcError) as refusal:
        lab.call("port.set", {"name": "r12", "stp": {"bpdu_filter": True}})
    assert refusal.value.data["field"] == "stp.bpdu_filter"
    assert cut_under_pings(lab, lambda: lab.call("port.set", {"name": "r12", "carrier": False})) \
        <= 50
    document = lab.call("config.get")
    assert lab.call("config.diff", {"config": document})["plan"] == []
    without = copy.deepcopy(document)
    for switch in without["switches"].values():
        switch.pop("stp", None)
        switch["ports"] = {name: port for name, port in switch["ports"].items()
                           if port["type"] != "patch"}
    lab.call("config.apply", {"config": without})
    assert tree(lab, "sw1")["mode"] == "off"
    document["switches"]["sw1"]["ports"]["r12"].pop("carrier")
    lab.call("config.apply", {"config": document})
    wait_until(lambda: is_tree(lab), "the ring is back")


def test_bridge_of_the_kernel_is_the_third_in_a_ring(empty_lab):
    """It speaks 802.1D alone, and is spoken to as such."""
    lab = empty_lab
    lab.start()
    add_switches(lab, forward_delay_seconds=4, max_age_seconds=6)
    lab.call("switch.remove", {"name": "sw3"})
    kernel = lab.namespace("kernel")
    run("ip", "-n", kernel, "link", "add", "br0", "type", "bridge", "stp_state", "1",
        "forward_delay", "400", "max_age", "600", "priority", "61440")
    run("ip", "-n", kernel, "link", "set", "br0", "up")
    add_veth(lab, "r12", "r21")
    for number, other in ((1, 2), (2, 1)):
        lab.call("port.add", {"name": f"r{number}{other}", "type": "interface",
                              "interface": f"r{number}{other}", "switch": f"sw{number}"})
        run("ip", "-n", lab.switch, "link", "add", f"r{number}3", "type", "veth", "peer", "name",
            f"k{number}", "netns", kernel)
        run("ip", "-n", kernel, "link", "set", f"k{number}", "master", "br0", "up")
        # The costs of the kernel are those of 802.1D-1998: all ways would lead by it.
        run("ip", "-n", kernel, "link", "set", f"k{number}", "type", "bridge_slave", "cost", 20_000)
        run("ip", "-n", lab.switch, "link", "set", f"r{number}3", "up")
        lab.call("port.add", {"name": f"r{number}3", "type": "interface",
                              "interface": f"r{number}3", "switch": f"sw{number}"})

    def kernel_states():
        links = json.loads(run("ip", "-n", kernel, "-d", "-json", "link", "show", "master",
                               "br0").stdout)
        return sorted(link["linkinfo"]["info_slave_data"]["state"] for link in links)

    wait_until(lambda: kernel_states() == ["blocking", "forwarding"], "the kernel blocks one port",
               deadline=30)

    def mine():
        return {**ports(lab, "sw1"), **ports(lab, "sw2")}
    wait_until(lambda: {port["state"] for port in mine().values()} == {"forwarding"},
               "all of ours forward", deadline=30)
    assert {name: mine()[name]["protocol"] for name in ("r12", "r13", "r23")} == {
        "r12": "rstp", "r13": "stp", "r23": "stp"}
    assert tree(lab, "sw2")["root"]["port"] == "r21"


def test_guards_shut_and_come_back_with_the_link(empty_lab):
    lab = empty_lab
    lab.start()
    lab.call("switch.set", {"name": "sw0", "stp": {"mode": "rstp"}})
    add_veth(lab, "guarded", "far")
    lab.call("port.add", {"name": "guarded", "type": "interface", "interface": "guarded",
                          "stp": {"bpdu_guard": True, "admin_edge": True}})
    wait_until(lambda: ports(lab, "sw0")["guarded"]["state"] == "forwarding", "it is an edge")
    bpdu = bytes.fromhex("0180c2000000" "020000000009" "0027" "424203" "000002020e"
                         "1000020000000009" "00000000" "1000020000000009" "8001"
                         "0000140002000f00" "00")

    def send():
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
            sender.bind(("far", 0))
            sender.send(bpdu)
    lab.in_namespace("switch", send)
    wait_until(lambda: ports(lab, "sw0")["guarded"]["guard"] == "bpdu", "the guard shuts it")
    assert ports(lab, "sw0")["guarded"]["state"] == "discarding"
    run("ip", "-n", lab.switch, "link", "set", "far", "down")
    run("ip", "-n", lab.switch, "link", "set", "far", "up")
    wait_until(lambda: ports(lab, "sw0")["guarded"]["state"] == "forwarding", "its link came anew")


def test_port_that_discards_is_not_on_the_kernel_path(path_lab):
    lab = path_lab
    lab.call("switch.set", {"name": "sw0", "stp": {"mode": "rstp"}})
    join(lab, "alice", stp={"admin_edge": True})
    join(lab, "bob", stp={"auto_edge": False})
    assert port_of(lab, "bob")["kernel_path"] == {
        "state": "off", "reason": "the spanning tree does not let it forward"}
    assert not lab.ping("alice", "bob")
    lab.call("port.set", {"name": "bob", "stp": {"admin_edge": True}})
    wait_until(lambda: port_of(lab, "bob")["kernel_path"] == ON, "it forwards, by the path")
    # A station asks once a second for an address that it has asked for in vain.
    wait_until(lambda: lab.ping("alice", "bob"), "it is reached")
    with stopped(lab):
        assert lab.ping("alice", "bob")


def test_trees_go_and_come_as_they_are_told(empty_lab):
    lab = empty_lab
    lab.start()
    lab.join("alice", "10.0.0.1/24")
    lab.join("bob", "10.0.0.2/24")
    assert lab.ping("alice", "bob")
    assert tree(lab, "sw0") == {"switch": "sw0", "mode": "off", "ports": []}
    lab.tapctl("switch", "set", "sw0", "--stp-mode", "rstp", "--stp-priority", "8192")
    assert "this bridge is the root" in lab.tapctl("stp").stdout
    wait_until(lambda: lab.ping("alice", "bob"), "they are edges after 3 s")
    with pytest.raises(RpcError) as refusal:
        lab.call("switch.set", {"name": "sw0", "stp": {"priority": 5000}})
    assert refusal.value.data["field"] == "stp.priority"
    lab.call("port.remove", {"name": "bob"})
    assert set(ports(lab, "sw0")) == {"alice"}
    address = tree(lab, "sw0")["bridge"]
    lab.take_over()
    assert tree(lab, "sw0")["bridge"] == address
    lab.tapctl("switch", "set", "sw0", "--stp-mode", "off")
    assert tree(lab, "sw0")["ports"] == []
