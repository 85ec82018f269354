#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A classic pcap file that says "these frames end with a frame check sequence" is not Ethernet for Scapy.
#
# Expected: the link type of a pcap header is a number of 32 bits, 1 for Ethernet, and readers compare it with 1.
# Found: the upper bits say how long the FCS at the end of each frame is (bit 26: "known"; the top four bits: length in
#   units of 16 bits), so 0x24000001 is Ethernet with four bytes of FCS. tcpdump masks them and goes on. Scapy takes
#   the whole number, finds no such type, and hands out raw bytes instead of Ethernet frames.
# Seen on: python3-scapy 2.5.0+dfsg-2, tcpdump 4.99.3-1 with libpcap0.8 1.10.3-1 (Debian 12).
# Matters to: readers of captures from hardware taps and simulators; mask the field before it is compared.
# Output seen:
#   tcpdump: link-type EN10MB (Ethernet), ethertype IPv4
#   scapy: link type 0x1: Ether; link type 0x24000001: Raw
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -qq -o APT::Sandbox::User=root download \
    python3-scapy=2.5.0+dfsg-2 tcpdump=4.99.3-1 libpcap0.8=1.10.3-1
for package in *.deb; do dpkg -x "$package" root; done
libraries=$(dirname "$folder"/root/usr/lib/*/libpcap.so.0.8)
export HOME=$folder # scapy writes a cache below it

python3 - <<'PYTHON'
import struct, zlib

frame = bytes.fromhex("020000000002020000000001" "0800" "4500001c00000000 40fd" "0000" "c0000201 c0000202") + bytes(26)
frame += struct.pack("<I", zlib.crc32(frame))
for name, network in (("plain.pcap", 1), ("fcs.pcap", 2 << 28 | 1 << 26 | 1)):
    with open(name, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, network))
        file.write(struct.pack("<IIII", 1700000000, 0, len(frame), len(frame)) + frame)
PYTHON
text=$(LD_LIBRARY_PATH=$libraries root/usr/bin/tcpdump -enr fcs.pcap 2>&1)
by_tcpdump="$(grep -o 'link-type [^,]*' <<<"$text"), $(grep -o 'ethertype [A-Za-z0-9]*' <<<"$text")"
echo "tcpdump: $by_tcpdump"
by_scapy=$(PYTHONPATH=$folder/root/usr/lib/python3/dist-packages python3 -c '
import logging; logging.disable()
from scapy.utils import rdpcap
import scapy.layers.inet
print("; ".join("link type %s: %s" % (what, type(rdpcap(name)[0]).__name__)
                for what, name in (("0x1", "plain.pcap"), ("0x24000001", "fcs.pcap"))))')
echo "scapy: $by_scapy"
[[ $by_tcpdump == "link-type EN10MB (Ethernet), ethertype IPv4" &&
    $by_scapy == "link type 0x1: Ether; link type 0x24000001: Raw" ]] || { echo "changed" >&2; exit 1; }
echo "as found"
