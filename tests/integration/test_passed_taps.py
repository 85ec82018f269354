# SPDX-License-Identifier: Apache-2.0
"""TAPs that another program has opened and passes over the control socket (SCM_RIGHTS)."""

import asyncio
import json
import os
import select
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from lab import IFF_NO_PI, IFF_TAP, IFF_TUN, program, run, wait_until
from rpc_client import RpcClient, RpcError

sys.path.append(str(Path(__file__).resolve().parents[2] / "tools/python"))

import tapswitch  # noqa: E402


@pytest.fixture(name="client")
def session(lab):
    with tapswitch.Client(str(lab.socket), timeout=10) as client:
        yield client


@pytest.fixture(name="tap")
def passed_tap(lab):
    """A TAP in namespace bob, as another program has opened it."""
    lab.namespace("bob")
    fd = lab.open_tap("bob", "vnet0")
    yield fd
    os.close(fd)


def test_tap_opened_in_a_namespace_becomes_a_port(lab, client, tap):
    lab.join("alice", "10.0.0.1/24")
    port = client.port_add(name="bob", fd=0, fds=[tap], addresses=["10.0.0.2/24"])
    assert port["passed"] and port["interface"] == "vnet0" and port["state"] == "up", port
    assert "checksum" in port["offloads"], port
    assert lab.ping("alice", "10.0.0.2")


def test_frames_of_a_tap_without_headers_cross_too(lab, client):
    lab.join("alice", "10.0.0.1/24")
    lab.namespace("bob")
    tap = lab.open_tap("bob", "vnet0", IFF_TAP | IFF_NO_PI)
    port = client.port_add(name="bob", fd=0, fds=[tap], addresses=["10.0.0.2/24"])
    os.close(tap)
    assert port["offloads"] == []
    assert lab.ping("alice", "10.0.0.2")
    # Nothing was learned from it about what this kernel's TAPs can do.
    assert client.system_info()["offloads"] != []


def can_be_told_not_to_wait(fd):
    try:
        os.preadv(fd, [bytearray(1)], -1, os.RWF_NOWAIT)
    except BlockingIOError:
        pass
    except OSError:
        return False
    return True


def test_holder_who_makes_the_tap_block_stops_nobody(lab, client, tap):
    """Descriptors that were passed on share their flags."""
    if not can_be_told_not_to_wait(tap):
        pytest.skip("before Linux 6.4 a TAP cannot be told not to wait")
    for station, address in (("alice", "10.0.0.1/24"), ("carol", "10.0.0.3/24")):
        lab.join(station, address)
    client.port_add(name="bob", fd=0, fds=[tap], addresses=["10.0.0.2/24"])
    os.set_blocking(tap, True)
    assert all(lab.ping("alice", "10.0.0.2") for _ in range(3))
    lab.take_over()
    assert lab.ping("bob", "10.0.0.1") and lab.ping("alice", "carol")
    assert os.get_blocking(tap)
    lab.call("port.remove", {"name": "bob"})
    assert lab.ping("alice", "carol")


def test_port_goes_and_the_tap_stays_with_whoever_passed_it(lab, client, tap):
    client.port_add(name="bob", fd=0, fds=[tap])
    client.port_remove(name="bob")
    assert (lab.name_of("bob"), "vnet0") in lab.taps()
    assert client.port_add(name="again", fd=0, fds=[tap])["interface"] == "vnet0"


def test_document_keeps_the_port_and_cannot_open_it(lab, client, tap):
    client.port_add(name="bob", fd=0, fds=[tap])
    document = client.config_get()
    assert document["switches"]["sw0"]["ports"]["bob"]["passed"] is True
    assert client.call("config.diff", {"config": document})["plan"] == []
    assert client.call("config.apply", {"config": document})["plan"] == []
    client.port_remove(name="bob")
    with pytest.raises(tapswitch.Refused) as refused:
        client.call("config.apply", {"config": document})
    assert refused.value.data["field"] == "passed", refused.value.data


