# SPDX-License-Identifier: Apache-2.0
"""crowd: a switch with many ports besides A's and B's: what a flood costs, and the daemon at rest.

The crowd are TAPs in the switch's own namespace whose frames nobody wants. A flood is a frame for a
station that nobody is; the copy for B counts as those for the crowd do. Unicast to B is measured
between the floods: through the same tapswitch; for the floor, whose hub knows nothing but flood,
through a second hub that has no crowd.
"""

import time

from benchmark.lab import Lab
from benchmark.machine import cpu_seconds, wake_ups
from benchmark.measures import NOBODY, clock_of, count, frame_rate, sending
from benchmark.peers import Floor, Tapswitch

FRAME_SIZE = 60
REST = 5.0  # seconds; long enough for a timer of a second to show

FLOOD_KEYS = {10: "flood_10", 100: "flood_100", 1000: "flood_1000"}


class Crowd:
    """The peers of these classes, each with so many ports besides A's, in a lab of their own."""

    def __init__(self, lab, peer_classes, bin_directory, ports):
        self.key = FLOOD_KEYS[ports]
        self.peers = [peer_class(lab, bin_directory, crowd=ports - 1)
                      for peer_class in peer_classes]
        self.unicast_peers = [type(peer)(lab, bin_directory) if isinstance(peer, Floor) else peer
                              for peer in self.peers]
        for peer in dict.fromkeys(self.peers + self.unicast_peers):
            peer.start()

    def flood(self, results, seconds, has_unicast):
        """One round."""
        for peer, unicast_peer in zip(self.peers, self.unicast_peers):
            results.record(self.key, peer.name, flood_cost(peer, seconds))
            if has_unicast:
                results.record("flood_unicast", peer.name, unicast_cost(unicast_peer, seconds))

    def rest(self, results):
        """What each tapswitch does when there is nothing to do."""
        for peer in self.peers:
            if isinstance(peer, Tapswitch):
                for key, value in idle_cost(peer.processes[0].pid).items():
                    results.record(key, peer.name, value)


def flood_cost(peer, seconds):
    """Nanoseconds of processor time for each copy."""
    def copies():
        received = peer.home.received_frames()
        return peer.b.received() + sum(received[name] for name in peer.crowd)

    with sending(peer, FRAME_SIZE, NOBODY) as sender:
        _, seconds_each = count(copies, clock_of(peer, sender), seconds)
    return seconds_each * 1e9


def unicast_cost(peer, seconds):
    """Nanoseconds of processor time for each frame."""
    peer.meet()
    _, seconds_each = frame_rate(peer, FRAME_SIZE, seconds)
    return seconds_each * 1e9


def idle_cost(pid):
    wakes, cpu, began = wake_ups(pid), cpu_seconds(pid), time.monotonic()
    time.sleep(REST)
    elapsed = time.monotonic() - began
    return {"idle_wake_ups": (wake_ups(pid) - wakes) / elapsed,
            "idle_cpu": (cpu_seconds(pid) - cpu) / elapsed * 1e3}


def measure(results, peer_classes, bin_directory, sizes, rounds, seconds, wants):
    """'wants' is what --only leaves of flood and idle. Closing a thousand TAPs takes the kernel
    its time: about 20 ms each."""
    for ports in sizes if "flood" in wants else sizes[-1:]:
        is_last = ports == sizes[-1]
        with Lab() as lab:
            crowd = Crowd(lab, peer_classes, bin_directory, ports)
            for _ in range(rounds if "flood" in wants else 0):
                crowd.flood(results, seconds, has_unicast=is_last)
            if "idle" in wants and ports == max(FLOOD_KEYS):
                crowd.rest(results)
