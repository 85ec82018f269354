#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Scapy places frames decades away if a pcapng interface has a time offset.
#
# Expected: option if_tsoffset of an interface description (seconds to add to each time stamp) is as old as the format, so
#   every reader adds it.
# Found: tcpdump (libpcap) adds it, Scapy leaves it out and says nothing: a frame of November 2023 is of January 1970.
# Seen on: python3-scapy 2.5.0+dfsg-2, tcpdump 4.99.3-1 with libpcap0.8 1.10.3-1 (Debian 12).
# Matters to: whoever writes captures: an offset saves nothing and is lost on some readers; write whole time stamps.
# Output seen:
#   tcpdump: 1700000005.000000
#   scapy: 5
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
import struct


def block(kind, body):
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)


frame = b"\xff" * 6 + b"\x02\0\0\0\0\x01" + b"\x88\xb5" + b"x" * 46
section = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
offset = struct.pack("<HHqHH", 14, 8, 1700000000, 0, 0)
interface = block(1, struct.pack("<HHI", 1, 0, 262144) + offset)
packet = block(6, struct.pack("<IIIII", 0, 0, 5000000, len(frame), len(frame)) + frame)
with open("offset.pcapng", "wb") as file:
    file.write(section + interface + packet)
PYTHON
by_tcpdump=$(LD_LIBRARY_PATH=$libraries root/usr/bin/tcpdump -tt -nr offset.pcapng 2>/dev/null | awk 'NR == 1 { print $1 }')
by_scapy=$(PYTHONPATH=$folder/root/usr/lib/python3/dist-packages python3 -c '
import logging; logging.disable()
from scapy.utils import rdpcap
import scapy.layers.l2
print(rdpcap("offset.pcapng")[0].time)')
echo "tcpdump: $by_tcpdump"
echo "scapy: $by_scapy"
[[ $by_tcpdump == 1700000005.000000 && $by_scapy == 5 ]] || { echo "changed" >&2; exit 1; }
echo "as found"
