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


def ratio(key, reference, reference_key=None):
    return lambda results: results.ratio(key, OURS, reference, reference_key)


def ratio_to_floor(key):
    return lambda results: results.ratio(key, OURS, results.floor)


def summary(key):
    return lambda results: results.summary(key, OURS)


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
    has_earlier = any(results.values(key, "before") for key in ("tcp1", "frames_60", "latency"))
    return GOALS + EARLIER_GOALS if has_earlier else GOALS
