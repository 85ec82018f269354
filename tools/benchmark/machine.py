# SPDX-License-Identifier: Apache-2.0
"""machine: what was measured on, what it was doing besides, and what a process has computed."""

import os
import resource
import time
from pathlib import Path

CORES = sorted(os.sched_getaffinity(0))
# One and the same if there is no other.
SENDER_CORE, SWITCH_CORE = CORES[0], CORES[-1]


def cpu_seconds(pid):
    """What all threads of a process have computed, to the nanosecond, in user mode and kernel."""
    seconds = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        seconds += int((task / "schedstat").read_text(encoding="ascii").split()[0])
    return seconds / 1e9


def wake_ups(pid):
    """How often the threads of a process have gone to sleep, and so been woken."""
    count = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        status = (task / "status").read_text(encoding="ascii")
        count += int(status.split("\nvoluntary_ctxt_switches:")[1].split()[0])
    return count


def _softirq_threads():
    for comm in Path("/proc").glob("[0-9]*/comm"):
        try:
            if comm.read_text(encoding="ascii", errors="replace").startswith("ksoftirqd/"):
                yield int(comm.parent.name)
        except OSError:
            continue  # it has ended


SOFTIRQ_THREADS = tuple(_softirq_threads())


def softirq_seconds():
    """What the kernel has computed for the network in threads of its own."""
    return sum(cpu_seconds(pid) for pid in SOFTIRQ_THREADS)


def _busy_seconds():
    """(all that the machine has computed, what its host has taken from it)."""
    words = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, words[1:9])
    tick = os.sysconf("SC_CLK_TCK")
    return (user + nice + system + irq + softirq) / tick, steal / tick


def _own_seconds():
    """What we and our children, those that have ended, have computed."""
    uses = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(use.ru_utime + use.ru_stime for use in uses) + softirq_seconds()


class Watch:
    """Tells how much of the machine others took from the moment it was made. Children that run
    when it is asked count as others."""

    def __init__(self):
        self._began = time.monotonic()
        self._busy, self._steal = _busy_seconds()
        self._own = _own_seconds()

    def read(self):
        """{'others_cores', 'steal_cores', 'seconds'}: cores that others kept busy on average."""
        seconds = time.monotonic() - self._began
        busy, steal = _busy_seconds()
        others = busy - self._busy - (_own_seconds() - self._own)
        return {"seconds": round(seconds, 1), "others_cores": round(max(0, others) / seconds, 2),
                "steal_cores": round((steal - self._steal) / seconds, 2)}


def describe():
    """Which machine this is."""
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text(encoding="ascii", errors="replace").splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    return {"processor": model, "cores": len(CORES),
            "kernel": os.uname().release, "load_average": round(os.getloadavg()[0], 2)}
