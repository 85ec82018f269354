# SPDX-License-Identifier: Apache-2.0
"""learning: how long after a station's first frame its frames are no longer flooded, while ten
thousand others are heard for the first time each second.

B is one station after the other, each with an address of its own. As soon as it has sent a frame A
sends it numbered ones, and a bystander of the switch looks which of them it hears too: those were
flooded. With a kernel path the next one goes by it, for nothing of its flow waits any more.
"""

import ctypes
import os
import random
import socket
import statistics
import time

from benchmark.lab import CLONE_NEWNET, BenchError, Lab
from benchmark.peers import Station, TapswitchKernelPath, TapswitchVeth

STATIONS = 100
FRAMES = 100
GAP = 100e-6  # seconds between A's frames
NEWCOMERS = 10_000  # a second
TYPE = bytes.fromhex("88b5")
EVERYBODY = b"\xff" * 6

CROWD = """
import os, random, socket, sys, time
name, rate = sys.argv[1], int(sys.argv[2])
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((name, 0))
print("ready", flush=True)
began, sent = time.monotonic(), 0
while True:
    due = int((time.monotonic() - began) * rate)
    for _ in range(due - sent):
        s.send(b"\\xff" * 6 + bytes([0x06]) + random.randbytes(5) + b"\\x88\\xb6" + bytes(46))
    sent = due
    time.sleep(0.001)
"""

_libc = ctypes.CDLL(None, use_errno=True)


def socket_in(namespace, interface):
    """A packet socket on an interface elsewhere; this process stays where it is."""
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    there = os.open(namespace.path, os.O_RDONLY)
    try:
        if _libc.setns(there, CLONE_NEWNET) != 0:
            raise BenchError(f"setns: {os.strerror(ctypes.get_errno())}")
        try:
            opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x88b5))
            opened.bind((interface, 0x88b5))
            opened.setblocking(False)
            return opened
        finally:
            _libc.setns(home, CLONE_NEWNET)
    finally:
        os.close(home)
        os.close(there)


class WithBystanders:
    """A switch with two stations more: a bystander, and one behind which newcomers are."""

    def join_stations(self, client):
        port = super().join_stations(client)
        self.bystander = Station(self.lab, "c", "10.0.0.3")
        self.newcomers = Station(self.lab, "d", "10.0.0.4")
        for station in (self.bystander, self.newcomers):
            self._add(client, station.interface, type="veth", namespace=station.namespace.path)
        return port


class ByPath(WithBystanders, TapswitchKernelPath):
    pass


class ByWorker(WithBystanders, TapswitchVeth):
    pass


def times(peer):
    """Milliseconds, one for each station."""
    a, b = (socket_in(each.namespace, each.interface) for each in (peer.a, peer.b))
    c = socket_in(peer.bystander.namespace, peer.bystander.interface)
    source = bytes([0x02]) + random.randbytes(5)
    try:
        return [time_of(a, b, c, source) for _ in range(STATIONS)]
    finally:
        for each in (a, b, c):
            each.close()


def time_of(a, b, c, source):
    station = bytes([0x02]) + random.randbytes(5)
    began = time.monotonic()
    b.send(EVERYBODY + station + TYPE + bytes(46))
    sent = []
    for number in range(FRAMES):
        sent.append(time.monotonic() - began)
        a.send(station + source + TYPE + number.to_bytes(4, "big") + bytes(42))
        while time.monotonic() - began < (number + 1) * GAP:
            pass
    time.sleep(0.02)
    flooded = -1
    while True:
        try:
            frame = c.recv(64)
        except BlockingIOError:
            break
        if frame[:6] == station:
            flooded = max(flooded, int.from_bytes(frame[14:18], "big"))
    if flooded + 1 == FRAMES:
        raise BenchError("a station is not learned")
    return sent[flooded + 1] * 1e3


def measure(results, bin_directory, rounds, attempt):
    """Records the medians and the 99th percentiles of each round."""
    for peer_class in (ByPath, ByWorker):
        attempt(f"learning of {peer_class.name}", measure_peer, results, peer_class, bin_directory,
                rounds)


def measure_peer(results, peer_class, bin_directory, rounds):
    with Lab() as lab:
        peer = peer_class(lab, bin_directory)
        peer.start()
        crowd = lab.start("/usr/bin/python3", "-c", CROWD, peer.newcomers.interface, NEWCOMERS,
                          namespace=peer.newcomers.namespace, has_pipes=True)
        lab.wait_for(crowd, crowd.stdout.readline, "newcomers come")
        for _ in range(rounds):
            found = sorted(times(peer))
            results.record("learning", peer_class.name, statistics.median(found))
            results.record("learning_p99", peer_class.name, found[len(found) * 99 // 100])
