# SPDX-License-Identifier: Apache-2.0
"""User-mode Linux on the switch, as docs/peers/user-mode-linux.md says: by VDE, and by a raw packet
socket on the far end of a veth."""

import subprocess
import time

import pytest

from lab import die_with_the_test
from machine import UserModeLinux

KILOBYTES = 256

SERVE = """
import socket
with socket.create_server(("10.0.0.1", 8000)) as server:
    print("ready", flush=True)
    while True:
        connection, _ = server.accept()
        with connection:
            connection.sendall(bytes(%d << 10))
""" % KILOBYTES


@pytest.fixture
def host(lab):
    """A lab with the station 'host', 10.0.0.1, which gives who connects some megabytes."""
    lab.join("host", "10.0.0.1/24")
    with subprocess.Popen(lab.command_in("host", "python3", "-c", SERVE), stdout=subprocess.PIPE,
                          preexec_fn=die_with_the_test, text=True) as server:
        assert server.stdout.readline() == "ready\n"
        yield lab
        server.kill()


def seconds_of_a_stream(machine):
    """How long it takes until all has come to it."""
    began = time.monotonic()
    assert machine.run(f"test $(nc 10.0.0.1 8000 </dev/null | wc -c) -eq {KILOBYTES << 10}"), \
        machine.console
    return time.monotonic() - began


def test_it_comes_in_by_vde(host):
    place = host.directory / "vde"
    host.call("port.add", {"name": "lan", "type": "vde", "directory": str(place)})
    with UserModeLinux(host, "uml", f"eth0=vde,{place}", "vm.eth0=10.0.0.2/24") as machine:
        machine.wait_until_ready()
        assert machine.run("ping -c 2 -W 10 10.0.0.1"), machine.console
        assert seconds_of_a_stream(machine)


RAW = "vec0:transport=raw,ifname=uml0,depth=128"
ADDRESS = "vm.run=ip+address+add+10.0.0.2/24+dev+vec0;ip+link+set+vec0+up"


def add_veth(lab):
    lab.call("port.add", {"name": "uml", "type": "veth", "interface": "uml0"})


def test_raw_with_gro_takes_super_frames(host):
    add_veth(host)
    with UserModeLinux(host, "uml", f"{RAW},gro=1", ADDRESS) as machine:
        machine.wait_until_ready()
        assert machine.run("ping -c 2 -W 10 10.0.0.1"), machine.console
        assert seconds_of_a_stream(machine)
        assert "GRO disabled" not in machine.console


def test_raw_without_gro_needs_a_port_without_offloads(host):
    """Where a stream stands still again and again: each super-frame is lost, until TCP sends less."""
    add_veth(host)
    with UserModeLinux(host, "uml", RAW, ADDRESS) as machine:
        machine.wait_until_ready()
        assert machine.run("ping -c 2 -W 10 10.0.0.1"), machine.console
        slow = seconds_of_a_stream(machine)
        assert "Incoming GSO frames and GRO disabled" in machine.console
        host.call("port.set", {"name": "uml", "offload": False})
        assert seconds_of_a_stream(machine) < slow / 3
