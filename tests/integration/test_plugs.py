# SPDX-License-Identifier: Apache-2.0
"""Cables are unplugged and plugged in again: the far end has no carrier then, whatever it does."""

import contextlib
import ctypes
import fcntl
import json
import socket
import struct
import time

import pytest

from frames import ALICE, EVERYBODY, Capture, deliver, frame
from lab import DEADLINE, drops, run, state, wait_until
from rpc_client import RpcError
from test_interface_port import join_veth

IFF_UP = 1
SIOCSIFFLAGS, SIOCETHTOOL, ETHTOOL_GLINK = 0x8914, 0x8946, 0x0A


def has_carrier(lab, short, interface=None):
    """Whether the far end sees one. An interface that is down has none to show."""
    flags = json.loads(lab.exec(short, "ip", "-json", "link", "show", interface or short).stdout)
    return "LOWER_UP" in flags[0]["flags"]


def unplug(lab, port):
    return lab.call("port.set", {"name": port, "carrier": False})


def plug(lab, port):
    return lab.call("port.set", {"name": port, "carrier": True})


def test_unplugged_tap_has_no_carrier(pair):
    lines = pair.tapctl("port", "set", "bob", "--unplug").stdout
    assert "bob" in lines
    port = pair.call("port.get", {"name": "bob"})
    assert (port["state"], port["carrier"], port["up"]) == ("no_carrier", False, True)
    wait_until(lambda: not has_carrier(pair, "bob"), "bob has no carrier")
    assert port["stations"] == 0, "they were forgotten"
    assert not pair.ping("alice", "bob")
    assert drops(pair, "bob")["link_down"] > 0
    pair.tapctl("port", "set", "bob", "--plug")
    assert state(pair, "bob") == "up"
    wait_until(lambda: has_carrier(pair, "bob"), "bob has a carrier")
    wait_until(lambda: pair.ping("alice", "bob"), "bob is back")


def test_far_end_cannot_plug_itself_in(pair):
    unplug(pair, "bob")
    events = pair.client()
    events.call("event.subscribe", {"topics": ["port"]})
    pair.exec("bob", "ip", "link", "set", "bob", "down")
    pair.exec("bob", "ip", "link", "set", "bob", "up")
    pair.exec("bob", "ip", "link", "set", "bob", "carrier", "on")
    wait_until(lambda: not has_carrier(pair, "bob"), "it is taken away again")
    assert state(pair, "bob") == "no_carrier"
    # Frames of the moment between are not let in.
    assert not pair.ping("bob", "alice")
    assert not pair.ping("alice", "bob")
    assert not [entry for entry in pair.call("fdb.list")["entries"] if entry["port"] == "bob"]


def test_trace_tells_that_a_port_is_unplugged(pair):
    unplug(pair, "bob")
    question = {"src": ALICE, "dst": EVERYBODY}
    told = pair.call("frame.trace", {"port": "alice", "frame": question})
    assert told["dropped"] == [{"port": "bob", "reason": "link_down"}]
    told = pair.call("frame.trace", {"port": "bob", "frame": question})
    assert (told["outcome"], told["reason"]) == ("drop", "link_down")


def test_unplugged_stays_so_over_a_restart(lab):
    lab.join("alice", "10.0.0.1/24", carrier=False)
    assert state(lab, "alice") == "no_carrier" and not has_carrier(lab, "alice")
    document = lab.call("config.get")
    assert document["switches"]["sw0"]["ports"]["alice"]["carrier"] is False
    lab.stop()
    file = lab.directory / "config.json"
    file.write_text(json.dumps(document))
    lab.start("--config", file)
    assert state(lab, "alice") == "no_carrier" and not has_carrier(lab, "alice")
    document["switches"]["sw0"]["ports"]["alice"].pop("carrier")
    told = lab.call("config.apply", {"config": document})
    assert told["plan"] == [{"step": "~ carrier of alice: false -> true", "disturbs": True}]
    assert state(lab, "alice") == "up" and has_carrier(lab, "alice")


