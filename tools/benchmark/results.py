# SPDX-License-Identifier: Apache-2.0
"""results: each figure of each peer in each round; what the median is, and how it compares.

A ratio is taken round by round, of figures measured within seconds of each other, and is then the
median of those: what changes the speed of the whole machine leaves it alone.
"""

import statistics
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """Something that is measured. 'group' is the measure that brings it."""

    key: str
    group: str
    title: str
    unit: str
    higher_is_better: bool
    note: str = ""


FIGURES = {figure.key: figure for figure in (
    Figure("tcp1", "tcp", "TCP, one stream, A to B", "Gbit/s", True),
    Figure("tcp1_back", "tcp", "TCP, one stream, B to A", "Gbit/s", True),
    Figure("tcp4", "tcp", "TCP, four streams, A to B", "Gbit/s", True),
    Figure("tcp4_back", "tcp", "TCP, four streams, B to A", "Gbit/s", True),
    Figure("cpu_gigabyte", "tcp", "processor time per gigabyte, the switch", "s", False,
           "the kernel's bridge has no process of which that could be told"),
    Figure("cpu_stream", "tcp", "processor of the switch during a stream", "%", False,
           "the kernel's bridge has no process of which that could be told"),
    Figure("cpu_gigabyte_all", "tcp", "processor time per gigabyte, switch and both ends", "s",
           False),
    Figure("tunnel", "tunnel", "TCP inside VXLAN, one stream, A to B", "Gbit/s", True),
    Figure("tunnel_back", "tunnel", "TCP inside VXLAN, one stream, B to A", "Gbit/s", True),
    Figure("frames_60", "frames", "frames of 60 bytes", "million/s", True),
    Figure("frames_1514", "frames", "frames of 1,514 bytes", "million/s", True),
    Figure("frames_unknown", "frames", "frames of 60 bytes to a station that nobody is",
           "million/s", True),
    Figure("cpu_frames", "frames", "processor time per million frames of 60 bytes", "s", False,
           "of the switch; the kernel's bridge works in the sender's, so it contains the sending"),
    Figure("latency", "latency", "request and response, median", "µs", False),
    Figure("latency_p99", "latency", "request and response, 99th percentile", "µs", False),
    Figure("flood_unicast", "flood", "one frame to one port, processor time", "ns", False),
    Figure("flood_10", "flood", "flood to 10 ports, processor time for each copy", "ns", False),
    Figure("flood_100", "flood", "flood to 100 ports, processor time for each copy", "ns", False),
    Figure("flood_1000", "flood", "flood to 1,000 ports, processor time for each copy", "ns",
           False),
    Figure("plug_60", "plug", "frames of 60 bytes between sockets", "million/s", True),
    Figure("plug_1514", "plug", "frames of 1,514 bytes between sockets", "million/s", True),
    Figure("capture_stream", "capture", "TCP, one stream, both ports captured to /dev/null / not",
           "", True),
    Figure("capture_stopped", "capture", "the same, captured to a reader that has stopped", "",
           True),
    Figure("capture_frames", "capture", "frames of 60 bytes, captured at both ports to memory / "
           "forwarded uncaptured", "", True),
    Figure("capture_tcpdump", "capture", "the same / written by tcpdump at the far end", "", True),
    Figure("condition_loss", "conditions", "loss of 10 % of 100,000 frames, off by", "σ", False),
    Figure("condition_rate", "conditions", "rates of 1 to 1,000 Mbit/s, the worst off by", "%",
           False),
    Figure("condition_stream", "conditions", "one stream at 1 Gbit/s on a line of 100 ms / the rate",
           "", True),
    Figure("condition_delay", "conditions", "answer on a line of 100 ms, beyond these, median",
           "ms", False),
    Figure("condition_removed", "conditions",
           "conditions taken away during a stream to the first quick answer", "ms", False),
    Figure("condition_links", "conditions", "answers on 100 links of 10 ms and 1 % loss at either "
           "end, 50,000 frames/s in all, off by, 99th percentile", "ms", False),
    Figure("condition_links_loss", "conditions", "loss of all of these, off by", "σ", False),
    Figure("condition_jitter", "conditions", "delays of 60 ± 10 ms, chance of being normal "
           "[Kolmogorov-Smirnov]", "", True),
    Figure("learning", "learning", "a station's first frame to the first that is not flooded to it, "
           "beside 10,000 new stations a second, median", "ms", False),
    Figure("learning_p99", "learning", "the same, 99th percentile", "ms", False),
    Figure("idle_wake_ups", "idle", "wake-ups at rest with 1,000 ports", "1/s", False),
    Figure("idle_cpu", "idle", "processor time at rest with 1,000 ports", "ms/s", False),
    Figure("control_calls", "control", "calls of port.get in one session, pipelined", "1/s", True),
    Figure("control_alone", "control", "answer to a lone call, median", "µs", False),
    Figure("control_alone_tcp", "control", "the same while TCP crosses at full speed", "µs", False),
    Figure("control_statistics", "control", "stats.get of 1,000 ports, median", "ms", False),
    Figure("control_paging_delay", "control",
           "longest answer while another session pages 1,000,000 stations", "ms", False),
    Figure("control_vlan_delay", "control",
           "longest answer while another session pages 1,000 VLANs of 4,096 ports", "ms", False),
    Figure("control_apply_all", "control", "config.apply that adds 500 ports", "s", False),
    Figure("control_apply_one", "control", "config.apply that changes one VLAN of 500 ports",
           "ms", False),
    Figure("control_storm_apply", "control",
           "config.apply that changes 1,000 of 2,000 ports in a storm of broadcasts", "ms", False),
    Figure("control_storm_wait", "control", "longest answer to another client meanwhile", "ms",
           False),
    Figure("control_storm_come", "control",
           "config.apply that adds 1,000 ports to 1,000 in a storm of broadcasts", "ms", False),
    Figure("control_storm_go", "control", "config.apply that takes them away again", "ms", False),
    Figure("control_storm_ports_wait", "control",
           "longest answer to another client while they come and go", "ms", False),
    Figure("control_deaf_memory", "control",
           "memory for 254 sessions, of which 64 subscribe and never read", "MiB", False),
    Figure("control_deaf_calls", "control", "calls beside these sessions / without", "", True),
    Figure("control_deaf_frames", "control", "frames beside these sessions / without", "", True),
    Figure("decision_10k", "decision", "the decision alone, 10,000 stations", "ns", False),
    Figure("decision_1m", "decision", "the decision alone, 1,000,000 stations, a lone frame",
           "ns", False),
    Figure("decision_1m_ahead", "decision",
           "the decision alone, 1,000,000 stations, frames read ahead", "ns", False),
)}


