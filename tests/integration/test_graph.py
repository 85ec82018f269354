# SPDX-License-Identifier: Apache-2.0
"""tapctl graph: what it prints is read by dot(1), whatever the network is called."""

import json
import subprocess

import pytest

from lab import DEADLINE


def drawn(lab, *words):
    """(nodes by name, pairs of names that are joined), as dot has understood them."""
    graph = lab.tapctl("graph", *words).stdout
    done = subprocess.run(["dot", "-Tjson"], input=graph, capture_output=True, text=True,
                          timeout=DEADLINE, check=True)
    assert done.stderr == ""
    found = json.loads(done.stdout)
    objects = found.get("objects", [])
    edges = {(objects[edge["tail"]]["name"], objects[edge["head"]]["name"]): edge
             for edge in found.get("edges", [])}
    return {node["name"]: node for node in objects}, edges


@pytest.fixture(name="net")
def network(lab):
    lab.join("alice", "10.0.10.1/24", vlan=10)
    lab.join("bob", "10.0.10.2/24", vlan=10)
    lab.tapctl("port", "add", "uplink", "--trunk", "10,20", "--native", "1")
    lab.tapctl("vlan", "set", "10", "--name", "office")
    lab.tapctl("switch", "add", "sw1")
    lab.tapctl("port", "add", "q", "--switch", "sw1", "--tunnel", "100", "--down")
    return lab


def test_bare_daemon_is_a_switch(lab):
    nodes, edges = drawn(lab)
    assert (list(nodes), edges) == (["switch sw0"], {})


def test_ports_hang_on_their_vlans_and_switches(net):
    nodes, edges = drawn(net)
    assert set(edges) == {("switch sw0", "vlan 10 of sw0"), ("vlan 10 of sw0", "port alice"),
                          ("vlan 10 of sw0", "port bob"), ("switch sw0", "port uplink"),
                          ("switch sw1", "vlan 100 of sw1"), ("vlan 100 of sw1", "port q")}
    assert nodes["vlan 10 of sw0"]["label"] == "VLAN 10\\noffice"
    assert nodes["port alice"]["label"] == \
        f"alice\\n10.0.10.1/24\\nin {net.name_of('alice')}"
    assert nodes["port q"]["label"] == "q\\ndown"
    assert edges["switch sw0", "port uplink"]["label"] == "trunk 10,20"


def test_one_switch_alone(net):
    nodes, _ = drawn(net, "--switch", "sw1")
    assert set(nodes) == {"switch sw1", "vlan 100 of sw1", "port q"}


def test_stations_hang_on_their_ports(net):
    net.tapctl("fdb", "add", "02:00:00:00:00:0a", "--vlan", "20", "--port", "uplink")
    assert net.ping("alice", "bob")
    nodes, edges = drawn(net, "--stations")
    static = "station 02:00:00:00:00:0a in vlan 20 of sw0"
    assert nodes[static]["label"] == "02:00:00:00:00:0a\\nstatic"
    assert edges["port uplink", static]["label"] == "VLAN 20"
    assert {"port alice", "port bob"} <= {port for port, to in edges if to.startswith("station")}


def test_for_programs_it_is_the_snapshot(net):
    found = json.loads(net.tapctl("--json", "graph").stdout)
    assert [port["name"] for port in found["ports"]] == ["alice", "bob", "q", "uplink"]


def test_dot_draws_it(net):
    graph = net.tapctl("graph", "--stations").stdout
    done = subprocess.run(["dot", "-Tsvg"], input=graph, capture_output=True, text=True,
                          timeout=DEADLINE, check=True)
    assert done.stdout.count("<title>") > 8 and "office" in done.stdout
