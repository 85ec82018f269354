# SPDX-License-Identifier: Apache-2.0
"""by_path: what crosses by the kernel path alone, which is what still crosses while the daemon is
stopped (SIGSTOP).
"""

import contextlib
import os
import signal
import time
from pathlib import Path

from frames import EVERYBODY, Capture, counted, frame, transmit
from lab import wait_until

ON = {"state": "on"}
LONGEST_ORDERLY_WAIT = 0.3  # seconds; a little more than PATH_PATIENCE


def stopped(lab):
    """Its daemon does nothing meanwhile."""
    return standing_still(lab.daemon.pid)


@contextlib.contextmanager
def standing_still(pid):
    """The daemon does nothing meanwhile. Flows that it had take the path then, for it has had their
    last frame for long enough (decision 85)."""
    time.sleep(LONGEST_ORDERLY_WAIT)
    os.kill(pid, signal.SIGSTOP)
    tasks = list(Path(f"/proc/{pid}/task").iterdir())
    wait_until(lambda: all((task / "stat").read_text().rpartition(")")[2].split()[0] == "T"
                           for task in tasks), "every thread stands still")
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def crossing_without_daemon(lab, sender, frames, listener):
    """Which of the frames that a station sends arrive at another while the daemon is stopped."""
    before = counted_at_rest(lab, sender)
    with stopped(lab), contextlib.closing(Capture(lab, listener)) as capture:
        transmit(lab, sender, *frames)
        # A frame of the path arrives before the sender's call returns.
        arrived = capture.arrived()
    wait_until(lambda: counted(lab, sender) == before + len(frames), "each is counted once")
    return arrived


def counted_at_rest(lab, port):
    """What is counted when nothing more of what came before is."""
    def twice():
        first = counted(lab, port)
        time.sleep(0.05)
        return (first,) if counted(lab, port) == first else None

    return wait_until(twice, "it is quiet")[0]


def introduce(lab, stations):
    """Has the switch learn where stations are: {port: (address, tags of its frames)}."""
    for port, (mac, tags) in stations.items():
        before = counted(lab, port)
        transmit(lab, port, frame(mac, EVERYBODY, *tags))
        wait_until(lambda port=port, before=before: counted(lab, port) > before, "it is counted")
