# SPDX-License-Identifier: Apache-2.0
"""Clients of VDE come in by a door, each as a port of its own: vde_plug, dpipe, vde_plug2tap,
slirpvde and QEMU's -netdev vde, as Debian has them."""

import contextlib
import os
import signal
import socket
import subprocess
import time

import pytest

from lab import die_with_the_test, run, wait_until
from machine import Machine
from port_checks import assert_mistake
from rpc_client import RpcError
from test_qemu import FRAME, RUN_SECONDS


@pytest.fixture
def door(lab):
    """A lab with a port 'lan' of type vde, whose directory is lab.vde, and the station 'host'."""
    lab.join("host", "10.0.2.1/24")
    lab.vde = lab.directory / "vde"
    lab.call("port.add", {"name": "lan", "type": "vde", "directory": str(lab.vde)})
    return lab


def guests(lab):
    return {port["name"]: port for port in lab.call("port.list")["ports"] if "door" in port}


def wait_for_guests(lab, *names):
    return wait_until(lambda: set(found := guests(lab)) == set(names) and (found or True),
                      f"the guests are {names}")


class Client:
    """A program that comes in; ends with its 'with'."""

    def __init__(self, *command, **options):
        self.process = subprocess.Popen([str(word) for word in command],
                                        preexec_fn=_in_a_group, **options)

    def __enter__(self):
        return self.process

    def __exit__(self, *_):
        self.end(signal.SIGTERM)

    def end(self, how):
        if self.process.poll() is None:
            # dpipe and its programs are a group.
            os.killpg(self.process.pid, how)
        self.process.wait(10)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()


def _in_a_group():
    os.setpgid(0, 0)
    die_with_the_test()


@contextlib.contextmanager
def tap_client(lab, name, address):
    """A station in a namespace that comes in by vde_plug2tap."""
    lab.namespace(name)
    lab.exec(name, "ip", "tuntap", "add", "dev", "tap0", "mode", "tap")
    lab.exec(name, "ip", "address", "add", address, "dev", "tap0")
    lab.exec(name, "ip", "link", "set", "tap0", "up")
    with Client(*lab.command_in(name, "vde_plug2tap", "-s", lab.vde, "tap0"),
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL):
        yield
    # The TAP is none of the daemon's, which must leave none behind.
    lab.exec(name, "ip", "link", "del", "tap0")


def ping(lab, source, address):
    return lab.exec(source, "ping", "-n", "-c", 3, "-W", 10, address, check=False,
                    timeout=60).returncode == 0


def test_each_client_is_a_port_of_its_own_and_goes_when_it_goes(door):
    with tap_client(door, "alice", "10.0.2.2/24"):
        port = wait_for_guests(door, "lan.1")["lan.1"]
        assert (port["type"], port["door"], port["state"]) == ("vde", "lan", "up")
        assert ping(door, "host", "10.0.2.2")
        with tap_client(door, "bob", "10.0.2.3/24"):
            wait_for_guests(door, "lan.1", "lan.2")
            assert ping(door, "alice", "10.0.2.3")
            assert "lan.2" in door.call("stats.get", {})["ports"]
        wait_for_guests(door, "lan.1")
    wait_for_guests(door)
    assert door.call("port.get", {"name": "lan"})["state"] == "up"
    assert os.listdir(door.vde) == ["ctl"]


def test_directory_that_was_made_goes_with_its_port(door):
    assert door.vde.is_dir()
    with tap_client(door, "alice", "10.0.2.2/24"):
        wait_for_guests(door, "lan.1")
        door.call("port.remove", {"name": "lan"})
        assert not door.vde.exists()


def test_clients_have_the_rules_of_their_door(door):
    door.call("port.set", {"name": "lan", "vlan": {"mode": "access", "pvid": 10}})
    with tap_client(door, "alice", "10.0.2.2/24"):
        port = wait_for_guests(door, "lan.1")["lan.1"]
        assert port["vlan"]["pvid"] == 10
        assert not door.ping("host", "10.0.2.2")
        door.call("port.set", {"name": "host", "vlan": {"mode": "access", "pvid": 20}})
        door.call("port.set", {"name": "lan", "vlan": {"mode": "access", "pvid": 20}})
        assert guests(door)["lan.1"]["vlan"]["pvid"] == 20
        assert ping(door, "host", "10.0.2.2")
        with pytest.raises(RpcError) as refusal:
            door.call("port.set", {"name": "lan.1", "learning": False})
        assert (refusal.value.kind, refusal.value.data["object"]) == ("unsupported", "lan")


def test_wire_of_dpipe_joins_two_doors(door):
    second = door.directory / "second"
    door.call("switch.add", {"name": "sw1"})
    door.call("port.add", {"name": "far", "switch": "sw1", "type": "vde",
                           "directory": str(second)})
    door.join("station", "10.0.2.9/24", switch="sw1")
    with Client("dpipe", "vde_plug", door.vde, "=", "vde_plug", second):
        wait_for_guests(door, "lan.1", "far.1")
        assert ping(door, "host", "10.0.2.9")
    wait_for_guests(door)


def test_user_mode_network_of_slirpvde_answers(door):
    with Client("slirpvde", "-s", door.vde, "-n", "10.0.2.0/24", "-H", "10.0.2.200/24",
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL):
        wait_for_guests(door, "lan.1")
        assert ping(door, "host", "10.0.2.200")


