# SPDX-License-Identifier: Apache-2.0
"""Paths of strangers that lead to a file system that does not answer cost nobody else anything."""

import contextlib
import socket
import subprocess

import pytest

from hung_files import hung_file_system
from lab import wait_until
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
