#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Stands for a simulator: opens a TAP of its own, and behind it is one station that it simulates.

    simulator.py INTERFACE ADDRESS

The station answers ARP and ping for ADDRESS. The switch joins the host's side of the interface.
"""

import fcntl
import os
import socket
import struct
import sys

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
ARP, IPV4 = 0x0806, 0x0800
ICMP, ECHO_REQUEST = 1, 8
STATION = bytes.fromhex("020000000002")


def open_tap(interface):
    tap = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", interface.encode(), IFF_TAP | IFF_NO_PI))
    return tap


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data[:len(data) & ~1]))
    total += data[-1] << 8 if len(data) % 2 else 0
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def answer_arp(request, address):
    """The reply to an ARP request for 'address', or None."""
    if len(request) < 28 or request[6:8] != b"\0\1" or request[24:28] != address:
        return None
    return request[:6] + b"\0\2" + STATION + address + request[8:18]


def answer_ping(packet, address):
    """The reply to an echo request to 'address', or None."""
    header = (packet[0] & 15) * 4 if packet else 0
    end = int.from_bytes(packet[2:4], "big")
    if packet[9:10] != bytes([ICMP]) or packet[16:20] != address or packet[header] != ECHO_REQUEST:
        return None
    echo = b"\0\0\0\0" + packet[header + 4:end]
    echo = echo[:2] + struct.pack("!H", checksum(echo)) + echo[4:]
    # Source and destination change places, which leaves the header's checksum right.
    return packet[:12] + packet[16:20] + packet[12:16] + packet[20:header] + echo


def main():
    interface, address = sys.argv[1], socket.inet_aton(sys.argv[2])
    tap = open_tap(interface)
    while True:
        frame = os.read(tap, 65536)
        kind = int.from_bytes(frame[12:14], "big")
        answer = {ARP: answer_arp, IPV4: answer_ping}.get(kind, lambda *_: None)
        reply = answer(frame[14:], address)
        if reply:
            os.write(tap, frame[6:12] + STATION + frame[12:14] + reply)


if __name__ == "__main__":
    main()