def test_apply_that_fails_leaves_the_port_as_it_was(lab, client, tap):
    lab.join("alice", "10.0.0.1/24")
    client.port_add(name="bob", fd=0, fds=[tap], addresses=["10.0.0.2/24"])
    document = client.config_get()
    document["switches"]["sw0"]["ports"]["bob"] = {"type": "tap", "namespace": "there-is-none"}
    with pytest.raises(tapswitch.Refused):
        client.call("config.apply", {"config": document})
    assert client.port_get(name="bob")["passed"]
    assert lab.ping("alice", "10.0.0.2")


def test_start_leaves_out_what_nobody_passed(empty_lab):
    file = empty_lab.directory / "lab.json"
    file.write_text(json.dumps({"version": 1, "switches": {"sw0": {
        "ports": {"here": {}, "bob": {"interface": "vnet0", "passed": True}},
        "fdb": {"static": [{"mac": "02:00:00:00:00:01", "vlan": 1, "port": "bob"}]}}}}))
    empty_lab.start("--config", file)
    assert [port["name"] for port in empty_lab.call("port.list")["ports"]] == ["here"]
    assert "port bob is left out" in empty_lab.log()


def test_same_tap_cannot_be_two_ports(lab, client, tap):
    client.port_add(name="bob", fd=0, fds=[tap])
    with pytest.raises(tapswitch.Refused) as refused:
        client.port_add(name="again", fd=0, fds=[tap])
    assert refused.value.kind == "already_exists"
    assert refused.value.data["port"] == "bob"


def test_dry_run_takes_nothing(lab, client, tap):
    answer = client.call("port.add", {"name": "bob", "fd": 0, "dry_run": True}, fds=[tap])
    assert answer == {"plan": ["+ port bob"]}
    assert client.port_list()["ports"] == []


def test_batch_of_refused_dry_and_real_finds_its_descriptor(lab, tap):
    params = {"name": "bob", "fd": 0}
    batch = [{"jsonrpc": "2.0", "id": number, "method": "port.add", "params": each}
             for number, each in enumerate([{**params, "interface": "vnet0"},
                                            {**params, "switch": "none"},
                                            {**params, "dry_run": True}, params])]
    with socket.socket(socket.AF_UNIX) as session, session.makefile("rb") as lines:
        session.connect(str(lab.socket))
        socket.send_fds(session, [json.dumps(batch).encode() + b"\n"], [tap])
        answers = json.loads(lines.readline())
    assert ["error" in answer for answer in answers] == [True, True, False, False], answers
    assert answers[3]["result"]["passed"]


def not_taps(lab):
    """Descriptors that are no TAP for a port: (descriptor, what the daemon says of it)."""
    yield os.open(lab.directory / "file", os.O_RDWR | os.O_CREAT), "a regular file"
    yield os.open(lab.directory, os.O_RDONLY), "a directory"
    yield os.pipe()[0], "a pipe"
    yield socket.socket().detach(), "a socket"
    with select.epoll() as epoll:
        yield os.dup(epoll.fileno()), "an epoll instance"
    yield os.open("/dev/null", os.O_RDWR), "a device, and no TAP"
    yield os.open("/dev/net/tun", os.O_RDWR), "has no interface"
    yield lab.open_tap("switch", "tun0", IFF_TUN | IFF_NO_PI), "the TUN 'tun0'"
    yield lab.open_tap("switch", "tap0", IFF_TAP), "IFF_NO_PI"


def test_what_is_no_tap_is_refused_by_what_it_is(lab, client):
    before = lab.daemon_descriptors()
    for fd, what in not_taps(lab):
        with pytest.raises(tapswitch.Refused) as refused:
            client.port_add(name="bob", fd=0, fds=[fd])
        os.close(fd)
        assert refused.value.kind == "invalid_params"
        assert refused.value.data["field"] == "fd"
        assert what in refused.value.data["problem"], refused.value.data
    assert client.port_list()["ports"] == []
    wait_until(lambda: lab.daemon_descriptors() == before, "the daemon has closed what came")


def test_tap_whose_interface_is_gone_is_refused(lab, client, tap):
    run("ip", "-n", lab.name_of("bob"), "link", "del", "vnet0")
    with pytest.raises(tapswitch.Refused) as refused:
        client.port_add(name="bob", fd=0, fds=[tap])
    assert "has no interface" in refused.value.data["problem"]


