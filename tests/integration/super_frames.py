# SPDX-License-Identifier: Apache-2.0
"""super_frames: frames of which their senders have left something to others, and what becomes of
them when it is done.

scapy builds every frame, the finished segments as well as the super-frame: so what a super-frame is
cut into is what a sender without offloads would have sent.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, replace

from frames import ALICE, BOB  # first: it quiets scapy

# pylint: disable=wrong-import-order
from scapy.layers.inet import IP, TCP, UDP  # noqa: E402
from scapy.layers.inet6 import IPv6  # noqa: E402
from scapy.layers.l2 import Ether  # noqa: E402
from scapy.layers.sctp import SCTP, SCTPChunkData  # noqa: E402
from scapy.packet import Raw  # noqa: E402

# The words of a virtio-net header [virtio 1.2, 5.1.6].
NEEDS_CHECKSUM = 1
GSO_NONE, GSO_TCPV4, GSO_UDP, GSO_TCPV6, GSO_UDP_L4 = 0, 1, 3, 4, 5
HEADER = struct.Struct("=BBHHHH")


@dataclass(frozen=True)
class Sent:
    """A frame, and what of it is left to be done. 'start' is where an unfinished checksum begins;
    without one it is 0."""

    data: bytes
    start: int = 0
    offset: int = 0
    kind: int = GSO_NONE
    segment_size: int = 0

    @staticmethod
    def read(message):
        flags, kind, _, segment_size, start, offset = HEADER.unpack_from(message)
        data = bytes(message[HEADER.size:])
        if not flags & NEEDS_CHECKSUM:
            start = offset = 0
        return Sent(data, start, offset, kind, segment_size if kind else 0)

    def message(self):
        """With its virtio-net header in front."""
        transport_size = {16: 20, 6: 8, 8: 12}.get(self.offset, 0)
        header = HEADER.pack(NEEDS_CHECKSUM if self.start else 0, self.kind,
                             self.start + transport_size, self.segment_size, self.start,
                             self.offset)
        return header + self.data

    def tagged(self, kind, control):
        """The same frame with one tag more, in front of all others."""
        data = self.data[:12] + struct.pack("!HH", kind, control) + self.data[12:]
        return replace(self, data=data, start=self.start + 4 if self.start else 0)

    def to(self, mac):
        """The same frame to another station."""
        return replace(self, data=bytes.fromhex(mac.replace(":", "")) + self.data[6:])

    def rest(self):
        """All but the octets."""
        return self.start, self.offset, self.kind, self.segment_size

    def __repr__(self):
        return (f"<{len(self.data)} octets {self.data[:54].hex()} start {self.start} "
                f"offset {self.offset} kind {self.kind} by {self.segment_size}>")


def internet_sum(data):
    """The ones' complement sum of 16-bit words [RFC 1071]."""
    total = sum(struct.unpack(f"!{len(data) // 2}H", data[:len(data) // 2 * 2]))
    total += data[-1] << 8 if len(data) % 2 else 0
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def unfinished(data, start, offset):
    """A finished frame of TCP or UDP, whose checksum holds the sum of the pseudo-header alone."""
    field = start + offset
    finished, = struct.unpack_from("!H", data, field)
    rest = internet_sum(data[start:field] + data[field + 2:])
    pseudo = internet_sum(struct.pack("!HH", ~finished & 0xFFFF, ~rest & 0xFFFF))
    return Sent(data[:field] + struct.pack("!H", pseudo) + data[field + 2:], start, offset)


# ---- layers --------------------------------------------------------------------------------------
# A builder makes a finished frame of a payload: the one of number 'index' of those into which a
# super-frame was cut, each with 'size' octets of it, and perhaps the last.


def network(version, index, **fields):
    if version == 4:
        return IP(src="192.0.2.1", dst="192.0.2.2", id=1000 + index, flags="DF", **fields)
    return IPv6(src="2001:db8::1", dst="2001:db8::2",
                **({"nh": fields["proto"]} if "proto" in fields else {}))


def tcp(version):
    def build(payload, index, size, is_last):
        return bytes(network(version, index) / TCP(
            sport=1, dport=2, seq=1 + index * size, ack=1, flags="PA" if is_last else "A") /
            Raw(payload))
    return build


def udp(version):
    def build(payload, index, _size, _is_last):
        return bytes(network(version, index) / UDP(sport=1, dport=2) / Raw(payload))
    return build


def sctp(payload, index, _size, _is_last):
    return bytes(network(4, index) / SCTP(sport=1, dport=2, tag=3) / SCTPChunkData(data=payload))


ETHERTYPE = {4: 0x0800, 6: 0x86DD}


def version_of(packet):
    return packet[0] >> 4


def framed(build):
    """In an Ethernet frame."""
    def frame(*arguments):
        packet = build(*arguments)
        return bytes(Ether(src=ALICE, dst=BOB, type=ETHERTYPE[version_of(packet)]) / packet)
    return frame


def in_udp(port, header, build, outer=4, has_sum=True):
    """In a tunnel whose header stands behind UDP."""
    def wrap(payload, index, *more):
        inside = Raw(header + build(payload, index, *more))
        around = UDP(sport=49152, dport=port) if has_sum else UDP(sport=49152, dport=port, chksum=0)
        return bytes(network(outer, index) / around / inside)
    return framed(wrap)


def in_ip(protocol, header, build, outer=4):
    """In a tunnel whose header stands behind IP."""
    def wrap(payload, index, *more):
        inside = Raw(header + build(payload, index, *more))
        return bytes(network(outer, index, proto=protocol) / inside)
    return framed(wrap)


def behind_labels(build):
    """Behind a label of MPLS, the last of its stack [RFC 3032]."""
    def wrap(*arguments):
        return bytes(Ether(src=ALICE, dst=BOB, type=0x8847) /
                     Raw(struct.pack("!I", 16 << 12 | 1 << 8 | 64) + build(*arguments)))
    return wrap


VXLAN = bytes.fromhex("0800000000000700")
GENEVE = bytes.fromhex("0000655800000700")
GUE = bytes.fromhex("00040000")
GRE, GRE_TAP = bytes.fromhex("00000800"), bytes.fromhex("00006558")

@dataclass(frozen=True)
class Tunnel:
    """'outer_udp' is where its UDP begins, if that has a checksum."""

    build: Callable
    outer_udp: int = 0
    is_in_udp: bool = False


# The tunnels for which the switch knows where a super-frame is to be cut.
TUNNELS = {
    "vxlan": Tunnel(in_udp(4789, VXLAN, framed(tcp(4))), 34, True),
    "vxlan without a sum": Tunnel(in_udp(4789, VXLAN, framed(tcp(4)), has_sum=False), 0, True),
    "vxlan over IPv6": Tunnel(in_udp(4789, VXLAN, framed(tcp(6)), outer=6), 54, True),
    "geneve": Tunnel(in_udp(6081, GENEVE, framed(tcp(4))), 34, True),
    "gue": Tunnel(in_udp(6080, GUE, tcp(4)), 34, True),
    "fou": Tunnel(in_udp(5555, b"", tcp(4)), 34, True),
    "gre": Tunnel(in_ip(47, GRE, tcp(4))),
    "gre-tap": Tunnel(in_ip(47, GRE_TAP, framed(tcp(4)))),
    "ip in ip": Tunnel(in_ip(4, b"", tcp(4))),
    "mpls": Tunnel(behind_labels(tcp(4))),
}


# ---- frames --------------------------------------------------------------------------------------


def payload_of(size):
    """Octets of which no two parts are alike."""
    return b"".join(number.to_bytes(4, "big") for number in range((size + 3) // 4))[:size]


TCP_FIELD, UDP_FIELD = 16, 6  # where the checksum is in a header
HEADER_SIZE = {TCP_FIELD: 20, UDP_FIELD: 8}


def segments(build, payload, size):
    """What a sender without offloads sends of a payload."""
    starts = range(0, len(payload), size)
    return [build(payload[start:start + size], number, size, start + size >= len(payload))
            for number, start in enumerate(starts)]


def whole(build, payload, size, kind=GSO_NONE, field=TCP_FIELD, *, outer_udp=0, index=0,
          is_last=True):
    """What a sender leaves to others: the checksum, and with a kind the cutting too. In a
    super-frame that goes for the checksum of a tunnel's UDP as well."""
    data = build(payload, index, size, is_last)
    if outer_udp and kind:
        data = unfinished(data, outer_udp, UDP_FIELD).data
    result = unfinished(data, len(data) - len(payload) - HEADER_SIZE[field], field)
    return replace(result, kind=kind, segment_size=size if kind else 0)


def whole_of_any_size(build, payload, size, kind):
    """The same of TCP, also of more than IP can tell the length of: which is of the headers alone."""
    headers = whole(build, b"", size, kind)
    pseudo, = struct.unpack_from("!H", headers.data, headers.start + TCP_FIELD)
    total = internet_sum(struct.pack("!HI", pseudo, len(payload)))
    field = headers.start + TCP_FIELD
    data = headers.data[:field] + struct.pack("!H", total) + headers.data[field + 2:] + payload
    return replace(headers, data=data)


def left_together(frames, outer_udp):
    """Finished datagrams as one super-frame of UDP, which begins at 'outer_udp'."""
    begin = outer_udp + HEADER_SIZE[UDP_FIELD]
    payloads = [one.data[begin:] for one in frames]
    size = HEADER_SIZE[UDP_FIELD] + sum(map(len, payloads))
    data = bytearray(frames[0].data[:begin] + b"".join(payloads))
    struct.pack_into("!H", data, outer_udp + 4, size)
    if data[outer_udp - 20] == 0x45:
        ip, addresses = outer_udp - 20, data[outer_udp - 8:outer_udp]
        struct.pack_into("!H", data, ip + 2, size + 20)
        struct.pack_into("!H", data, ip + 10, 0)
        struct.pack_into("!H", data, ip + 10, ~internet_sum(bytes(data[ip:outer_udp])) & 0xFFFF)
    else:
        addresses = data[outer_udp - 32:outer_udp]
        struct.pack_into("!H", data, outer_udp - 36, size)
    pseudo = internet_sum(bytes(addresses) + struct.pack("!HH", 17, size))
    struct.pack_into("!H", data, outer_udp + UDP_FIELD, pseudo)
    return Sent(bytes(data), outer_udp, UDP_FIELD, GSO_UDP_L4, len(payloads[0]))


def unfinished_sctp(payload):
    data = framed(sctp)(payload, 0, 0, True)
    return Sent(data[:42] + bytes(4) + data[46:], 34, 8)