def test_unplugged_stays_so_over_a_takeover(pair):
    unplug(pair, "bob")
    pair.take_over()
    assert state(pair, "bob") == "no_carrier" and not has_carrier(pair, "bob")
    plug(pair, "bob")
    wait_until(lambda: pair.ping("alice", "bob"), "bob is back")


def test_unplugged_veth_takes_the_carrier_of_its_other_end(lab):
    join_veth(lab, "alice", "10.0.0.1/24")
    lab.join("bob", "10.0.0.2/24")
    assert lab.ping("alice", "bob")
    unplug(lab, "alice")
    wait_until(lambda: not has_carrier(lab, "alice"), "alice has no carrier")
    assert state(lab, "alice") == "no_carrier"
    lab.exec("alice", "ip", "link", "set", "alice", "down")
    lab.exec("alice", "ip", "link", "set", "alice", "up")
    assert not has_carrier(lab, "alice")
    plug(lab, "alice")
    wait_until(lambda: lab.ping("alice", "bob"), "alice is back")
    assert state(lab, "alice") == "up"


def test_interface_is_left_as_it_was(lab):
    join_veth(lab, "alice", "10.0.0.1/24")
    unplug(lab, "alice")
    lab.call("port.remove", {"name": "alice"})
    wait_until(lambda: has_carrier(lab, "alice"), "its cable is whole")
    # One that is down by its user stays down.
    lab.exec("switch", "ip", "link", "set", "to-alice", "down")
    lab.call("port.add", {"name": "alice", "type": "interface", "interface": "to-alice"})
    unplug(lab, "alice")
    plug(lab, "alice")
    assert state(lab, "alice") == "down"


def plugged_in(path):
    """A virtual machine at a stream socket."""
    machine = socket.socket(socket.AF_UNIX)
    machine.settimeout(5)
    machine.connect(str(path))
    return machine


def test_socket_of_a_virtual_machine_closes_while_unplugged(lab):
    lab.join("host", "10.0.0.1/24")
    path = lab.directory / "vm.sock"
    lab.call("port.add", {"name": "vm", "type": "qemu", "listen": f"unix:{path}"})
    with plugged_in(path) as machine:
        wait_until(lambda: state(lab, "vm") == "up", "the machine is there")
        port = unplug(lab, "vm")
        assert (port["state"], port["carrier"]) == ("no_carrier", False)
        assert machine.recv(1) == b"", "it is hung up on"
    assert not path.exists()
    assert drops(lab, "host") is not None
    deliver(lab, "host", [frame(ALICE, EVERYBODY)], [])
    assert drops(lab, "vm")["link_down"] == 1
    assert plug(lab, "vm")["state"] == "no_carrier", "nobody is there yet"
    with plugged_in(path) as machine:
        wait_until(lambda: state(lab, "vm") == "up", "the machine is there")
        with_capture = Capture(lab, "host")
        try:
            data = frame(ALICE, EVERYBODY)
            machine.sendall(struct.pack("!I", len(data)) + data)
            wait_until(lambda: data in with_capture.arrived(), "its frame arrives")
        finally:
            with_capture.close()


def test_port_that_cannot_be_plugged_in_stays_unplugged(lab):
    path = lab.directory / "vm.sock"
    lab.call("port.add", {"name": "vm", "type": "qemu", "listen": f"unix:{path}", "carrier": False})
    path.write_text("somebody's")
    before = lab.call("config.get")
    with pytest.raises(RpcError):
        lab.call("port.set", {"name": "vm", "carrier": True, "isolated": True})
    assert lab.call("config.get") == before
    assert state(lab, "vm") == "no_carrier"
    path.unlink()
    plug(lab, "vm")
    plugged_in(path).close()


def test_door_is_shut_while_unplugged(lab):
    door = lab.directory / "vde"
    lab.call("port.add", {"name": "lan", "type": "vde", "directory": str(door)})
    assert (door / "ctl").exists()
    unplug(lab, "lan")
    assert not door.exists()
    with pytest.raises(RpcError):
        lab.call("fdb.add", {"mac": ALICE, "vlan": 1, "port": "lan"})
    plug(lab, "lan")
    assert (door / "ctl").exists()


