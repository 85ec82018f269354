#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Scapy gives a frame from a pcapng "simple packet block" the time at which it is read.
#
# Expected: a simple packet block has no time stamp; readers show none, or 0, and the same each time.
# Found: tcpdump (libpcap) shows 0. Scapy shows the present time: reading one file twice gives two answers, and the
#   frame is later than all that follow it in the file.
# Seen on: python3-scapy 2.5.0+dfsg-2, tcpdump 4.99.3-1 with libpcap0.8 1.10.3-1 (Debian 12).
# Matters to: tests that compare times from captures, and to writers that like the simple block for its size.
# Output seen:
#   tcpdump: 0.000000
#   scapy: the time of reading, and another one when it reads again
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
interface = block(1, struct.pack("<HHI", 1, 0, 262144))
with open("simple.pcapng", "wb") as file:
    file.write(section + interface + block(3, struct.pack("<I", len(frame)) + frame))
PYTHON
by_tcpdump=$(LD_LIBRARY_PATH=$libraries root/usr/bin/tcpdump -tt -nr simple.pcapng 2>/dev/null | awk 'NR == 1 { print $1 }')
echo "tcpdump: $by_tcpdump"
by_scapy=$(PYTHONPATH=$folder/root/usr/lib/python3/dist-packages python3 -c '
import logging, time; logging.disable()
from scapy.utils import rdpcap
import scapy.layers.l2
begin = time.time()
first = float(rdpcap("simple.pcapng")[0].time)
time.sleep(0.1)
second = float(rdpcap("simple.pcapng")[0].time)
print("the time of reading, and another one when it reads again"
      if begin - 1 <= first < second <= time.time() + 1 else (first, second))')
echo "scapy: $by_scapy"
[[ $by_tcpdump == 0.000000 && $by_scapy == "the time of reading,"* ]] || { echo "changed" >&2; exit 1; }
echo "as found"
