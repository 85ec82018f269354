# SPDX-License-Identifier: Apache-2.0
"""frames: sends frames that scapy builds, and tells what arrives where.

A capture is tcpdump's, read by scapy: neither building nor reading a frame shares code with the
switch. That a frame did *not* arrive is known without waiting: first the switch has counted all
frames that were sent, then the listener transmits a marker, and whatever its capture does not hold
before the marker never came. The switch drops markers, for their source is zero.
"""

import contextlib
import logging
import subprocess

logging.getLogger("scapy").setLevel(logging.ERROR)

# pylint: disable=wrong-import-position
from scapy.layers.l2 import Dot1Q, Ether  # noqa: E402
from scapy.packet import Raw  # noqa: E402
from scapy.utils import PcapReader  # noqa: E402

from lab import DEADLINE, wait_until  # noqa: E402

# Set aside for experiments [802-2014, 9.2.3]: no system sends them by itself.
TEST_TYPE = 0x88B5
MARKER_TYPE = 0x88B6
EVERYBODY = "ff:ff:ff:ff:ff:ff"
NOBODY = "00:00:00:00:00:00"
ALICE, BOB, CAROL = (f"02:00:00:00:00:0{digit}" for digit in "abc")

SENDER = """
import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((sys.argv[1], 0))
for line in sys.stdin: s.send(bytes.fromhex(line))
"""


def tag(vid, priority=0, kind=0x8100):
    return {"vid": vid, "priority": priority, "kind": kind}


def frame(source, destination, *tags, size=46, kind=TEST_TYPE):
    """The bytes of a frame. A tag is what tag() makes, or a VID."""
    tags = [tag(one) if isinstance(one, int) else one for one in tags]
    kinds = [one["kind"] for one in tags] + [kind]
    result = Ether(src=source, dst=destination, type=kinds[0])
    for one, following in zip(tags, kinds[1:]):
        result /= Dot1Q(vlan=one["vid"], prio=one["priority"], type=following)
    return bytes(result / Raw(bytes(size)))


def tags_of(data):
    """The tags of a frame as tag() makes them, and the EtherType behind them."""
    tags, offset = [], 12
    while (kind := int.from_bytes(data[offset:offset + 2], "big")) in (0x8100, 0x88A8, 0x9100, 0x9200):
        control = int.from_bytes(data[offset + 2:offset + 4], "big")
        tags.append(tag(control & 0xFFF, control >> 13, kind))
        offset += 4
    return tags, kind


def transmit(lab, station, *frames):
    """Sends frames by the interface of a station, which has the station's name."""
    subprocess.run(lab.command_in(station, "/usr/bin/python3", "-c", SENDER, station), text=True,
                   input="\n".join(data.hex() for data in frames), timeout=DEADLINE, check=True)


def counted(lab, port):
    """How many frames the switch has dealt with that came in by a port."""
    counters = lab.call("stats.get", {"port": port})["ports"][port]
    at_egress = ("mtu_exceeded", "link_down", "busy", "kernel_refused", "port_gone")
    drops = sum(count for reason, count in counters["drops"].items() if reason not in at_egress)
    return drops + sum(counters[f"in_{kind}"] for kind in ("unicast", "multicast", "broadcast"))


class Capture:
    """What passes the interface of a station from now on. Use it in a 'with'."""

    def __init__(self, lab, station):
        self._lab, self._station = lab, station
        self._path = lab.directory / f"{station}.pcap"
        self._process = subprocess.Popen(
            lab.command_in(station, "tcpdump", "-i", station, "-U", "--immediate-mode",
                           "-Z", "root", "-w", self._path), stderr=subprocess.PIPE, text=True)
        line = self._process.stderr.readline()
        assert "listening on" in line, line

    def close(self):
        self._process.terminate()
        self._process.wait(DEADLINE)
        self._process.stderr.close()

    def _frames(self):
        with contextlib.suppress(EOFError), PcapReader(str(self._path)) as reader:
            return [bytes(packet) for packet in reader]
        return []

    def arrived(self, kind=TEST_TYPE):
        """The test frames that have arrived, or those of another type, as bytes, in order."""
        transmit(self._lab, self._station, frame(NOBODY, EVERYBODY, kind=MARKER_TYPE))

        def all_before_marker():
            found = self._frames()
            kinds = [tags_of(data)[1] for data in found]
            return found if MARKER_TYPE in kinds else None

        found = wait_until(all_before_marker, f"the capture at {self._station} has its marker")
        return [data for data in found if tags_of(data)[1] == kind]


def deliver(lab, sender, frames, listeners):
    """Sends frames from one station; what arrives at each listener: {station: [bytes]}."""
    with contextlib.ExitStack() as stack:
        captures = {name: stack.enter_context(contextlib.closing(Capture(lab, name)))
                    for name in listeners}
        before = counted(lab, sender)
        transmit(lab, sender, *frames)
        wait_until(lambda: counted(lab, sender) >= before + len(frames), "all frames are counted")
        return {name: capture.arrived() for name, capture in captures.items()}
