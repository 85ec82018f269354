# SPDX-License-Identifier: Apache-2.0
"""A thousand ports on one switch: none is dearer than the first, and idle they cost nothing."""

import os
import statistics
import time

PORTS = 1000
IDLE_SECONDS = 5
# Sanitizers keep freed memory and shadows of it: what they cost says nothing about the daemon.
MEASURES_MEMORY = os.environ.get("TAPSWITCH_SANITIZED", "") == ""


def cpu_ticks(lab):
    fields = open(f"/proc/{lab.daemon.pid}/stat", encoding="ascii").read().rsplit(") ", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def resident_mib(lab):
    status = open(f"/proc/{lab.daemon.pid}/status", encoding="ascii").read()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def test_thousand_ports(lab):
    client = lab.client()
    times = []
    for number in range(PORTS):
        began = time.monotonic()
        client.call("port.add", {"name": f"p{number}"})
        times.append(time.monotonic() - began)
    first, last = (statistics.median(part) * 1000 for part in (times[:100], times[-100:]))
    began = time.monotonic()
    assert len(client.call("port.list")["ports"]) == PORTS
    listing = time.monotonic() - began

    before = cpu_ticks(lab)
    time.sleep(IDLE_SECONDS)  # the one thing that has to be measured over time
    idle = cpu_ticks(lab) - before
    memory = resident_mib(lab)
    print(f"port.add: median {first:.2f} ms for the first 100 ports, {last:.2f} ms for the last; "
          f"port.list {listing * 1000:.0f} ms; idle {idle} ticks in {IDLE_SECONDS} s; "
          f"{memory:.0f} MiB resident")
    assert last < 1.5 * first + 0.2
    assert idle <= 2
    if MEASURES_MEMORY:
        assert memory < 100
    # Closing so many takes the kernel its time: about 20 ms a TAP.
    client.call("system.shutdown")
    assert lab.daemon.wait(120) == 0
