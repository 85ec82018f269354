# SPDX-License-Identifier: Apache-2.0
"""measures: what is measured of one peer in one round. Each returns {key of a Figure: value}.

Processor time is counted for the processes of the switch and for the kernel's own threads of the
network. The kernel's bridge has no process: it works in the time of whoever sends. So its own time
cannot be told per gigabyte (that of everybody can), and per million frames it contains the sending.

Who works on which core decides much. TCP is left to the scheduler, as in life. The sender of frames
has a core for itself. For latency both ends and the switch share one: to wake another core takes
several times as long as everything else, above all on a virtual machine, and differs from one
minute to the next; it is the machine's affair, and the same for every switch.

TCP sends as much as the switch takes, whatever the machine's own congestion control is: one that
estimates a rate and keeps to it, as BBR does, would have us measure the estimate.
"""

import json
import time
from contextlib import contextmanager
from dataclasses import dataclass

from benchmark.lab import BenchError, wait_until
from benchmark.machine import CORES, SENDER_CORE, SWITCH_CORE, cpu_seconds, softirq_seconds
from benchmark.peers import ECHO_PORT

NOBODY = "02:00:00:00:0f:ff"
WARM_UP = 0.1  # seconds between the first frame and the first count


@dataclass(frozen=True)
class Effort:
    """How a measurement is done: how long it takes, in seconds; what is left out for want of time;
    how TCP is driven."""

    tcp: int  # iperf3 takes whole seconds
    frames: float
    latency: float
    is_short: bool = False
    congestion: str = "cubic"  # Linux's own default too


def tcp(peer, effort):
    peer.use_congestion(effort.congestion)
    runs = {"tcp1": (1, ()), "tcp1_back": (1, ("-R",)), "tcp4": (4, ())}
    if not effort.is_short:
        runs["tcp4_back"] = (4, ("-R",))
    found = {}
    for key, (streams, options) in runs.items():
        found.update(_tcp_run(peer, key, effort.tcp, "-P", streams, *options))
    return found


def tunnel(peer, effort):
    """One stream inside VXLAN, each way: super-frames that are to be cut inside the tunnel."""
    peer.make_tunnel()
    peer.use_congestion(effort.congestion)
    found = {}
    for key, options in {"tunnel": (), "tunnel_back": ("-R",)}.items():
        found.update(_tcp_run(peer, key, effort.tcp, *options, address=peer.b.address_inside))
    return found


def iperf(peer, seconds, *options, address=None):
    """What iperf3 reports of TCP from A to an address of B's; and the processor seconds that the
    switch and the kernel's network had taken when it began."""
    # The server may still be busy with the end of the run before.
    for tries_left in reversed(range(10)):
        began = peer.cpu_seconds(), softirq_seconds()
        report = json.loads(peer.a.namespace.run(
            *peer.iperf_client(seconds, "-J", *options, address=address), timeout=seconds + 20))
        if "error" not in report:
            break
        if "busy" not in report["error"] or not tries_left:
            raise BenchError(f"iperf3: {report['error']}")
        time.sleep(0.2)
    return report, *began


def _tcp_run(peer, key, seconds, *options, address=None):
    report, switch_began, softirq_began = iperf(peer, seconds, *options, address=address)
    received = report["end"]["sum_received"]
    found = {key: received["bits_per_second"] / 1e9}
    gigabytes = received["bytes"] / 1e9
    if key == "tcp1" and gigabytes:
        ends = report["end"]["cpu_utilization_percent"]
        everybody = (ends["host_total"] + ends["remote_total"]) / 100 * received["seconds"]
        everybody += softirq_seconds() - softirq_began
        if switch_began is not None:
            switch = peer.cpu_seconds() - switch_began
            found["cpu_gigabyte"] = switch / gigabytes
            found["cpu_stream"] = switch / received["seconds"] * 100
            everybody += switch
        found["cpu_gigabyte_all"] = everybody / gigabytes
    return found


def frames(peer, effort):
    peer.meet()  # lest the switch has forgotten where B is
    rate, cpu = frame_rate(peer, 60, effort.frames)
    large_rate, _ = frame_rate(peer, 1514, effort.frames)
    unknown_rate, _ = frame_rate(peer, 60, effort.frames, NOBODY)
    return {"frames_60": rate / 1e6, "cpu_frames": cpu * 1e6, "frames_1514": large_rate / 1e6,
            "frames_unknown": unknown_rate / 1e6}


def frame_rate(peer, size, seconds, destination=None):
    """(frames that B receives in a second, processor seconds for each of them)."""
    with sending(peer, size, destination or peer.b.mac()) as sender:
        return count(peer.b.received, clock_of(peer, sender), seconds)


@contextmanager
def on_core(peer, core):
    """While it lasts the switch has no other core."""
    peer.stay_on({core})
    try:
        yield
    finally:
        peer.stay_on(CORES)


@contextmanager
def sending(peer, size, destination):
    """While it lasts A sends frames as fast as it can, on a core that the switch leaves to it."""
    with on_core(peer, SWITCH_CORE), flooding(peer, size, destination) as sender:
        yield sender


@contextmanager
def flooding(peer, size, destination):
    """While it lasts A sends frames as fast as it can."""
    sender = peer.lab.start(peer.bin / "frame_sender", peer.a.interface, size, destination,
                            SENDER_CORE, namespace=peer.a.namespace)
    try:
        yield sender
    finally:
        sender.kill()
        sender.wait()


def clock_of(peer, sender):
    """What tells the processor time of the switch; of the kernel's, with that of the sender."""
    busy = [process.pid for process in peer.processes] or [sender.pid]
    return lambda: sum(map(cpu_seconds, busy)) + softirq_seconds()


def count(received, spent, seconds):
    """(what received() grows by in a second, what spent() grows by for each of them)."""
    before = received()
    wait_until(lambda: received() > before, "the first frame arrives")
    time.sleep(WARM_UP)
    began, frames_before, spent_before = time.monotonic(), received(), spent()
    time.sleep(seconds)
    ended, frames_after, spent_after = time.monotonic(), received(), spent()
    number = frames_after - frames_before
    if number <= 0:
        raise BenchError("no frame arrived")
    return number / (ended - began), (spent_after - spent_before) / number


def latency(peer, effort):
    with on_core(peer, SENDER_CORE):
        report = json.loads(peer.a.namespace.run(
            "taskset", "-c", SENDER_CORE, peer.bin / "round_trip", "ask", peer.b.address, ECHO_PORT,
            effort.latency))
    return {"latency": report["median"], "latency_p99": report["p99"]}


# Names that --only may give, in the order of a round.
MEASURES = {"tcp": tcp, "tunnel": tunnel, "frames": frames, "latency": latency}
