# SPDX-License-Identifier: Apache-2.0
"""bystanders: who must notice nothing while a stranger attacks a daemon.

A pair of stations pings every 10 ms, an operator calls every 100 ms in a session of its own each
time, and the daemon's memory is looked at after each call. An attack runs in processes of its own,
so that neither is slowed down by the other's Python.

    with Bystanders(lab, seconds) as bystanders:
        with Attackers(attack, count=60, uid=NOBODY):
            bystanders.watch()
    bystanders.assert_undisturbed(memory_mib=64)
"""

import multiprocessing
import os
import re
import signal
import subprocess
import sys
import threading
import time

from lab import IS_SANITIZED, die_with_the_test
from rpc_client import RpcClient

NOBODY = 65534
PING_INTERVAL = 0.01
CALL_INTERVAL = 0.1
# Seconds that a ping may be under way: one that is late is not lost.
PING_PATIENCE = 5

# How long an attack lasts.
SECONDS = float(os.environ.get("TAPSWITCH_ATTACK_SECONDS", "3"))
# The gate runs beside other tests, on any machine: there the bound only tells waiting from standing
# still. The nightly run has the machine for itself.
IS_STRICT = "TAPSWITCH_ATTACK_CALL_MS" in os.environ
LONGEST_CALL = float(os.environ.get("TAPSWITCH_ATTACK_CALL_MS", "2000")) / 1000
if IS_SANITIZED:
    LONGEST_CALL *= 5

_fork = multiprocessing.get_context("fork")


class Attackers:
    """'count' processes, each of which calls attack(number, stop), where 'stop' is an Event that
    tells it to come to an end; it returns how often it has done any harm. Ends them with its
    'with', in whatever state they are."""

    def __init__(self, attack, count=1, uid=None):
        self._stop = _fork.Event()
        self._processes = [_fork.Process(target=self._run, args=(attack, number, uid), daemon=True)
                           for number in range(count)]

    def _run(self, attack, number, uid):
        die_with_the_test()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if uid is not None:
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
        sys.exit(0 if attack(number, self._stop) else "attacked nobody")

    def __enter__(self):
        for process in self._processes:
            process.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for process in self._processes:
            process.join(1)
            process.kill()
            process.join()

    def assert_effective(self):
        """After the 'with': that each has done harm. One that had to be killed was busy doing so."""
        fell = [process.exitcode for process in self._processes
                if process.exitcode not in (0, -signal.SIGKILL)]
        assert not fell, f"{len(fell)} of {len(self._processes)} attacked nobody"


class Bystanders:
    """A daemon's pair of stations 'alice' and 'bob' and its operator. The lab must have them."""

    def __init__(self, lab, seconds=SECONDS):
        self._lab, self._seconds = lab, seconds
        self.calls = []       # seconds each
        self.refused = []     # what was answered instead of a result
        self.memory_kib = []  # of the daemon, after each call
        self.sent = self.lost = 0

    def __enter__(self):
        count = int(self._seconds / PING_INTERVAL)
        self._ping = subprocess.Popen(
            self._lab.command_in("alice", "ping", "-n", "-q", "-i", PING_INTERVAL, "-c", count,
                                 "-W", PING_PATIENCE, "10.0.0.2"),
            stdout=subprocess.PIPE, text=True, preexec_fn=die_with_the_test)
        return self

    def watch(self, while_waiting=lambda: None):
        """Calls as the operator until the pings are done; 'while_waiting' runs between calls."""
        while self._ping.poll() is None:
            began = time.monotonic()
            self._call()
            while_waiting()
            time.sleep(max(0.0, CALL_INTERVAL - (time.monotonic() - began)))

    def _call(self):
        assert self._lab.daemon.poll() is None, f"the daemon has ended:\n{self._lab.log()}"
        began = time.monotonic()
        try:
            with RpcClient(self._lab.socket) as operator:
                operator.call("port.get", {"name": "alice"})
            self.calls.append(time.monotonic() - began)
        except (OSError, EOFError, AssertionError, KeyError) as error:
            self.refused.append(repr(error))
        self.memory_kib.append(self._lab.daemon_memory())

    def __exit__(self, *_):
        if self._ping.poll() is None:
            self._ping.send_signal(signal.SIGINT)
        told = self._ping.communicate(timeout=PING_PATIENCE + 10)[0]
        self.sent, received = map(int, re.search(
            r"(\d+) packets transmitted, (\d+) received", told).groups())
        self.lost = self.sent - received

    def longest_call(self):
        """Seconds within which 99 of 100 calls were answered."""
        ordered = sorted(self.calls) or [float("inf")]
        return ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]

    def report(self):
        memory = max(self.memory_kib, default=0) / 1024
        return (f"{self.sent} pings, {self.lost} lost; {len(self.calls)} calls, 99 % within "
                f"{self.longest_call() * 1000:.1f} ms, {len(self.refused)} refused; "
                f"{memory:.0f} MiB at most")

    def assert_undisturbed(self, memory_mib):
        """'memory_mib': what the daemon may have resident by the limits of the documentation."""
        assert self.sent > 0 and self.calls, "nothing was tried"
        assert self.lost == 0, self.report()
        assert not self.refused, self.refused[:3]
        assert self.longest_call() < LONGEST_CALL, self.report()
        assert max(self.memory_kib, default=0) < memory_mib * 1024, self.report()


class Reader(threading.Thread):
    """Reads what comes by a socket and throws it away, until the other end closes it."""

    def __init__(self, connection):
        super().__init__(daemon=True)
        self._connection = connection
        self.start()

    def run(self):
        try:
            while self._connection.recv(1 << 16):
                pass
        except OSError:
            pass