def test_patch_loses_its_carrier_at_the_other_end(lab):
    lab.call("switch.add", {"name": "sw1"})
    lab.call("port.add", {"name": "one", "switch": "sw0", "type": "patch", "peer": "other"})
    lab.call("port.add", {"name": "other", "switch": "sw1", "type": "patch", "peer": "one"})
    assert state(lab, "one") == state(lab, "other") == "up"
    unplug(lab, "one")
    assert state(lab, "one") == state(lab, "other") == "no_carrier"
    unplug(lab, "other")
    plug(lab, "one")
    assert state(lab, "one") == "no_carrier"
    plug(lab, "other")
    assert state(lab, "one") == state(lab, "other") == "up"


@pytest.fixture
def wire(lab):
    """A link of two TAPs, alice and bob."""
    lab.call("switch.add", {"name": "wire", "wire": True, "fdb": {"capacity": 1}})
    lab.join("alice", "10.0.0.1/24", switch="wire", learning=False)
    assert state(lab, "alice") == "no_carrier", "alone"
    lab.join("bob", "10.0.0.2/24", switch="wire", learning=False)
    wait_until(lambda: has_carrier(lab, "alice"), "both are there")
    wait_until(lambda: lab.ping("alice", "bob"), "they reach each other")
    return lab


# Each is done to bob, and then what makes it good again.
ENDS = {
    "down": (("link", "set", "bob", "down"), ("link", "set", "bob", "up")),
    "off": (("link", "set", "bob", "carrier", "off"), ("link", "set", "bob", "carrier", "on")),
}


@pytest.mark.parametrize("how", ENDS)
def test_carriers_of_a_wire_follow_each_other(wire, how):
    for _ in range(3):
        wire.exec("bob", "ip", *ENDS[how][0])
        wait_until(lambda: not has_carrier(wire, "alice"), "alice loses her carrier")
        assert state(wire, "alice") == "no_carrier"
        wire.exec("bob", "ip", *ENDS[how][1])
        wait_until(lambda: has_carrier(wire, "alice") and has_carrier(wire, "bob"), "both are back")
    wait_until(lambda: wire.ping("alice", "bob"), "they reach each other")


class Interface:
    """The interface of a station, which is named as the station, by ioctl(2): that takes no time."""

    def __init__(self, lab, short):
        self._name = short.encode()
        self._socket = lab.in_namespace(short, lambda: socket.socket(socket.AF_INET,
                                                                     socket.SOCK_DGRAM))

    def set_up(self, is_up):
        fcntl.ioctl(self._socket, SIOCSIFFLAGS, struct.pack("16sH22x", self._name, IFF_UP * is_up))

    def has_carrier(self):
        answer = ctypes.create_string_buffer(struct.pack("II", ETHTOOL_GLINK, 0))
        request = struct.pack("16sQ16x", self._name, ctypes.addressof(answer))
        fcntl.ioctl(self._socket, SIOCETHTOOL, request)
        return struct.unpack("II", answer.raw[:8])[1] != 0

    def close(self):
        self._socket.close()


def test_carrier_follows_within_ten_milliseconds(wire):
    """The quickest of some, for others may keep the processors busy meanwhile. It is asked for, for
    the kernel puts news of carriers off where there are many."""
    late = {False: [], True: []}
    with contextlib.closing(Interface(wire, "alice")) as alice, \
            contextlib.closing(Interface(wire, "bob")) as bob:
        for is_up in (False, True) * 5:
            began = time.monotonic()
            bob.set_up(is_up)
            while alice.has_carrier() != is_up:
                assert time.monotonic() < began + DEADLINE
            late[is_up].append(time.monotonic() - began)
    assert all(min(each) < 0.01 for each in late.values()), late


