# SPDX-License-Identifier: Apache-2.0
"""goals: what tapswitch must reach, and whether it has."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmark.results import ratios, summarise

OURS = "tapswitch"

# The ageing timer ticks once a second; waking is counted in whole wake-ups over five seconds.
TICKS_A_SECOND = 1.2

# Counts 1 MiB of unsent events, in a string that has doubled; and a little for each session.
MOST_DEAF_MEMORY = 64 * 2 + 256 / 16


@dataclass(frozen=True)
class Goal:
    """'figure' takes the Results and gives the Summary, or None if it was not measured."""

    what: str
    bound: float
    at_least: bool
    unit: str
    figure: Callable

    def is_held(self, value):
        return value >= self.bound if self.at_least else value <= self.bound

    def verdict(self, results):
        """'held', 'missed' or 'not measured'; with ', within the noise' if not every round says
        the same."""
        summary = self.figure(results)
        if summary is None:
            return "not measured"
        verdict = "held" if self.is_held(summary.median) else "missed"
        agree = self.is_held(summary.low) == self.is_held(summary.high)
        return verdict if agree else f"{verdict}, within the noise"


# A part of an earlier build's figure that is lost in the noise of a quiet machine.
AS_BEFORE = 0.98


def worse_direction(reference, ours=OURS, key="tcp1"):
    """One stream against a peer, in the direction that looks worse for us."""
    def figure(results):
        both = [results.ratio(way, ours, reference) for way in (key, f"{key}_back")]
        return min(filter(None, both), key=lambda summary: summary.median, default=None)
    return figure


def both_directions(key, reference, ours=OURS):
    """Streams against a peer: the rounds of both directions together, so that chance has no say in
    which of them looks worse."""
    return lambda results: summarise(
        [each for way in (key, f"{key}_back")
         for each in ratios(results.values(way, ours), results.values(way, reference))])


def ratio(key, reference, reference_key=None, ours=OURS):
    return lambda results: results.ratio(key, ours, reference, reference_key)


def ratio_to_floor(key):
    return lambda results: results.ratio(key, OURS, results.floor)


def summary(key, ours=OURS):
    return lambda results: results.summary(key, ours)


GOALS = (
    Goal("TCP, one stream / Linux bridge", 1.0, True, "", worse_direction("bridge")),
    Goal("TCP, one stream / Open vSwitch userspace, TSO", 1.05, True, "",
         worse_direction("ovs-tso")),
    Goal("TCP, one stream / vde_switch", 9, True, "", worse_direction("vde")),
    Goal("TCP, one stream, ports on veth / Linux bridge", 0.95, True, "",
         worse_direction("bridge", "interface")),
    Goal("TCP inside VXLAN, one stream, veth to TAP / Linux bridge", 0.5, True, "",
         worse_direction("bridge", "veth-tap", "tunnel")),
    Goal("60-byte frames / floor with the same offloads", 0.93, True, "",
         ratio_to_floor("frames_60")),
    Goal("60-byte frames / Open vSwitch userspace", 1.5, True, "", ratio("frames_60", "ovs")),
    Goal("60-byte frames / vde_switch", 1.25, True, "", ratio("frames_60", "vde")),
    Goal("60-byte frames by QEMU's stream / by VDE through vde_switch", 2, True, "",
         ratio("plug_60", "vde")),
    Goal("median latency / floor with the same offloads", 1.05, False, "",
         ratio_to_floor("latency")),
    Goal("TCP, one stream, captured to /dev/null / not", 0.85, True, "", summary("capture_stream")),
    Goal("TCP, one stream, captured to a stopped reader / not", 0.95, True, "",
         summary("capture_stopped")),
    Goal("60-byte frames, captured to memory / forwarded uncaptured", 0.8, True, "",
         summary("capture_frames")),
    Goal("60-byte frames, captured to memory / by tcpdump", 1.5, True, "",
         summary("capture_tcpdump")),
    Goal("loss of 10 % of 100,000 frames, off by", 3, False, "σ", summary("condition_loss")),
    Goal("rates of 1 to 1,000 Mbit/s, the worst off by", 1, False, "%", summary("condition_rate")),
    Goal("one stream at 1 Gbit/s on a line of 100 ms / the rate", 0.95, True, "",
         summary("condition_stream")),
    Goal("answer on a line of 100 ms, beyond these", 0.2, False, "ms", summary("condition_delay")),
    Goal("conditions taken away to the first quick answer", 100, False, "ms",
         summary("condition_removed")),
    Goal("answers on 100 links at 50,000 frames/s, off by", 1, False, "ms",
         summary("condition_links")),
    Goal("loss on 100 links, off by", 3, False, "σ", summary("condition_links_loss")),
    Goal("chance that normal jitter is normal", 0.01, True, "", summary("condition_jitter")),
    Goal("the decision, 10,000 stations", 30, False, "ns", summary("decision_10k")),
    Goal("the decision, 1,000,000 stations, read ahead", 80, False, "ns",
         summary("decision_1m_ahead")),
    Goal("flood to 1,000 ports, a copy / unicast", 1.0, False, "",
         ratio("flood_1000", OURS, "flood_unicast")),
    Goal("wake-ups at rest with 1,000 ports", TICKS_A_SECOND, False, "1/s",
         summary("idle_wake_ups")),
    Goal("calls of port.get in one session", 20_000, True, "1/s", summary("control_calls")),
    Goal("answer to a lone call", 200, False, "µs", summary("control_alone")),
    Goal("answer to a lone call beside TCP", 200, False, "µs", summary("control_alone_tcp")),
    Goal("stats.get of 1,000 ports", 5, False, "ms", summary("control_statistics")),
    Goal("longest answer beside pages of 1,000,000", 10, False, "ms",
         summary("control_paging_delay")),
    Goal("longest answer beside pages of 1,000 VLANs of 4,096 ports", 5, False, "ms",
         summary("control_vlan_delay")),
    Goal("config.apply that adds 500 ports", 2, False, "s", summary("control_apply_all")),
    Goal("config.apply that changes one VLAN", 10, False, "ms", summary("control_apply_one")),
    Goal("config.apply of 1,000 ports in a storm", 1000, False, "ms",
         summary("control_storm_apply")),
    Goal("longest answer meanwhile", 50, False, "ms", summary("control_storm_wait")),
    Goal("memory for 64 sessions that never read", MOST_DEAF_MEMORY, False, "MiB",
         summary("control_deaf_memory")),
    Goal("calls beside them / without", 0.9, True, "", summary("control_deaf_calls")),
    Goal("frames beside them / without", 0.95, True, "", summary("control_deaf_frames")),
)

# The kernel path sets these, where it is measured.
PATH = "kernel-path"
PATH_GOALS = (
    Goal("kernel path: TCP, one stream / Linux bridge", 1.05, True, "",
         both_directions("tcp1", "bridge", PATH)),
    Goal("kernel path: TCP, four streams / Linux bridge", 1.05, True, "",
         both_directions("tcp4", "bridge", PATH)),
    Goal("kernel path: TCP, one stream / before", 1.5, True, "",
         both_directions("tcp1", "before", PATH)),
    Goal("kernel path: 60-byte frames / Linux bridge", 1.3, True, "",
         ratio("frames_60", "bridge", ours=PATH)),
    Goal("kernel path: median latency / Linux bridge", 0.7, False, "",
         ratio("latency", "bridge", ours=PATH)),
    Goal("kernel path: 99th percentile of latency / Linux bridge", 0.7, False, "",
         ratio("latency_p99", "bridge", ours=PATH)),
    Goal("kernel path: TCP, access to trunk / untagged", 0.95, True, "",
         both_directions("tcp1", PATH, "path-vlan")),
    Goal("kernel path: TCP, machines' TAPs / Linux bridge on them", 1.0, True, "",
         both_directions("tcp1", "bridge-monitor", "path-monitor")),
    Goal("kernel path: 60-byte frames among 1,000 ports and 100,000 stations / 2 ports", 0.95, True,
         "", ratio("frames_60", PATH, ours="path-crowd")),
    Goal("kernel path: learning beside 10,000 new stations a second", 5, False, "ms",
         summary("learning", PATH)),
    Goal("kernel path: processor of the daemon during a stream", 1, False, "%",
         summary("cpu_stream", PATH)),
    Goal("kernel path: floods of 60-byte frames / TAPs", 0.9, True, "",
         ratio("frames_unknown", OURS, ours=PATH)),
)

# An earlier build sets these, where one is measured too.
EARLIER_GOALS = (
    Goal("TCP, one stream / before", AS_BEFORE, True, "", both_directions("tcp1", "before")),
    Goal("TCP, four streams / before", AS_BEFORE, True, "",
         both_directions("tcp4", "before")),
    Goal("TCP, one stream, ports on veth / before", AS_BEFORE, True, "",
         both_directions("tcp1", "before-interface", "interface")),
    Goal("60-byte frames / before", AS_BEFORE, True, "", ratio("frames_60", "before")),
    Goal("1,514-byte frames / before", AS_BEFORE, True, "", ratio("frames_1514", "before")),
    Goal("median latency / before", 1 / AS_BEFORE, False, "", ratio("latency", "before")),
)


def goals_of(results):
    """Returns the goals that apply to what was measured."""
    def has(peer):
        return any(results.values(key, peer) for key in ("tcp1", "frames_60", "latency"))

    return (GOALS + (PATH_GOALS if has(PATH) else ()) + (EARLIER_GOALS if has("before") else ()))