@pytest.mark.parametrize("fds, fd, kind", [
    (0, 0, "invalid_params"), (1, 1, "invalid_params"), (1, 16, "invalid_params"),
    (17, 0, "limit_reached")])
def test_descriptor_that_did_not_come_is_refused(lab, client, tap, fds, fd, kind):
    with pytest.raises(tapswitch.Refused) as refused:
        client.port_add(name="bob", fd=fd, fds=[tap] * fds)
    assert refused.value.kind == kind
    assert refused.value.data["field"] == "fd"
    assert client.port_list()["ports"] == []


@pytest.mark.parametrize("said", [{"interface": "other"}, {"namespace": "bob"}, {"queues": 1}])
def test_what_the_descriptor_tells_is_not_to_be_said(lab, client, tap, said):
    with pytest.raises(tapswitch.Refused) as refused:
        client.port_add(name="bob", fd=0, fds=[tap], **said)
    assert refused.value.data["field"] in said


def test_requests_of_a_batch_share_what_came(lab, tap):
    lab.namespace("carol")
    other = lab.open_tap("carol", "vnet0")
    batch = [{"jsonrpc": "2.0", "id": fd, "method": "port.add",
              "params": {"name": f"port{fd}", "fd": fd}} for fd in (0, 1)]
    batch.append({**batch[0], "id": 2, "params": {"name": "third", "fd": 0}})
    with socket.socket(socket.AF_UNIX) as session, session.makefile("rb") as lines:
        session.connect(str(lab.socket))
        socket.send_fds(session, [json.dumps(batch).encode() + b"\n"], [tap, other])
        answers = json.loads(lines.readline())
    os.close(other)
    assert [answer.get("result", {}).get("name") for answer in answers] == \
        ["port0", "port1", None]
    assert "has taken" in answers[2]["error"]["data"]["problem"]


def test_thousand_passed_taps_leave_no_descriptor(lab, client, tap):
    client.port_add(name="bob", fd=0, fds=[tap])
    client.port_remove(name="bob")
    before = lab.daemon_descriptors()
    for i in range(1000):
        if i % 100 == 0:  # to close a port takes the kernel a while
            client.port_add(name="bob", fd=0, fds=[tap])
            client.port_remove(name="bob")
        else:
            with pytest.raises(tapswitch.Refused):
                client.port_add(name="bob", fd=1 + i % 15, fds=[tap])
    # A thread of its own closes what was refused.
    wait_until(lambda: lab.daemon_descriptors() == before, "the daemon has closed what came")


def test_client_that_dies_within_a_line_leaves_no_descriptor(lab, client, tap):
    before = lab.daemon_descriptors()
    for _ in range(100):
        with socket.socket(socket.AF_UNIX) as session:
            session.connect(str(lab.socket))
            socket.send_fds(session, [b'{"jsonrpc": "2.0", "method": "port'], [tap] * 16)
    wait_until(lambda: client.system_info() and lab.daemon_descriptors() == before,
               "the daemon has closed what came")


def test_read_only_socket_takes_none(empty_lab):
    path = empty_lab.directory / "read-only.sock"
    empty_lab.start("--socket-readonly", path)
    tap = empty_lab.open_tap("switch", "vnet0")
    with tapswitch.Client(str(path), timeout=10) as client:
        client.system_info()
        before = empty_lab.daemon_descriptors()
        with pytest.raises(tapswitch.Refused) as refused:
            client.port_add(name="bob", fd=0, fds=[tap])
        assert refused.value.kind == "read_only"
        assert empty_lab.daemon_descriptors() == before
    os.close(tap)


def open_tap_behind_a_closed_door(lab):
    """A TAP at bob's, with 10.0.0.2, whose namespace the daemon may not enter: it has CAP_NET_ADMIN alone,
    as the service has. Its own port "here" has 10.0.0.1."""
    lab.start("--port", "here", under=["setpriv", "--bounding-set=-sys_admin",
                                       "--inh-caps=-sys_admin"])
    lab.exec("switch", "ip", "address", "add", "10.0.0.1/24", "dev", "here")
    lab.namespace("bob")
    tap = lab.open_tap("bob", "vnet0")
    lab.exec("bob", "ip", "address", "add", "10.0.0.2/24", "dev", "vnet0")
    lab.exec("bob", "ip", "link", "set", "vnet0", "up")
    return tap


