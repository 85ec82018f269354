# SPDX-License-Identifier: Apache-2.0
"""User-mode Linux on the switch, as docs/peers/user-mode-linux.md says: by VDE, and by raw packet
sockets on the far ends of veths. One machine has a card of each kind, for it takes seconds to boot."""

import subprocess
import time

import pytest

from lab import die_with_the_test
from machine import UserModeLinux

KILOBYTES = 256

SERVE = """
import socket
with socket.create_server(("0.0.0.0", 8000)) as server:
    print("ready", flush=True)
    while True:
        connection, _ = server.accept()
        with connection:
            connection.sendall(bytes(%d << 10))
""" % KILOBYTES

RAW = "transport=raw,depth=128,ifname"


@pytest.fixture
def host(lab):
    """A lab with the station 'host', 10.0.N.1 for each card N, which gives who connects some data."""
    lab.join("host", "10.0.0.1/24")
    for net in (1, 2):
        lab.exec("host", "ip", "address", "add", f"10.0.{net}.1/24", "dev", "host")
    with subprocess.Popen(lab.command_in("host", "python3", "-c", SERVE), stdout=subprocess.PIPE,
                          preexec_fn=die_with_the_test, text=True) as server:
        assert server.stdout.readline() == "ready\n"
        yield lab
        server.kill()


def seconds_of_a_stream(machine, net):
    """How long it takes until all has come to its card in that network."""
    assert machine.run(f"ping -c 2 -W 10 10.0.{net}.1"), machine.console
    began = time.monotonic()
    assert machine.run(f"test $(nc 10.0.{net}.1 8000 </dev/null | wc -c) -eq {KILOBYTES << 10}"), \
        machine.console
    return time.monotonic() - began


def test_by_vde_by_raw_with_gro_and_by_raw_without(host):
    place = host.directory / "vde"
    host.call("port.add", {"name": "lan", "type": "vde", "directory": str(place)})
    for number in (0, 1):
        host.call("port.add", {"name": f"uml{number}", "type": "veth",
                               "interface": f"uml{number}"})
    addresses = (f"vm.run=ip+address+add+10.0.{net}.2/24+dev+{card};ip+link+set+{card}+up"
                 for net, card in ((1, "vec0"), (2, "vec1")))
    with UserModeLinux(host, "uml", f"eth0=vde,{place}", "vm.eth0=10.0.0.2/24",
                       f"vec0:{RAW}=uml0,gro=1", f"vec1:{RAW}=uml1", *addresses) as machine:
        machine.wait_until_ready()
        seconds_of_a_stream(machine, 0)
        seconds_of_a_stream(machine, 1)
        assert "GRO disabled" not in machine.console
        # Each super-frame is lost, until TCP sends less.
        slow = seconds_of_a_stream(machine, 2)
        assert "Incoming GSO frames and GRO disabled" in machine.console
        host.call("port.set", {"name": "uml1", "offload": False})
        assert seconds_of_a_stream(machine, 2) < slow / 3
