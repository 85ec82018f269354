# SPDX-License-Identifier: Apache-2.0
"""Ports whose device goes and comes again, with "reopen": true."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lab import program, run, wait_until
from rpc_client import RpcError

sys.path.append(str(Path(__file__).resolve().parents[2] / "tools/python"))

import tapswitch  # noqa: E402


def state_of(lab, name):
    return lab.call("port.get", {"name": name})["state"]


def becomes(lab, name, state):
    wait_until(lambda: state_of(lab, name) == state, f"{name} is {state}")


def counters_of(lab, name):
    return lab.call("stats.get", {"port": name})["ports"][name]


def link_del(lab, short, interface):
    run("ip", "-n", lab.name_of(short), "link", "del", interface)


def test_interface_that_was_deleted_is_made_again(lab):
    # Without an address of its own it would come again with another, and bob ask the old one.
    lab.call("port.add", {"name": "alice", "addresses": ["10.0.0.1/24"], "mtu": 1400,
                          "mac": "02:00:00:00:00:01", "reopen": True})
    lab.join("bob", "10.0.0.2/24")
    assert lab.ping("bob", "10.0.0.1")
    before = counters_of(lab, "alice")
    with tapswitch.Client(str(lab.socket), timeout=10) as client:
        client.event_subscribe(topics=["port"])
        link_del(lab, "switch", "alice")
        events = []
        for event in client.events():
            if event["data"]["name"] == "alice":
                events.append(event["event"])
            if events[-1:] == ["up"]:
                break
    assert "lost" in events, events
    assert lab.call("port.get", {"name": "alice"})["link"]["mtu"] == 1400
    assert lab.ping("bob", "10.0.0.1")
    after = counters_of(lab, "alice")
    assert after["in_octets"] > before["in_octets"] > 0, "its counters have begun anew"


def test_namespace_that_was_removed_and_made_again(lab):
    lab.join("alice", "10.0.0.1/24")
    lab.join("bob", "10.0.0.2/24", reopen=True)
    lab.remove_namespace("bob")
    becomes(lab, "bob", "lost")
    wait_until(lambda: "cannot be opened anew yet" in lab.log(), "the log says why it is not there")
    lab.namespace("bob")
    becomes(lab, "bob", "up")
    assert lab.ping("alice", "bob")
    assert lab.log().count("cannot be opened anew yet") == 1, lab.log()


def test_interface_of_another_port_is_not_opened_by_its_new_name(lab):
    for name in ("one", "two"):
        run("ip", "-n", lab.switch, "link", "add", name, "up", "type", "veth", "peer", "name",
            f"to-{name}")
        run("ip", "-n", lab.switch, "link", "set", f"to-{name}", "up")
        lab.call("port.add", {"name": name, "type": "interface", "reopen": True})
    link_del(lab, "switch", "one")
    becomes(lab, "one", "lost")
    run("ip", "-n", lab.switch, "link", "set", "two", "down")
    run("ip", "-n", lab.switch, "link", "set", "two", "name", "one")
    run("ip", "-n", lab.switch, "link", "set", "one", "up")
    wait_until(lambda: "port 'two' has the interface 'one' already" in lab.log(), "it is refused")
    becomes(lab, "two", "up")
    assert state_of(lab, "one") == "lost"


def test_interface_that_is_deleted_again_and_again(lab):
    lab.call("port.add", {"name": "alice", "reopen": True})
    descriptors = lab.daemon_descriptors()
    for _ in range(3):
        link_del(lab, "switch", "alice")
        wait_until(lambda: ("alice" in [tap for _, tap in lab.taps()]), "it is made again")
        becomes(lab, "alice", "up")
    wait_until(lambda: lab.daemon_descriptors() == descriptors, "no descriptor is left over")


def test_without_reopen_a_port_stays_lost_until_it_is_asked_for(lab):
    lab.call("port.add", {"name": "alice"})
    lab.call("port.add", {"name": "bob", "reopen": True})
    link_del(lab, "switch", "alice")
    link_del(lab, "switch", "bob")
    becomes(lab, "bob", "up")
    assert state_of(lab, "alice") == "lost"
    lab.call("port.set", {"name": "alice", "reopen": True})
    becomes(lab, "alice", "up")


def test_many_come_again(lab):
    lab.namespace("crowd")
    names = [f"port{number}" for number in range(40)]
    for name in names:
        lab.call("port.add", {"name": name, "namespace": lab.name_of("crowd"), "reopen": True})
    lab.remove_namespace("crowd")
    wait_until(lambda: len(lab.call("port.list", {"state": "lost"})["ports"]) == 40, "all are lost")
    lab.namespace("crowd")
    wait_until(lambda: not lab.call("port.list", {"state": "lost"})["ports"], "all are there",
               deadline=30.0)


def test_interface_that_comes_again_is_joined_again(lab):
    def make_veth():
        run("ip", "-n", lab.switch, "link", "add", "veth0", "type", "veth", "peer", "name", "veth1")
        run("ip", "-n", lab.switch, "link", "set", "veth0", "up")
        run("ip", "-n", lab.switch, "link", "set", "veth1", "up")
    make_veth()
    lab.call("port.add", {"name": "veth0", "type": "interface", "reopen": True})
    link_del(lab, "switch", "veth0")
    becomes(lab, "veth0", "lost")
    make_veth()
    becomes(lab, "veth0", "up")
    lab.call("port.set", {"name": "veth0", "reopen": False})
    assert lab.call("port.get", {"name": "veth0"})["reopen"] is False


def test_static_entries_and_settings_stay(lab):
    lab.call("port.add", {"name": "alice", "reopen": True, "isolated": True,
                          "vlan": {"mode": "access", "pvid": 10}})
    lab.call("fdb.add", {"mac": "02:00:00:00:00:01", "vlan": 10, "port": "alice"})
    before = lab.call("config.get")
    link_del(lab, "switch", "alice")
    wait_until(lambda: "lost" in state_of(lab, "alice") or
               "alice" in [tap for _, tap in lab.taps()], "it is gone")
    becomes(lab, "alice", "up")
    assert lab.call("config.get") == before
    assert lab.call("fdb.list", {"kind": "static"})["entries"][0]["port"] == "alice"


def test_passed_tap_cannot_be_opened_anew(lab):
    lab.call("port.add", {"name": "plain"})
    with pytest.raises(RpcError) as refused:
        lab.call("config.apply", {"mode": "merge", "config": {"version": 1, "switches": {"sw0": {
            "ports": {"bob": {"passed": True, "reopen": True}}}}}})
    assert "reopen" in json.dumps(refused.value.data), refused.value.data


def test_tapctl_says_it(lab):
    done = subprocess.run([program("TAPCTL"), "--socket", lab.socket, "port", "add", "alice",
                           "--reopen", "yes"], check=True, capture_output=True, timeout=10)
    assert done.returncode == 0
    assert lab.call("port.get", {"name": "alice"})["reopen"] is True
