# SPDX-License-Identifier: Apache-2.0
"""Clients that die in the middle of every kind of call: before the request is whole, while it is
answered, before the answer is read, with their half closed. The calls are those of the daemon's own
table of methods: one that is added fails here until there are parameters for it."""

import json

import pytest

from lab import wait_until
from rpc_client import RpcClient

STATION = {"mac": "02:00:00:00:00:01", "vlan": 10}
DOCUMENT = {"version": 1, "switches": {"sw0": {"ports": {"extra": {}}}}}

# Parameters with which each method does what it is for. A change that can only be made once is
# refused the next time, which is a kind of call too.
PARAMS = {
    "system.info": {}, "rpc.discover": {}, "system.hand_over": {"fd": 0},
    "switch.add": {"name": "sw1"}, "switch.remove": {"name": "sw1", "force": True},
    "switch.list": {}, "switch.get": {"name": "sw0"},
    "switch.set": {"name": "sw0", "fdb": {"ageing_seconds": 200}},
    "port.add": {"name": "more"}, "port.remove": {"name": "more"}, "port.list": {},
    "port.get": {"name": "a"}, "port.set": {"name": "a", "mtu": 1400},
    "stp.get": {}, "vlan.list": {}, "vlan.set": {"vid": 10, "name": "office"},
    "fdb.list": {"switch": "sw0"}, "fdb.add": {**STATION, "port": "a"},
    "fdb.remove": {**STATION, "switch": "sw0"}, "fdb.flush": {"switch": "sw0"},
    "stats.get": {}, "stats.rates": {}, "frame.trace": {"port": "a", "frame": "00"},
    "config.get": {}, "config.diff": {"config": DOCUMENT},
    "config.apply": {"config": DOCUMENT, "mode": "merge"}, "config.save": {},
    "event.subscribe": {"snapshot": True, "topics": ["port", "fdb", "stats", "log"]},
    "mirror.add": {"name": "m", "to_port": "a"}, "mirror.list": {}, "mirror.remove": {"name": "m"},
    "sflow.set": {"collectors": ["127.0.0.1"]}, "sflow.get": {}, "sflow.clear": {},
    "capture.start": {"fd": 0}, "capture.list": {}, "capture.stop": {"capture": 1},
    "event.unsubscribe": {"subscription": 1}, "log.set": {"level": "info"}, "log.tail": {},
}
# Ends the daemon; test_daemon.py has its clients.
NOT_HERE = {"system.shutdown"}


def half_a_line(client, line):
    client.send_bytes(line[:len(line) // 2])


def a_whole_line(client, line):
    client.send_bytes(line)


def many_lines(client, line):
    client.send_bytes(line * 20)


def a_half_closed_session(client, line):
    client.send_bytes(line)
    client.finish_sending()


def an_answer_half_read(client, line):
    client.send_bytes(line)
    client.read_bytes(1)


def a_batch(client, line):
    client.send_bytes(b"[" + b",".join([line.strip()] * 5) + b"]\n")


DEATHS = (half_a_line, a_whole_line, many_lines, a_half_closed_session, an_answer_half_read,
          a_batch)


@pytest.mark.parametrize("death", DEATHS, ids=lambda death: death.__name__)
def test_client_that_dies_in_every_kind_of_call(empty_lab, death):
    lab = empty_lab
    lab.start("--config", lab.directory / "lab.json", "--autosave")
    lab.call("port.add", {"name": "a"})
    assert PARAMS.keys() | NOT_HERE == {each["name"]
                                        for each in lab.call("rpc.discover")["methods"]}
    with lab.client() as watcher:
        before = lab.daemon_descriptors()
        for method, params in PARAMS.items():
            request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
            with RpcClient(lab.socket) as client:
                death(client, json.dumps(request).encode() + b"\n")
            assert watcher.call("port.get", {"name": "a"})["name"] == "a", method
        ports = len(watcher.call("port.list")["ports"])
        # Each port more is a descriptor more.
        wait_until(lambda: lab.daemon_descriptors() == before + ports - 1,
                   "what belonged to them is closed")
    document = json.loads((lab.directory / "lab.json").read_text())
    running = lab.call("config.get")
    running.pop("revision")
    assert document == running
