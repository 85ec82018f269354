# SPDX-License-Identifier: Apache-2.0
"""tapswitchd --kernel-path: no frame overtakes one of its flow, however often the flow changes
between its worker and the path.

One station numbers its frames; the others look at the numbers. While nobody knows the station that
they are for they are flooded by the worker, and a bystander hears them too: by the holes in what it
has heard one knows how often they changed to the path.
"""

import contextlib
import json
import subprocess
import time

import pytest

from frames import ALICE, BOB, TEST_TYPE
from lab import DEADLINE, wait_until
from rpc_client import RpcClient
from test_veth import join

SECONDS = 4
LEAST_TURNS = 20

NUMBERED = """
import socket, sys
name, source, destination, kind = sys.argv[1:5]
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((name, 0))
head = bytes.fromhex(destination + source + kind)
number = 0
while True:
    number += 1
    try:
        s.send(head + number.to_bytes(8, "big") + bytes(50))
    except OSError:  # no room just now
        pass
"""

ANNOUNCES = """
import socket, sys, time
name, source, kind, pause = sys.argv[1:5]
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((name, 0))
while True:
    s.send(bytes.fromhex("ff" * 6 + source + kind) + bytes(60))
    time.sleep(float(pause))
"""

LISTENS = """
import json, select, socket, sys
name, source, kind = sys.argv[1:4]
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(int(kind, 16)))
s.setsockopt(socket.SOL_SOCKET, 33, 256 << 20)  # SO_RCVBUFFORCE
s.bind((name, int(kind, 16)))
source = bytes.fromhex(source)
print("listening", flush=True)
heard = last = holes = overtaken = 0
while True:
    ready = select.select([s, sys.stdin], [], [])[0]
    if s not in ready:
        break
    data, address = s.recvfrom(100)
    if data[6:12] != source or address[2] == socket.PACKET_OUTGOING:
        continue
    number = int.from_bytes(data[14:22], "big")
    heard += 1
    holes += number > last + 1
    overtaken += number <= last
    last = max(last, number)
print(json.dumps({"heard": heard, "holes": holes, "overtaken": overtaken}))
"""


def plain(mac):
    return mac.replace(":", "")


@contextlib.contextmanager
def running(lab, station, script, *words):
    process = subprocess.Popen(
        lab.command_in(station, "/usr/bin/python3", "-c", script, station, *words), text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def flush(call, turn):
    call("fdb.flush", {"switch": "sw0"})


def change_rules(call, turn):
    call("port.set", {"name": "carol", "isolated": turn % 2 == 0})
    flush(call, turn)


def change_vlan(call, turn):
    for name in ("alice", "bob", "carol"):
        call("port.set", {"name": name, "vlan": {"mode": "access", "pvid": 10 + turn % 2}})


def leave_path(call, turn):
    call("port.set", {"name": "alice", "kernel_path": turn % 2 == 0})


def numbered_stream(lab, announcing, pause, disturb):
    """What bob and carol have heard of numbered frames from alice to a station that was announced
    by some of them, while something disturbs."""
    kind = f"{TEST_TYPE:04x}"
    for name in ("alice", "bob", "carol"):
        join(lab, name)
    with contextlib.ExitStack() as stack:
        def start(station, script, *words):
            return stack.enter_context(running(lab, station, script, *words))

        listeners = [start(name, LISTENS, plain(ALICE), kind) for name in ("bob", "carol")]
        assert [each.stdout.readline() for each in listeners] == ["listening\n"] * 2
        for name in announcing:
            start(name, ANNOUNCES, plain(BOB), kind, pause)
        sender = start("alice", NUMBERED, plain(ALICE), plain(BOB), kind)
        disturb()
        sender.kill()
        for listener in listeners:
            listener.stdin.write("\n")
        return [json.loads(each.communicate(timeout=DEADLINE)[0]) for each in listeners]


@pytest.mark.parametrize("disturb, is_flooded", (
    (flush, True), (change_rules, True), (change_vlan, False), (leave_path, False)))
def test_no_frame_overtakes_another(path_lab, disturb, is_flooded):
    turns = 0

    def disturb_often():
        nonlocal turns
        end = time.monotonic() + SECONDS
        with RpcClient(path_lab.socket) as client:
            while time.monotonic() < end or turns < LEAST_TURNS:
                disturb(client.call, turns)
                turns += 1

    at_bob, at_carol = numbered_stream(path_lab, ["bob"], "0.001", disturb_often)
    assert at_bob["heard"] > 1000
    assert at_bob["overtaken"] == at_carol["overtaken"] == 0, (turns, at_bob, at_carol)
    if is_flooded:
        assert at_carol["holes"] >= LEAST_TURNS / 2, (turns, at_carol)
    print(f"{turns} turns, {at_bob}, {at_carol}")


def test_station_that_moves_to_and_fro_hears_all_in_order(path_lab):
    def wait_for_moves():
        wait_until(lambda: path_lab.call("stats.get")["switches"]["sw0"]["fdb_moved"] > 200,
                   "it has moved to and fro", deadline=60)

    for heard in numbered_stream(path_lab, ["bob", "carol"], "0.002", wait_for_moves):
        assert heard["heard"] > 100 and heard["overtaken"] == 0
