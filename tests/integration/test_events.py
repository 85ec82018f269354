# SPDX-License-Identifier: Apache-2.0
"""Who subscribes is told of every change; who does not read costs nobody but itself."""

from lab import wait_until


def subscribe(client, *topics):
    return client.call("event.subscribe", {"topics": topics, "snapshot": True})["snapshot"]


def test_snapshot_and_events_together_are_what_the_lists_say(lab):
    reader = lab.client()
    lab.join("alice", "10.0.0.1/24")
    ports = {port["name"]: port for port in subscribe(reader, "port")["ports"]}
    lab.join("bob", "10.0.0.2/24")
    lab.exec("alice", "ip", "link", "set", "alice", "mtu", 1400)
    lab.exec("bob", "ip", "link", "set", "bob", "down")
    lab.call("port.set", {"name": "alice", "isolated": True})
    lab.join("carol", "10.0.0.3/24")
    lab.remove_namespace("bob")
    sequence, lost = 0, False
    while not lost:
        event = reader.read()["params"]
        sequence += 1
        assert event["sequence"] == sequence
        ports[event["data"]["name"]] = event["data"]
        lost = event["event"] == "lost"
    listed = {port["name"]: port for port in lab.call("port.list")["ports"]}
    for port in (*ports.values(), *listed.values()):
        del port["stations"]
    assert ports == listed


def test_each_line_of_the_log_is_an_event(lab):
    reader = lab.client()
    reader.call("event.subscribe", {"topics": ["log"]})
    lab.call("vlan.set", {"vid": 7, "name": "seven"})
    event = reader.read()["params"]
    assert (event["topic"], event["event"], event["data"]["level"]) == ("log", "line", "info")
    assert "vlan.set" in event["data"]["text"]


def change_and_hear(lab, count, now_and_then=lambda: None):
    """Makes 'count' changes; a subscriber that reads is told of each before the next is made."""
    reader, writer = lab.client(), lab.client()
    subscribe(reader, "vlan")
    for number in range(count):
        writer.call("vlan.set", {"vid": 7, "name": f"n{number:031}"})
        event = reader.read()["params"]
        assert (event["sequence"], event["data"]["name"]) == (number + 1, f"n{number:031}")
        if number % 250 == 0:
            now_and_then()


def subscribers(lab, count):
    clients = [lab.client() for _ in range(count)]
    for client in clients:
        client.call("event.subscribe", {"topics": ["vlan", "port", "fdb", "config"]})
    return clients


def test_clients_that_never_read_cost_nobody_else_anything(lab):
    lab.join("alice", "10.0.0.1/24")
    lab.join("bob", "10.0.0.2/24")
    before = lab.daemon_memory()
    deaf = subscribers(lab, 64)
    change_and_hear(lab, 3000)
    # 16 MiB of unsent events of one user, and as much again while blocks are on their way.
    assert lab.daemon_memory() - before < 48 * 1024
    assert lab.ping("alice", "bob")
    # Whoever takes nothing for 30 s although something waits for him is closed.
    wait_until(lambda: lab.daemon_descriptors() < 48, "deaf sessions are closed", deadline=60)
    for client in deaf:
        client.close()


def test_client_that_reads_too_little_is_told_what_is_missing(lab):
    slow = subscribers(lab, 1)[0]
    sequence, missing = 0, 0

    def hear_one():
        nonlocal sequence, missing
        event = slow.read()["params"]
        missing = event["data"]["count"] if event["event"] == "lost" else 0
        assert event["sequence"] == sequence + missing + 1
        sequence = event["sequence"]

    # The session would be closed if it took nothing at all for 30 s.
    change_and_hear(lab, 7000, hear_one)
    while not missing:
        hear_one()