def test_tap_in_a_namespace_that_is_closed_to_the_daemon(empty_lab):
    tap = open_tap_behind_a_closed_door(empty_lab)
    with tapswitch.Client(str(empty_lab.socket), timeout=10) as client:
        with pytest.raises(tapswitch.Refused) as refused:
            client.port_add(name="bob", fd=0, fds=[tap], mtu=9000)
        assert refused.value.kind in ("permission_denied", "kernel_refused")
        port = client.port_add(name="bob", fd=0, fds=[tap])
        os.close(tap)
        assert port["state"] == "up" and port["link"]["interface"] == "vnet0", port
        assert empty_lab.ping("switch", "10.0.0.2")
        empty_lab.exec("bob", "ip", "link", "del", "vnet0")
        wait_until(lambda: client.port_get(name="bob")["state"] == "lost", "the port is lost")


def test_change_of_a_tap_behind_a_closed_door_leaves_its_mtu(empty_lab):
    tap = open_tap_behind_a_closed_door(empty_lab)
    with tapswitch.Client(str(empty_lab.socket), timeout=10) as client:
        client.port_add(name="bob", fd=0, fds=[tap])
        os.close(tap)
        assert empty_lab.ping("switch", "10.0.0.2")
        client.port_set(name="bob", owner="0")
        assert empty_lab.ping("switch", "10.0.0.2")
        with pytest.raises(tapswitch.Refused):
            client.port_set(name="bob", mtu=1400)
        assert empty_lab.ping("switch", "10.0.0.2")


def test_passed_tap_is_not_another_of_its_name(empty_lab):
    """The daemon may not ask where the interface is, and there is one of its name at home."""
    caps = "-net_admin,-sys_admin"
    empty_lab.start(under=["setpriv", f"--bounding-set={caps}", f"--inh-caps={caps}"])
    empty_lab.namespace("bob")
    abroad, at_home = (empty_lab.open_tap(place, "vnet0") for place in ("bob", "switch"))
    empty_lab.exec("switch", "ip", "link", "set", "vnet0", "mtu", "1400")
    empty_lab.exec("bob", "ip", "link", "set", "vnet0", "up")
    with tapswitch.Client(str(empty_lab.socket), timeout=10) as client:
        port = client.port_add(name="bob", fd=0, fds=[abroad])
        assert port["link"] == {"interface": "vnet0", "mac": None, "mtu": 0}, port
        assert port["state"] == "up", port
        port = client.port_add(name="here", fd=0, fds=[at_home])
        assert port["link"]["mtu"] == 1400 and port["state"] == "down", port
    for fd in (abroad, at_home):
        os.close(fd)


def test_asyncio_client_passes_a_tap(lab, tap):
    async def add():
        async with await tapswitch.AsyncClient.connect(str(lab.socket)) as client:
            info = client.system_info()
            port = await client.port_add(name="bob", fd=0, fds=[tap])
            return port, await info
    port, info = asyncio.run(add())
    assert port["interface"] == "vnet0" and info["limits"]["descriptors_per_line"] == 16


def test_tapctl_passes_a_descriptor_that_it_inherited(lab, tap):
    def tapctl(*words):
        return subprocess.run([program("TAPCTL"), "--socket", lab.socket, *words], check=False,
                              pass_fds=[tap], capture_output=True, text=True, timeout=10)
    assert "bob" in tapctl("port", "add", "bob", "--fd", str(tap)).stdout
    assert lab.call("port.get", {"name": "bob"})["passed"]
    closed = tapctl("port", "add", "carol", "--fd", "999")
    assert closed.returncode == 2 and "no descriptor 999" in closed.stderr


def test_fd_without_a_descriptor_is_refused_on_a_plain_session(lab):
    with RpcClient(lab.socket) as client, pytest.raises(RpcError) as refused:
        client.call("port.add", {"name": "bob", "fd": 0})
    assert refused.value.data["problem"] == "no descriptor came with this line"
