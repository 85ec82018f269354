# SPDX-License-Identifier: Apache-2.0
"""A port with several queues, each received by a worker of its own."""

import subprocess
from pathlib import Path

import pytest

from lab import wait_until
from rpc_client import RpcError
from test_offloads import sent_and_received

FLOWS = 16
ROUNDS = 2000

# Sends numbered datagrams on many flows; each is answered, so that both directions are busy.
ECHO = """
import socket
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.setsockopt(socket.SOL_SOCKET, 33, 1 << 26)
server.bind(("10.0.0.2", 5001))
print("ready", flush=True)
while True:
    data, peer = server.recvfrom(2048)
    server.sendto(data, peer)
"""
NUMBERED = """
import select, socket, sys
flows, rounds = int(sys.argv[1]), int(sys.argv[2])
sockets = []
for _ in range(flows):
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.setsockopt(socket.SOL_SOCKET, 33, 1 << 24)
    one.connect(("10.0.0.2", 5001))
    one.setblocking(False)
    sockets.append(one)
last, answers, overtaken = dict.fromkeys(sockets, -1), 0, 0
def drain(seconds):
    global answers, overtaken
    while ready := select.select(sockets, [], [], seconds)[0]:
        for one in ready:
            number = int.from_bytes(one.recv(2048)[:4], "big")
            overtaken += number < last[one]
            last[one] = max(last[one], number)
            answers += 1
for number in range(rounds):
    for one in sockets:
        one.send(number.to_bytes(4, "big") * 25)
    if number % 8 == 0:
        drain(0)
drain(0.5)
print(answers, overtaken)
"""

# Says something on many flows and waits for no answer.
SHOUT = """
import socket, sys
for flow in range(int(sys.argv[1])):
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for _ in range(500):
        one.sendto(b"x", ("10.0.0.2", 6000 + flow))
"""


@pytest.fixture(name="busy_lab")
def two_ports_with_two_queues(empty_lab):
    lab = empty_lab
    lab.start("--workers", "2")
    lab.join("alice", "10.0.0.1/24", queues=2)
    lab.join("bob", "10.0.0.2/24", queues=2)
    return lab


def test_streams_in_both_directions_arrive_whole(busy_lab):
    for source, to, address in (("alice", "bob", "10.0.0.2"), ("bob", "alice", "10.0.0.1")):
        sent, received = sent_and_received(busy_lab, source, to, address)
        assert sent == received


def test_no_frame_of_a_flow_overtakes_another(busy_lab):
    # Frames that wait for their neighbour's address are sent late, by the kernel itself.
    assert busy_lab.ping("alice", "bob")
    echo = subprocess.Popen(busy_lab.command_in("bob", "python3", "-c", ECHO),
                            stdout=subprocess.PIPE, text=True)
    try:
        assert echo.stdout.readline() == "ready\n"
        output = busy_lab.exec("alice", "python3", "-c", NUMBERED, FLOWS, ROUNDS, timeout=60).stdout
    finally:
        echo.kill()
        echo.wait()
    answers, overtaken = map(int, output.split())
    # Some are lost where queues are full, and that is no matter here.
    assert answers > FLOWS * ROUNDS / 10
    assert overtaken == 0


def test_each_worker_receives_its_share(busy_lab):
    def worker_ticks():
        """User and system time of each thread, in clock ticks."""
        tasks = Path(f"/proc/{busy_lab.daemon.pid}/task").iterdir()
        stats = [(task / "stat").read_text().rpartition(")")[2].split() for task in tasks]
        return sorted(int(fields[11]) + int(fields[12]) for fields in stats)

    def are_both_busy():
        busy_lab.exec("alice", "python3", "-c", SHOUT, FLOWS)
        return worker_ticks()[-2] > 0

    wait_until(are_both_busy, "a second thread has used time")


def test_port_tells_its_queues_and_more_than_there_are_workers_is_refused(busy_lab):
    assert busy_lab.call("port.get", {"name": "alice"})["queues"] == 2
    with pytest.raises(RpcError) as refused:
        busy_lab.call("port.add", {"name": "carol", "queues": 3})
    assert refused.value.data["field"] == "queues"
    assert refused.value.data["allowed"] == "1 to 2"
    assert not [tap for tap in busy_lab.taps() if tap[1] == "carol"]
    document = busy_lab.call("config.get")
    assert document["switches"]["sw0"]["ports"]["alice"]["queues"] == 2


def test_port_with_queues_is_moved_and_removed_under_traffic(busy_lab):
    flood = subprocess.Popen(busy_lab.command_in("alice", "ping", "-q", "-f", "10.0.0.2"),
                             stdout=subprocess.PIPE, text=True)
    try:
        for turn in range(50):
            busy_lab.call("port.set", {"name": "alice", "worker": turn % 2})
        busy_lab.call("port.remove", {"name": "bob"})
    finally:
        flood.terminate()
        flood.communicate()
    wait_until(lambda: not [tap for tap in busy_lab.taps() if tap[1] == "bob"], "bob's TAP is gone")
