# SPDX-License-Identifier: Apache-2.0
"""Paths of strangers that lead to a file system that does not answer cost nobody else anything."""

import contextlib
import json
import socket
import subprocess

import pytest

from hung_files import hung_file_system
from lab import state, wait_until
from rpc_client import RpcError
from vde_request import vde_request


@pytest.fixture
def lab_with_hung_files(empty_lab):
    """A lab of one worker; empty_lab.hung is the file system, which its daemon sees too."""
    with hung_file_system(empty_lab.directory / "hung") as empty_lab.hung:
        empty_lab.start("--workers", "1")
        empty_lab.join("alice", "10.0.0.1/24")
        empty_lab.join("bob", "10.0.0.2/24")
        yield empty_lab


def check_that_all_goes_on(lab):
    assert lab.ping("alice", "bob")
    assert lab.call("port.get", {"name": "alice"})["state"] == "up"


def add(lab, name, **far_end):
    lab.call("port.add", {"name": name, "type": "qemu", **far_end})


@pytest.mark.not_sanitized  # the search for leaks at the end waits for the thread that hangs
def test_path_that_a_port_connects_to(lab_with_hung_files):
    lab = lab_with_hung_files
    add(lab, "vm", connect=f"unix:{lab.hung}/vm.sock")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(lab.directory / "other.sock"))
        listener.listen()
        listener.settimeout(10)
        # Another port finds its machine meanwhile.
        add(lab, "other", connect=f"unix:{lab.directory}/other.sock")
        with listener.accept()[0]:
            wait_until(lambda: state(lab, "other") == "up", "the other port has its peer")
            check_that_all_goes_on(lab)
    assert state(lab, "vm") == "no_carrier"
    lab.call("port.remove", {"name": "vm"})
    lab.stop()


@pytest.mark.not_sanitized  # the search for leaks at the end waits for the thread that hangs
@pytest.mark.parametrize("far_end", [
    {"listen": "unix:{hung}/vm.sock"},
    {"datagram": {"local": "{hung}/vm.sock", "remote": "{directory}/far.sock"}}],
    ids=["listen", "datagram"])
def test_path_at_which_a_port_is_to_be_found(lab_with_hung_files, far_end):
    lab = lab_with_hung_files
    far_end = json.loads(json.dumps(far_end).replace("{hung}", str(lab.hung))
                         .replace("{directory}", str(lab.directory)))
    for _ in range(3):
        with pytest.raises(RpcError, match="the file system does not answer"):
            add(lab, "vm", **far_end)
        check_that_all_goes_on(lab)
    assert len(lab.call("port.list")["ports"]) == 2
    add(lab, "vm", listen=f"unix:{lab.directory}/vm.sock")
    lab.stop()


@pytest.mark.not_sanitized  # the search for leaks at the end waits for the thread that hangs
def test_path_that_a_port_sends_to(lab_with_hung_files):
    lab = lab_with_hung_files
    local = lab.directory / "vm.sock"
    add(lab, "vm", datagram={"local": str(local), "remote": f"{lab.hung}/far.sock"})
    check_that_all_goes_on(lab)
    assert state(lab, "vm") == "no_carrier"
    lab.call("port.remove", {"name": "vm"})
    assert not local.exists()
    check_that_all_goes_on(lab)
    lab.stop()


@pytest.mark.not_sanitized  # the search for leaks at the end waits for the thread that hangs
def test_file_system_that_stops_answering_while_frames_are_sent_there(lab_with_hung_files):
    lab = lab_with_hung_files
    place = lab.directory / "later"
    place.mkdir()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as machine:
        machine.bind(str(place / "far.sock"))
        add(lab, "vm", datagram={"local": str(lab.directory / "vm.sock"),
                                 "remote": str(place / "far.sock")})
        wait_until(lambda: state(lab, "vm") == "up", "the machine is found")
        with hung_file_system(place):
            for address in ("10.0.0.77", "10.0.0.78"):
                # The machine, which has its socket open, gets what is sent to everybody.
                lab.exec("alice", "ping", "-c", 1, "-W", 1, address, check=False)
                machine.settimeout(10)
                while socket.inet_aton(address) not in machine.recv(2000):
                    pass
                check_that_all_goes_on(lab)
            lab.stop()


def test_path_of_a_vde_client(lab_with_hung_files):
    lab = lab_with_hung_files
    place = lab.directory / "vde"
    lab.call("port.add", {"name": "lan", "type": "vde", "directory": str(place),
                          "socket_mode": "0666"})
    lab.directory.chmod(0o755)
    with contextlib.ExitStack() as clients:
        waiting = [clients.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(4)]
        for client in waiting:
            client.settimeout(30)
            client.connect(str(place / "ctl"))
            client.sendall(vde_request(lab.hung / "socket"))
        check_that_all_goes_on(lab)
        # Another user's client comes in meanwhile.
        with subprocess.Popen(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
                               "vde_plug", str(place)],
                              stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as other:
            wait_until(lambda: any(port.get("door") == "lan"
                                   for port in lab.call("port.list")["ports"]), "it is in")
            other.terminate()
        for client in waiting:
            assert client.recv(1) == b"", "it is hung up on"
        check_that_all_goes_on(lab)
    assert "bug" not in lab.log()
