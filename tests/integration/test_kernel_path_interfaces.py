# SPDX-License-Identifier: Apache-2.0
"""tapswitchd --kernel-path: interfaces that exist take part, and what others have set there holds."""

import contextlib
import json
import subprocess

import pytest

from by_path import ON, crossing_without_daemon, introduce, stopped
from frames import ALICE, BOB, Capture, frame, tag, transmit
from lab import wait_until
from test_interface_port import SIMULATOR, join_veth, port_of, veth
from test_veth import join

ADDRESSES = {"alice": "10.0.0.1", "bob": "10.0.0.2", "carol": "10.0.0.3"}
NEARLY_A_ROUND = 30  # seconds, in which the daemon has looked at each interface


def reason_of(lab, name):
    return port_of(lab, name)["kernel_path"].get("reason", "")


def test_known_unicast_between_interfaces_and_veths_does_not_come_by_the_daemon(path_lab):
    lab = path_lab
    for name in ("alice", "bob"):
        join_veth(lab, name, f"{ADDRESSES[name]}/24")
    join(lab, "carol")
    pairs = [(one, other) for one in ADDRESSES for other in ADDRESSES if one != other]
    assert all(port_of(lab, name)["kernel_path"] == ON for name in ADDRESSES)
    assert all(lab.ping(one, ADDRESSES[other]) for one, other in pairs)
    with stopped(lab):
        assert all(lab.ping(one, ADDRESSES[other]) for one, other in pairs)


def test_tags_are_put_on_and_taken_off(path_lab):
    lab = path_lab
    trunk = {"mode": "trunk", "native": None, "allowed": "10,20"}
    for name, vlan in (("alice", {"mode": "access", "pvid": 10}), ("bob", trunk)):
        veth(lab, name)
        lab.call("port.add", {"name": name, "type": "interface", "interface": f"to-{name}",
                              "vlan": vlan})
    introduce(lab, {"alice": (ALICE, []), "bob": (BOB, [10])})
    assert crossing_without_daemon(lab, "alice", [frame(ALICE, BOB)], "bob") == \
        [frame(ALICE, BOB, 10)]
    sent = [frame(BOB, ALICE, tag(10, priority=5)), frame(BOB, ALICE, 10, 77)]
    assert crossing_without_daemon(lab, "bob", sent, "alice") == \
        [frame(BOB, ALICE), frame(BOB, ALICE, 77)]


def test_machines_reach_each_other(path_lab):
    """Those whose monitors have opened their TAPs: the host's side of these are the ports."""
    lab = path_lab
    with contextlib.ExitStack() as stack:
        simulator = stack.enter_context(subprocess.Popen(
            lab.command_in("switch", "/usr/bin/python3", "-c", SIMULATOR, "sim0"),
            stdout=subprocess.PIPE, text=True))
        stack.callback(simulator.kill)
        assert simulator.stdout.readline() == "ready\n"
        lab.exec("switch", "ip", "link", "set", "sim0", "up")
        lab.call("port.add", {"name": "sim0", "type": "interface"})
        join_veth(lab, "alice", "10.0.0.1/24")
        wait_until(lambda: port_of(lab, "sim0")["kernel_path"] == ON, "it is on the path")
        introduce(lab, {"alice": (ALICE, [])})
        lab.call("fdb.add", {"mac": BOB, "vlan": 1, "port": "sim0"})
        with stopped(lab), contextlib.closing(Capture(lab, "alice")) as capture:
            transmit(lab, "alice", *[frame(ALICE, BOB)] * 3)
            assert capture.arrived().count(frame(BOB, ALICE)) == 3, "it has answered each"


def test_interface_in_another_namespace_stays_off(path_lab):
    lab = path_lab
    veth(lab, "alice")
    lab.call("port.add", {"name": "alice", "type": "interface", "interface": "alice",
                          "namespace": lab.name_of("alice")})
    assert "another namespace" in reason_of(lab, "alice")


def test_interface_that_a_bridge_has_too_stays_off(path_lab):
    lab = path_lab
    lab.exec("switch", "ip", "link", "add", "br0", "type", "bridge")
    veth(lab, "alice")
    lab.exec("switch", "ip", "link", "set", "to-alice", "master", "br0")
    lab.call("port.add", {"name": "alice", "type": "interface", "interface": "to-alice"})
    assert "bridge" in reason_of(lab, "alice")
    lab.exec("switch", "ip", "link", "set", "to-alice", "nomaster")
    wait_until(lambda: port_of(lab, "alice")["kernel_path"] == ON, "it is on", NEARLY_A_ROUND)
    lab.exec("switch", "ip", "link", "set", "to-alice", "master", "br0")
    wait_until(lambda: "bridge" in reason_of(lab, "alice"), "it is off", NEARLY_A_ROUND)


def queued(lab, interface):
    """How many frames have left by the queueing discipline of an interface."""
    shown = lab.exec("switch", "tc", "-s", "-j", "qdisc", "show", "dev", interface, "root").stdout
    return json.loads(shown)[0]["packets"]


@pytest.mark.parametrize("near, attach", (("tsw-bob", join), ("to-bob", None)))
def test_queue_that_somebody_has_put_there_holds(path_lab, near, attach):
    lab = path_lab
    join(lab, "alice")
    if attach:
        attach(lab, "bob")
    else:
        join_veth(lab, "bob", "10.0.0.2/24")
    assert lab.ping("alice", "10.0.0.2")
    lab.exec("switch", "tc", "qdisc", "add", "dev", near, "root", "pfifo", "limit", "100")

    def takes_frames_of_the_path():
        with stopped(lab):
            before = queued(lab, near)
            return lab.ping("alice", "10.0.0.2") and queued(lab, near) > before

    wait_until(takes_frames_of_the_path, "frames of the path are queued", NEARLY_A_ROUND)