def test_unplugged_lost_or_removed_end_takes_the_carrier_of_the_other(wire):
    unplug(wire, "bob")
    wait_until(lambda: not has_carrier(wire, "alice"), "alice loses her carrier")
    wire.exec("alice", "ip", "link", "set", "alice", "carrier", "on")
    wait_until(lambda: not has_carrier(wire, "alice"), "it is taken away again")
    plug(wire, "bob")
    wait_until(lambda: has_carrier(wire, "alice"), "it is back")
    wire.take_over()
    wire.remove_namespace("bob")
    wait_until(lambda: not has_carrier(wire, "alice"), "bob is lost")
    wire.take_over()
    wire.call("port.remove", {"name": "bob"})
    assert not has_carrier(wire, "alice")
    wire.call("port.add", {"name": "bob", "switch": "wire"})
    wait_until(lambda: has_carrier(wire, "alice"), "another is there")


def test_wire_of_a_tap_and_a_machine(lab):
    path = lab.directory / "vm.sock"
    lab.call("switch.add", {"name": "wire", "wire": True})
    lab.join("alice", "10.0.0.1/24", switch="wire")
    lab.call("port.add", {"name": "vm", "switch": "wire", "type": "qemu", "listen": f"unix:{path}"})
    assert not has_carrier(lab, "alice")
    with plugged_in(path):
        wait_until(lambda: has_carrier(lab, "alice"), "the machine is there")
    wait_until(lambda: not has_carrier(lab, "alice"), "it is gone")


def test_switch_of_three_ports_is_no_wire(wire):
    wire.join("carol", "10.0.0.3/24", switch="wire")
    wire.exec("bob", "ip", "link", "set", "bob", "down")
    assert state(wire, "bob") == "down"
    assert state(wire, "alice") == "up" and has_carrier(wire, "alice")
    wire.call("port.remove", {"name": "carol"})
    wait_until(lambda: not has_carrier(wire, "alice"), "it is one again")
    wire.call("switch.set", {"name": "wire", "wire": False})
    wait_until(lambda: has_carrier(wire, "alice"), "it is none any more")


def ethtool_speed(lab, short):
    told = lab.exec(short, "ethtool", short).stdout
    return (next(line.split(":")[1].strip() for line in told.splitlines() if "Speed" in line),
            next(line.split(":")[1].strip() for line in told.splitlines() if "Duplex" in line))


def test_tap_is_as_fast_as_it_is_said_to_be(lab):
    lab.join("alice", "10.0.0.1/24")
    assert ethtool_speed(lab, "alice") == ("10000Mb/s", "Full")
    lab.join("bob", "10.0.0.2/24", speed=100, duplex="half")
    assert ethtool_speed(lab, "bob") == ("100Mb/s", "Half")
    assert lab.call("port.get", {"name": "bob"})["speed"] == 100
    lab.tapctl("port", "set", "bob", "--speed", "1000")
    assert ethtool_speed(lab, "bob") == ("1000Mb/s", "Half")
    assert has_carrier(lab, "bob")
    lab.call("port.set", {"name": "bob", "duplex": "full", "carrier": False})
    assert ethtool_speed(lab, "bob") == ("1000Mb/s", "Full")
    assert not has_carrier(lab, "bob")


def test_speed_of_an_adopted_tap_is_given_back(lab):
    namespace = lab.namespace("alice")
    run("ip", "-n", namespace, "tuntap", "add", "dev", "alice", "mode", "tap")
    lab.exec("alice", "ethtool", "-s", "alice", "speed", "2500", "duplex", "full")
    lab.call("port.add", {"name": "alice", "namespace": namespace})
    assert ethtool_speed(lab, "alice") == ("2500Mb/s", "Full"), "it is left as it is"
    with pytest.raises(RpcError):
        lab.call("port.set", {"name": "alice", "speed": 100, "addresses": ["10.0.0.1/24"],
                              "owner": "nobody-of-this-name"})
    assert ethtool_speed(lab, "alice") == ("2500Mb/s", "Full")
    lab.stop(persistent=("alice",))
