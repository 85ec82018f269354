# SPDX-License-Identifier: Apache-2.0
"""many_links: how true the conditions of many links are at the same time.

All ends are TAPs in the switch's own namespace, and a VLAN each keeps links apart. What frames take
without conditions is no fault of the conditions, and is taken off where distributions are compared.
"""

import json
import math
import statistics

from benchmark.lab import BenchError, Lab
from benchmark.peers import Tapswitch

LINKS = 100  # two ports each, of which each has conditions: 200 lines
DELAY, LOSS = 10, 0.01  # milliseconds, a part of all

# Further apart than the jitter reaches, so that no frame is kept back by the one before; and wide
# enough that what the machine adds to it is small beside.
JITTER, JITTER_DELAY = 10, 60  # milliseconds
JITTER_RATE = 8  # frames a second of each link
JITTER_FRAMES = 100_000


class ManyLinks:
    """A switch with so many links."""

    def __init__(self, lab, bin_directory, count):
        self.count = count
        self.peer = Tapswitch(lab, bin_directory)
        self.peer.start()
        self.apply()

    def apply(self, a=None, b=None):
        """Conditions of what leaves at the ends of all links."""
        ports = {}
        for link in range(self.count):
            for side, conditions in (("a", a), ("b", b)):
                ports[f"{side}{link}"] = {"conditions": conditions,
                                          "vlan": {"mode": "access", "pvid": 10 + link}}
        document = {"version": 1, "switches": {"sw0": {"ports": ports}}}
        self.peer.call("config.apply", config=document, mode="merge")

    def times(self, a_second, seconds):
        """(frames sent, the milliseconds that each of those took that came back)."""
        report = json.loads(self.peer.home.run(
            self.peer.bin / "many_links", self.count, a_second, seconds, timeout=seconds + 60))
        if not report["times"]:
            raise BenchError("no frame came back")
        return report["sent"], [time / 1e6 for time in report["times"]]

    def delay_and_loss(self, a_second, seconds):
        """How far the times are off that should be twice the delay, in all but one of a hundred."""
        one_way = {"delay": f"{DELAY}ms", "loss": f"{LOSS:.0%}"}
        self.apply(a=one_way, b=one_way)
        sent, times = self.times(a_second // 2, seconds)  # each comes back
        expected, deviation = expected_of(sent, (1 - LOSS) ** 2)
        off = sorted(abs(time - 2 * DELAY) for time in times)
        return {"condition_links": off[len(off) * 99 // 100],
                "condition_links_loss": abs(len(times) - expected) / deviation}

    def jitter(self, frames):
        """How likely such times are where they come from the distribution that was asked for."""
        self.apply()
        base = statistics.median(self.times(JITTER_RATE * self.count, 2)[1])
        self.apply(b={"delay": f"{JITTER_DELAY}ms", "jitter": f"{JITTER}ms",
                      "distribution": "normal"})
        _, times = self.times(JITTER_RATE * self.count, max(frames // (JITTER_RATE * self.count), 1))
        normal = statistics.NormalDist(JITTER_DELAY + base, JITTER)
        return {"condition_jitter": kolmogorov_smirnov(times, normal.cdf)}


def expected_of(number, chance):
    """The mean of a binomial distribution and its standard deviation."""
    return number * chance, math.sqrt(number * chance * (1 - chance))


def kolmogorov_smirnov(values, distribution):
    """The chance that values of 'distribution', a function of a value, are as far from it as these."""
    values, number = sorted(values), len(values)
    distance = max(max((rank + 1) / number - distribution(value), distribution(value) - rank / number)
                   for rank, value in enumerate(values))
    root = math.sqrt(number)
    scaled = (root + 0.12 + 0.11 / root) * distance
    chance = 2 * sum((-1) ** (term - 1) * math.exp(-2 * (term * scaled) ** 2)
                     for term in range(1, 101))
    return min(max(chance, 0.0), 1.0)


def measure(results, bin_directory, rounds, is_short, attempt):
    """Figures of the group 'conditions'."""
    with Lab() as lab:
        links = attempt("many links", ManyLinks, lab, bin_directory, 10 if is_short else LINKS)
        parts = ((links.delay_and_loss, (5_000, 1) if is_short else (50_000, 10)),
                 (links.jitter, (200 if is_short else JITTER_FRAMES,))) if links else ()
        for number in range(rounds):
            for part, arguments in parts:
                what = f"round {number + 1} of {rounds}: {part.__name__} of many links"
                for key, value in (attempt(what, part, *arguments) or {}).items():
                    results.record(key, Tapswitch.name, value)
