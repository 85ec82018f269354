# SPDX-License-Identifier: Apache-2.0
"""What a bad client can do on the control socket: cost itself its session, and nobody else more."""

import contextlib
import json
import os
import socket
import time

import pytest

from lab import wait_until
from rpc_client import RpcClient, RpcError

MEBIBYTE = 1 << 20
PARSE_ERROR = -32700


@pytest.mark.parametrize("line", [
    b"hello", b"{", b'{"a": 1, "a": 2}', b'"\xff"', b"[" * 40 + b"]" * 40, b"NaN", b'"\x01"',
    b'\xef\xbb\xbf{}', b"1e999", b'{"jsonrpc": "2.0"} x',
], ids=["text", "cut", "key twice", "no UTF-8", "40 levels", "NaN", "control character",
        "byte order mark", "too large a number", "text behind"])
def test_line_that_is_no_json_is_told_and_the_next_is_served(lab, line):
    client = lab.client()
    client.send_bytes(line + b"\n")
    error = client.read()["error"]
    assert error["code"] == PARSE_ERROR
    assert isinstance(error["data"]["offset"], int)
    assert client.call("port.list") == {"ports": []}


def test_line_over_the_limit_is_told_and_ends_its_session(lab):
    before = lab.daemon_memory()
    client = lab.client()
    with contextlib.suppress(OSError):  # the daemon closes the session after a moment
        for _ in range(64):
            client.send_bytes(b"x" * MEBIBYTE)
    reader = lab.client()
    reader.send_bytes(b"x" * (MEBIBYTE + 1))
    assert reader.read()["error"]["data"]["kind"] == "limit_reached"
    with pytest.raises(EOFError):
        reader.read()
    assert lab.call("port.list") == {"ports": []}
    assert lab.daemon_memory() - before < 16 * 1024


def test_longest_line_is_served(lab):
    client = lab.client()
    request = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "port.list", "params": {}}).encode()
    client.send_bytes(request + b" " * (MEBIBYTE - len(request)) + b"\n")
    assert client.read()["result"] == {"ports": []}


def test_silent_sessions_cost_little_and_hinder_nobody(lab):
    before = lab.daemon_memory()
    clients = [lab.client() for _ in range(255)]
    for client in clients:
        client.send_bytes(b'{"jsonrpc": "2.0", "me')
    assert lab.call("port.list") == {"ports": []}
    assert (lab.daemon_memory() - before) / len(clients) < 64


def test_crowd_at_the_read_only_socket_does_not_lock_the_operator_out(empty_lab):
    readonly = empty_lab.directory / "readonly.sock"
    empty_lab.start("--socket-readonly", readonly)
    clients = [RpcClient(readonly) for _ in range(300)]
    assert empty_lab.call("port.list") == {"ports": []}
    # A user has 64 sessions there; each beyond took the place of the idlest.
    assert clients[-1].call("port.list") == {"ports": []}
    assert clients[0].read()["error"]["data"]["kind"] == "limit_reached"
    for client in clients:
        client.close()


def test_operator_too_many_takes_the_place_of_the_idlest(lab):
    clients = [lab.client() for _ in range(256)]
    for client in clients:  # each is a session when it has been answered
        client.call("port.list")
    assert lab.call("port.list") == {"ports": []}
    assert clients[0].read()["error"]["data"]["kind"] == "limit_reached"
    with pytest.raises(EOFError):
        clients[0].read()
    assert clients[-1].call("port.list") == {"ports": []}


def test_dear_batches_of_readers_hold_up_no_operator(empty_lab):
    lab = empty_lab
    readonly = lab.directory / "readonly.sock"
    lab.start("--socket-readonly", readonly)
    for number in range(50):
        lab.call("port.add", {"name": f"p{number}"})
    frame = {"src": "02:00:00:00:00:01", "dst": "ff:ff:ff:ff:ff:ff"}
    batch = [{"jsonrpc": "2.0", "id": number, "method": "frame.trace",
              "params": {"port": "p0", "frame": frame}} for number in range(256)]
    readers = [RpcClient(readonly) for _ in range(30)]
    for reader in readers:
        reader.send(batch)
    waits = []
    with RpcClient(lab.socket) as operator:
        for _ in range(20):
            began = time.monotonic()
            operator.call("system.info")
            waits.append(time.monotonic() - began)
    # All the readers' work takes seconds; the operator waits for one request of it at most.
    assert sorted(waits)[len(waits) // 2] < 0.25, waits
    for reader in readers:
        reader.close()


def test_client_that_never_reads_is_made_to_wait(lab):
    before = lab.daemon_memory()
    client = socket.socket(socket.AF_UNIX)
    client.connect(str(lab.socket))
    client.settimeout(1)
    request = b'{"jsonrpc": "2.0", "id": 1, "method": "rpc.discover", "params": {}}\n'
    with pytest.raises(TimeoutError):
        for _ in range(10_000):
            client.sendall(request * 100)
    assert lab.call("port.list") == {"ports": []}
    assert lab.daemon_memory() - before < 32 * 1024
    client.close()


def test_half_closed_session_gets_its_answers(lab):
    client = lab.client()
    for number in range(100):
        client.send({"jsonrpc": "2.0", "id": number, "method": "system.info"})
    client.finish_sending()
    assert [client.read()["id"] for _ in range(100)] == list(range(100))
    with pytest.raises(EOFError):
        client.read()


def test_batches_are_answered_as_the_specification_says(lab):
    client = lab.client()
    client.send([])
    assert client.read()["error"]["code"] == -32600
    one = {"jsonrpc": "2.0", "id": "a", "method": "port.list"}
    client.send([one, {"jsonrpc": "2.0", "method": "port.list"}, 7])
    first, second = client.read()
    assert first == {"jsonrpc": "2.0", "id": "a", "result": {"ports": []}}
    assert (second["id"], second["error"]["code"]) == (None, -32600)
    client.send([{"jsonrpc": "2.0", "method": "port.list"}])  # notifications: no answer
    client.send([one] * 257)
    assert client.read()["error"]["data"]["kind"] == "limit_reached"


def test_unknown_method_is_told_with_what_was_meant(lab):
    with pytest.raises(RpcError) as refusal:
        lab.call("port.lst")
    assert refusal.value.code == -32601
    assert "port.list" in refusal.value.data["did_you_mean"]


def test_every_mistake_of_a_call_is_told_and_nothing_changes(lab):
    with pytest.raises(RpcError) as refusal:
        lab.call("port.add", {"name": "p", "mtu": 1, "vlan": {"mode": "access", "pvid": 5000},
                              "colour": "red"})
    assert refusal.value.kind == "invalid_params"
    fields = {problem["field"] for problem in refusal.value.data["problems"]}
    assert fields == {"mtu", "vlan.pvid", "colour"}
    assert lab.taps() == []


def test_client_that_dies_in_mid_call_leaves_the_daemon_well(lab):
    descriptors = f"/proc/{lab.daemon.pid}/fd"
    lab.call("system.info")
    before = len(os.listdir(descriptors))
    for _ in range(20):
        client = RpcClient(lab.socket)
        client.send_bytes(b'{"jsonrpc": "2.0", "id": 1, "method": "rpc.discover"}\n' * 4 + b"{")
        client.close()
    wait_until(lambda: len(os.listdir(descriptors)) <= before, "their descriptors are closed")
    assert lab.call("port.list") == {"ports": []}