def test_number_can_be_wished_for(door):
    with Client("vde_plug", f"{door.vde}[7]", stdin=subprocess.PIPE, stdout=subprocess.DEVNULL):
        wait_for_guests(door, "lan.7")
        # Another has it.
        with Client("vde_plug", f"{door.vde}[7]", stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as second:
            assert second.wait(10) != 0
        assert set(guests(door)) == {"lan.7"}


def test_machine_comes_in(door):
    with Machine("vm", "10.0.2.2/24", f"vde,id=n,sock={door.vde}") as vm:
        vm.wait_until_ready()
        wait_for_guests(door, "lan.1")
        assert vm.run("ping -c 3 -W 10 10.0.2.1"), vm.console
        assert ping(door, "host", "10.0.2.2")


def test_events_tell_of_clients(door):
    reader = door.client()
    reader.call("event.subscribe", {"topics": ["port"]})
    with Client("vde_plug", door.vde, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL):
        event = reader.read()["params"]
        assert (event["event"], event["data"]["name"], event["data"]["door"]) == \
            ("added", "lan.1", "lan")
    event = reader.read()["params"]
    assert (event["event"], event["data"]["name"]) == ("removed", "lan.1")


def test_clients_are_no_part_of_the_configuration(door):
    revision = door.call("system.info")["revision"]
    document = door.call("config.get", {"format": "minimal"})
    with Client("vde_plug", door.vde, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL):
        wait_for_guests(door, "lan.1")
        assert door.call("config.get", {"format": "minimal"}) == document
        assert door.call("system.info")["revision"] == revision
        assert door.call("config.diff", {"config": document})["plan"] == []
        with pytest.raises(RpcError) as refusal:
            door.call("fdb.add", {"mac": "02:00:00:00:00:01", "vlan": 1, "port": "lan.1"})
        assert refusal.value.data["field"] == "port"


def test_door_takes_its_clients_with_it(door):
    with Client("vde_plug", door.vde, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as client:
        wait_for_guests(door, "lan.1")
        door.call("port.remove", {"name": "lan"})
        assert guests(door) == {}
        client.wait(10)


def test_client_can_be_hung_up_on(door):
    with Client("vde_plug", door.vde, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as client:
        wait_for_guests(door, "lan.1")
        door.call("port.remove", {"name": "lan.1"})
        client.wait(10)
    assert guests(door) == {}


def test_strangers_and_clients_that_die_cost_nothing(door):
    """For a few seconds; TAPSWITCH_QEMU_CHURN_SECONDS=60 for longer."""
    def turn():
        with socket.socket(socket.AF_UNIX) as stranger:
            stranger.connect(str(door.vde / "ctl"))
            stranger.sendall(FRAME)
        clients = [Client("vde_plug", door.vde, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
                   for _ in range(8)]
        wait_until(lambda: len(guests(door)) == 8, "all are in")
        for client in clients:
            client.end(signal.SIGKILL)
        wait_for_guests(door)

    turn()
    descriptors, memory = door.daemon_descriptors(), door.daemon_memory()
    end = time.monotonic() + RUN_SECONDS
    while time.monotonic() < end:
        turn()
    # The first turn's may not all have been closed when they were counted.
    wait_until(lambda: door.daemon_descriptors() <= descriptors, "all descriptors are closed")
    assert door.daemon_memory() < memory + 4 * 1024
    # A client that is killed leaves its own socket there, with a dot.
    assert [name for name in os.listdir(door.vde) if name[0] != "."] == ["ctl"]


@pytest.mark.parametrize("params, field", [
    ({}, "directory"),
    ({"directory": "relative"}, "directory"),
    ({"directory": "/" + "x" * 100}, "directory"),
    ({"directory": "/tmp/vde", "name": "n" * 29}, "name"),
    ({"directory": "/tmp/vde", "group": "no-such-group"}, "group"),
    ({"directory": "/tmp/vde", "socket_mode": "rw"}, "socket_mode"),
])
def test_mistakes_are_told_by_their_field(module_lab, params, field):
    assert_mistake(module_lab, field, {"name": "lan", "type": "vde", **params})


def test_directory_is_for_whom_it_is_meant(lab):
    place = lab.directory / "vde"
    lab.call("port.add", {"name": "lan", "type": "vde", "directory": str(place),
                          "owner": "nobody", "group": "nogroup"})
    assert run("stat", "-c", "%U %G %a", place, place / "ctl").stdout.split("\n")[:2] == \
        ["nobody nogroup 770", "nobody nogroup 660"]
    with pytest.raises(RpcError) as refusal:
        lab.call("port.add", {"name": "again", "type": "vde", "directory": str(place)})
    assert refusal.value.kind == "already_exists"


def test_user_whom_the_mode_lets_in_comes_in(door):
    """And one more whom it does not let in does not."""
    for name, mode, is_let_in in (("open", "0666", True), ("closed", "0660", False)):
        place = door.directory / name
        door.call("port.add", {"name": name, "type": "vde", "directory": str(place),
                               "socket_mode": mode})
        door.directory.chmod(0o755)
        with Client("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "vde_plug", place,
                    stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL) as client:
            if is_let_in:
                wait_for_guests(door, f"{name}.1")
            else:
                assert client.wait(10) != 0
        wait_for_guests(door)


def refuse(lab, **params):
    with pytest.raises(RpcError) as refusal:
        lab.call("port.add", {"name": "lan", "type": "vde", **params})
    return refusal.value.kind


def test_port_that_is_refused_leaves_no_directory(lab):
    place = lab.directory / "vde"
    there = lab.directory / "there"
    lab.call("port.add", {"name": "lan", "type": "vde", "directory": str(there)})
    assert refuse(lab, directory=str(place)) == "already_exists"
    lab.call("port.remove", {"name": "lan"})
    assert refuse(lab, directory=str(place), group="no-such-group") == "invalid_params"
    assert refuse(lab, directory=str(place), worker=99) == "invalid_params"
    assert lab.call("port.add", {"name": "lan", "type": "vde", "directory": str(place),
                                 "dry_run": True})
    assert not place.exists()
