# SPDX-License-Identifier: Apache-2.0
"""A daemon without a descriptor to spare, or a thread: what cannot be looked at is as it was, and no
port is lost."""

import re
import resource
import subprocess
from pathlib import Path

import pytest

from lab import die_with_the_test, program, wait_until
from rpc_client import RpcError

# A sanitizer needs descriptors of its own to look at an object.
pytestmark = pytest.mark.not_sanitized


@pytest.fixture(name="stations")
def tap_and_veth(lab):
    lab.join("alice", "10.0.0.1/24")
    lab.join("bob", "10.0.0.2/24", type="veth")
    lab.call("port.add", {"name": "here", "type": "veth"})
    return lab


def states(lab):
    return {port["name"]: port["state"] for port in lab.call("port.list")["ports"]}


def test_port_that_is_changed_without_a_look_stays_up(stations):
    lab = stations
    client = lab.client()
    client.call("system.info")
    before = client.call("port.list")
    limits = resource.prlimit(lab.daemon.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(lab.daemon.pid, resource.RLIMIT_NOFILE, (5, limits[1]))
    for name in ("alice", "bob", "here"):
        client.call("port.set", {"name": name, "offload": False})
    assert {port["name"]: (port["state"], port["link"]) for port in
            client.call("port.list")["ports"]} == {
                port["name"]: (port["state"], port["link"]) for port in before["ports"]}
    with pytest.raises(RpcError) as refused:
        client.call("port.set", {"name": "bob", "up": False})
    assert "EMFILE" in str(refused.value.data), refused.value.data
    assert lab.ping("alice", "10.0.0.2")
    resource.prlimit(lab.daemon.pid, resource.RLIMIT_NOFILE, limits)
    lab.exec("bob", "ip", "link", "set", "bob", "down")
    wait_until(lambda: states(lab)["bob"] == "down", "it is heard of again")
    assert states(lab)["alice"] == states(lab)["here"] == "up"


def test_successor_that_cannot_look_gives_up(stations):
    lab = stations
    before = states(lab)
    gave_up = 0
    for limit in range(12, 64):
        successor = subprocess.Popen(
            lab.command_in("switch", "prlimit", f"--nofile={limit}:{limit}", program("TAPSWITCHD"),
                           "--socket", lab.socket, "--takeover"),
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=die_with_the_test)
        wait_until(lambda both=(successor, lab.daemon): any(one.poll() is not None for one in both),
                   "one of the two ends")
        if successor.poll() is None:
            lab.daemon = successor
            break
        assert successor.poll() == 1
        gave_up += 1
    assert lab.daemon is successor
    assert states(lab) == before, f"with {limit} descriptors"
    assert gave_up > 1


def test_socket_is_made_where_no_more_thread_can_be_had(lab):
    status = Path(f"/proc/{lab.daemon.pid}/status").read_text(encoding="ascii")
    size = int(re.search(r"VmSize:\s+(\d+) kB", status)[1]) << 10
    resource.prlimit(lab.daemon.pid, resource.RLIMIT_AS, (size + (1 << 20), resource.RLIM_INFINITY))
    lab.call("port.add", {"name": "vm", "type": "qemu", "listen": f"unix:{lab.directory}/vm.sock"})
    assert (lab.directory / "vm.sock").is_socket()