@dataclass(frozen=True)
class Summary:
    """Of one figure over all rounds."""

    median: float
    low: float
    high: float

    @property
    def spread(self):
        """How far the rounds lie apart, as a part of the median."""
        return (self.high - self.low) / self.median if self.median else 0.0


def summarise(values):
    """The Summary of those values that are there; None if none is."""
    present = [value for value in values if value is not None]
    if not present:
        return None
    return Summary(statistics.median(present), min(present), max(present))


def ratios(values, references):
    """Round by round; None where either is missing or the reference is zero."""
    return [value / reference if value is not None and reference else None
            for value, reference in zip(values, references)]


class Results:
    """What record() has been told. A value None is a round that failed."""

    def __init__(self):
        self._values = {}
        # Which floor has the offloads that tapswitch has: the one it is held against.
        self.floor = "floor"

    def record(self, key, peer, value):
        self._values.setdefault(key, {}).setdefault(peer, []).append(value)

    def values(self, key, peer):
        return self._values.get(key, {}).get(peer, [])

    def peers(self, key):
        """Those of which the figure was measured at least once, in the order they came."""
        return [peer for peer in self._values.get(key, {}) if self.summary(key, peer)]

    def figures(self):
        """Those that were measured, in the order of the tables."""
        return [figure for figure in FIGURES.values() if self.peers(figure.key)]

    def summary(self, key, peer):
        return summarise(self.values(key, peer))

    def ratio(self, key, peer, reference, reference_key=None):
        """The Summary of peer / reference; None if it cannot be said."""
        return summarise(ratios(self.values(key, peer),
                                self.values(reference_key or key, reference)))
