# SPDX-License-Identifier: Apache-2.0
"""Streams from one station of a lab to another: a TCP transfer that goes on until it is told to end,
and knows whether all came, and for how long nothing did; and one that iperf3 measures."""

import json
import subprocess

from lab import DEADLINE, wait_until

PORT = 5002
SEND = """
import hashlib, json, os, select, socket, sys
connection = socket.create_connection((sys.argv[1], int(sys.argv[2])))
digest, size, block = hashlib.sha256(), 0, os.urandom(1 << 16)
while not select.select([sys.stdin], [], [], 0)[0]:
    data = size.to_bytes(8, "big") + block  # none is like another
    connection.sendall(data)
    digest.update(data)
    size += len(data)
connection.close()
print(json.dumps({"bytes": size, "sha256": digest.hexdigest()}))
"""
# A stall is the time between two parts that came.
RECEIVE = """
import hashlib, json, socket, sys, time
server = socket.create_server((sys.argv[1], int(sys.argv[2])))
print("ready", flush=True)
connection, _ = server.accept()
digest, size, stalls, last = hashlib.sha256(), 0, [], time.monotonic()
while data := connection.recv(1 << 18):
    now = time.monotonic()
    stalls.append((now - last, last))
    stalls = sorted(stalls)[-100:]
    last = now
    digest.update(data)
    size += len(data)
print(json.dumps({"bytes": size, "sha256": digest.hexdigest(), "stalls": stalls}))
"""


def measured_by_iperf3(lab, source, sink, address, *options):
    """What iperf3 reports at the end of a stream from one station to the address of another."""
    with subprocess.Popen(lab.command_in(sink, "iperf3", "-s", "-1"),
                          stdout=subprocess.DEVNULL) as server:
        try:
            wait_until(lambda: ":5201" in lab.exec(sink, "ss", "-tln").stdout, "it listens")
            report = lab.exec(source, "iperf3", "-c", address, "-J", *options, timeout=30).stdout
            server.wait(DEADLINE)
        finally:
            server.kill()
    return json.loads(report)["end"]


def passed_through(lab, short):
    """Octets that a port has taken in since its daemon has it."""
    return lab.call("stats.get", {"port": short})["ports"][short]["in_octets"]


class Transfer:
    """Runs from its making to end()."""

    def __init__(self, lab, source, to, address):
        self._receiver = self._start(lab, to, RECEIVE, address)
        assert self._receiver.stdout.readline() == "ready\n"
        self._sender = self._start(lab, source, SEND, address)

    @staticmethod
    def _start(lab, short, script, address):
        return subprocess.Popen(lab.command_in(short, "python3", "-c", script, address, PORT),
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def end(self):
        """How many bytes came, and the longest times in which nothing did: (seconds, since when by
        time.monotonic()). What was sent must have come, every byte of it."""
        sent = json.loads(self._sender.communicate("stop", timeout=60)[0])
        received = json.loads(self._receiver.communicate(timeout=60)[0])
        stalls = received.pop("stalls")
        assert received == sent, "what came is not what was sent"
        return received["bytes"], stalls

    def kill(self):
        for process in (self._sender, self._receiver):
            process.kill()
            process.communicate()
