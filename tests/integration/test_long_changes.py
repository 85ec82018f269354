# SPDX-License-Identifier: Apache-2.0
"""Changes that take long: others are answered meanwhile, and they come to their end whatever happens."""

import json
import signal
import socket
import time

PORTS = 400


def document(ports, **of_each):
    return {"version": 1, "switches": {"sw0": {"ports": {f"p{n}": of_each for n in range(ports)}}}}


def begin_apply(lab, config):
    """A session that has asked for an apply and reads nothing yet."""
    session = socket.socket(socket.AF_UNIX)
    session.connect(str(lab.socket))
    request = {"jsonrpc": "2.0", "id": 1, "method": "config.apply", "params": {"config": config}}
    session.sendall(json.dumps(request).encode() + b"\n")
    return session


def port_count(client):
    return client.call("system.info")["ports"]


def wait_until_under_way(client):
    while port_count(client) == 0:
        pass


def test_others_are_answered_in_the_midst_of_an_apply(lab):
    client = lab.client()
    before = client.call("config.get")
    with begin_apply(lab, document(PORTS)) as session:
        wait_until_under_way(client)
        answers = 0
        told = client.call("config.get")
        while port_count(client) < PORTS:
            assert told == before
            answers += 1
            told = client.call("config.get")
        assert answers > 0
        assert b'"result"' in session.recv(1 << 20)
    assert client.call("config.get")["revision"] == before["revision"] + 1


def test_another_change_waits_for_the_end_of_an_apply(lab):
    client = lab.client()
    with begin_apply(lab, document(PORTS)):
        wait_until_under_way(client)
        client.call("vlan.set", {"vid": 10, "name": "office"})
        assert port_count(client) == PORTS
    vlans = client.call("config.get")["switches"]["sw0"]["vlans"]
    assert vlans == {"10": {"name": "office"}}


def test_apply_comes_to_its_end_without_its_client(lab):
    client = lab.client()
    with begin_apply(lab, document(PORTS)):
        wait_until_under_way(client)
    deadline = time.monotonic() + 60
    while client.call("system.info")["revision"] < 2:
        assert time.monotonic() < deadline
    assert port_count(client) == PORTS


def test_end_of_the_daemon_waits_for_the_end_of_an_apply(lab):
    client = lab.client()
    with begin_apply(lab, document(PORTS)) as session:
        wait_until_under_way(client)
        lab.daemon.send_signal(signal.SIGTERM)
        reply = b""
        while part := session.recv(1 << 20):
            reply += part
    assert b'"result"' in reply
    assert lab.daemon.wait(60) == 0


def test_shutdown_waits_for_the_end_of_an_apply(lab):
    client = lab.client()
    with begin_apply(lab, document(PORTS)) as session:
        wait_until_under_way(client)
        client.call("system.shutdown")
        assert b'"result"' in session.recv(1 << 20)
    assert lab.daemon.wait(60) == 0
