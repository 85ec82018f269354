# SPDX-License-Identifier: Apache-2.0
"""A thousand ports on one switch: none is dearer than the first, and idle they cost nothing."""

import pathlib
import statistics
import time

from lab import IS_SANITIZED

PORTS = 1000
PART = 100
IDLE_SECONDS = 5


def cpu_seconds(lab):
    """What the daemon has computed, however busy the machine is with other things."""
    tasks = pathlib.Path(f"/proc/{lab.daemon.pid}/task")
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir()) / 1e9


def test_thousand_ports(lab):
    client = lab.client()
    times = []
    for number in range(PORTS):
        before = cpu_seconds(lab)
        client.call("port.add", {"name": f"p{number}"})
        times.append(cpu_seconds(lab) - before)
    first, last = (statistics.median(part) * 1000 for part in (times[:PART], times[-PART:]))
    began = time.monotonic()
    assert len(client.call("port.list")["ports"]) == PORTS
    listing = time.monotonic() - began

    before = cpu_seconds(lab)
    time.sleep(IDLE_SECONDS)  # the one thing that has to be measured over time
    idle = cpu_seconds(lab) - before
    memory = lab.daemon_memory() / 1024
    print(f"port.add: median {first:.2f} ms of computing for the first {PART} ports, {last:.2f} ms "
          f"for the last; port.list {listing * 1000:.0f} ms; idle {idle * 1000:.1f} ms in "
          f"{IDLE_SECONDS} s; {memory:.0f} MiB resident")
    if not IS_SANITIZED:
        # A busy neighbour takes caches away: by half more is no trend yet, a port that costs
        # what all before it cost together would be far beyond.
        assert last < 2 * first + 0.5
        assert memory < 100
        assert idle < 0.01 * IDLE_SECONDS
    began = time.monotonic()
    client.call("system.shutdown")
    assert lab.daemon.wait(120) == 0
    ending = time.monotonic() - began
    print(f"the end took {ending:.1f} s")
    # One after another they would take the kernel some 20 s.
    assert IS_SANITIZED or ending < 15
