#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tcpdump stops in the middle of a pcapng file when a second interface has another snap length.
#
# Expected: interfaces of one link type may be mixed in a pcapng file; that is what interface descriptions are for.
# Found: a second interface with 65535 instead of 262144 ends the reading with an error at that interface, though no
#   frame was cut and all are shorter than either. What came before is printed, what follows is not.
# Seen on: tcpdump 4.99.3-1 with libpcap0.8 1.10.3-1 (Debian 12).
# Matters to: writers: give all interfaces one snap length, and whoever merges captures of several tools.
# Output seen:
#   snap lengths 262144 and 262144: 2 frames, exit 0
#   snap lengths 262144 and 65535: 1 frame, exit 1
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -qq -o APT::Sandbox::User=root download tcpdump=4.99.3-1 libpcap0.8=1.10.3-1
for package in *.deb; do dpkg -x "$package" root; done
LD_LIBRARY_PATH=$(dirname "$folder"/root/usr/lib/*/libpcap.so.0.8)
export LD_LIBRARY_PATH

python3 - <<'PYTHON'
import struct


def block(kind, body):
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)


def interface(snap_length):
    return block(1, struct.pack("<HHI", 1, 0, snap_length))


frame = b"\xff" * 6 + b"\x02\0\0\0\0\x01" + b"\x88\xb5" + b"x" * 46
section = block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1))
packets = [block(6, struct.pack("<IIIII", i, 0, 0, len(frame), len(frame)) + frame) for i in (0, 1)]
for second in (262144, 65535):
    with open("%d.pcapng" % second, "wb") as file:
        file.write(section + interface(262144) + packets[0] + interface(second) + packets[1])
PYTHON
seen=
for second in 262144 65535; do
    status=0
    root/usr/bin/tcpdump -nr $second.pcapng >out 2>err || status=$?
    frames=$(grep -c 0x88b5 out)
    echo "snap lengths 262144 and $second: $frames frame$([ "$frames" = 1 ] || echo s), exit $status"
    seen+="$frames/$status "
done
grep snapshot err | tail -1
[[ $seen == "2/0 1/1 " ]] || { echo "changed" >&2; exit 1; }
echo "as found"
