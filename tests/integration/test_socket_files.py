# SPDX-License-Identifier: Apache-2.0
"""The files by which ports are found: what becomes of a port whose file somebody takes away."""

import json
import resource
import socket

import pytest

from lab import wait_until
from rpc_client import RpcError
from vde_request import vde_request


@pytest.fixture(params=["listen", "datagram", "vde"])
def port(request, lab):
    """A lab, the port 'x' of it, its file, and how it is while all is well."""
    place = lab.directory / "x"
    params, file, state = {
        "listen": ({"type": "qemu", "listen": f"unix:{place}"}, place, "no_carrier"),
        "datagram": ({"type": "qemu", "datagram": {"local": str(place),
                                                   "remote": f"{place}.far"}}, place, "no_carrier"),
        "vde": ({"type": "vde", "directory": str(place)}, place / "ctl", "up"),
    }[request.param]
    lab.call("port.add", {"name": "x", **params})
    return lab, file, state


def wait_for_state(lab, state):
    wait_until(lambda: lab.call("port.get", {"name": "x"})["state"] == state, f"x is {state}")


def wait_for_event(reader, state):
    while True:
        event = reader.read()["params"]["data"]
        if event["state"] == state:
            return


def test_port_whose_file_is_moved_away_is_down_until_it_comes_back(port):
    lab, file, state = port
    reader = lab.client()
    reader.call("event.subscribe", {"topics": ["port"]})
    wait_for_state(lab, state)
    away = file.with_name("away")
    file.rename(away)
    wait_for_event(reader, "down")
    assert lab.log().count(f"port 'x': its socket file '{file}' is gone") == 1
    away.rename(file)
    wait_for_event(reader, state)


def test_port_in_whose_place_another_listens_is_down_and_leaves_that_file(port):
    lab, file, _ = port
    file.unlink()
    with socket.socket(socket.AF_UNIX) as another:
        another.bind(str(file))
        wait_for_state(lab, "down")
        lab.call("port.remove", {"name": "x"})
        assert file.is_socket()
    # The name is free for another port.
    lab.call("port.add", {"name": "x", "type": "qemu", "listen": f"unix:{lab.directory}/y"})
    wait_for_state(lab, "no_carrier")


def test_machine_goes_on_whose_port_nobody_else_finds(lab):
    file = lab.directory / "x"
    lab.call("port.add", {"name": "x", "type": "qemu", "listen": f"unix:{file}"})
    with socket.socket(socket.AF_UNIX) as machine:
        machine.connect(str(file))
        wait_for_state(lab, "up")
        file.unlink()
        wait_until(lambda: "its socket file" in lab.log(), "it is told")
        assert lab.call("port.get", {"name": "x"})["state"] == "up"
    wait_for_state(lab, "down")


@pytest.mark.not_sanitized  # a sanitizer needs descriptors of its own to look at an object
@pytest.mark.parametrize("params", [
    {"type": "qemu", "listen": "unix:{place}"},
    {"type": "qemu", "datagram": {"local": "{place}", "remote": "{place}.far"}},
    {"type": "vde", "directory": "{place}"}], ids=["listen", "datagram", "vde"])
def test_port_for_which_descriptors_are_missing_leaves_nothing(lab, params):
    place = lab.directory / "x"
    params = json.loads(json.dumps(params).replace("{place}", str(place)))
    limits = resource.prlimit(lab.daemon.pid, resource.RLIMIT_NOFILE)
    client = lab.client()
    client.call("system.info")
    used, refused = lab.daemon_descriptors(), 0
    for more in range(40):
        resource.prlimit(lab.daemon.pid, resource.RLIMIT_NOFILE, (used + more, limits[1]))
        try:
            client.call("port.add", {"name": "x", **params})
        except RpcError:
            assert not place.exists(), f"with {more} descriptors"
            refused += 1
        else:
            break
    resource.prlimit(lab.daemon.pid, resource.RLIMIT_NOFILE, limits)
    assert refused > 1
    client.call("port.remove", {"name": "x"})
    assert not place.exists()


def test_file_of_a_guest_that_is_gone_is_told(lab):
    place = lab.directory / "x"
    lab.call("port.add", {"name": "x", "type": "vde", "directory": str(place)})
    with socket.socket(socket.AF_UNIX) as control, \
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as own:
        own.bind(str(lab.directory / "own"))
        control.connect(str(place / "ctl"))
        control.sendall(vde_request(lab.directory / "own"))
        assert control.recv(200)
        (place / "001.FD").unlink()
        wait_until(lambda: f"port 'x.1': its socket file '{place}/001.FD' is gone" in lab.log(),
                   "it is told")
        assert lab.call("port.get", {"name": "x.1"})["state"] == "up"
        control.shutdown(socket.SHUT_RDWR)
        wait_until(lambda: len(lab.call("port.list")["ports"]) == 1, "the guest is gone")
    assert lab.log().count("its socket file") == 1


def test_control_socket_whose_file_is_gone_is_told(lab):
    with lab.client() as client:
        away = lab.socket.with_name("away")
        lab.socket.rename(away)
        told = f"the socket file '{lab.socket}' is gone"
        wait_until(lambda: told in lab.log(), "it is told")
        assert client.call("system.info")["version"]
        away.rename(lab.socket)
    assert lab.log().count(told) == 1
