#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tshark shows the frames of a second pcapng section under the interface names of the first.
#
# Expected: a section header begins anew, interface numbers count from 0 again and mean the interfaces described in
#   that section; so two captures may be joined by `cat`, as the format intends.
# Found: tshark 4.0 knows that the second frame is of section 2, but names its interface 0 "first", which is the
#   interface 0 of section 1. It was captured on "second".
# Seen on: tshark 4.0.17-0+deb12u3 (Debian 12).
# Matters to: writers of streams: a new section at each start or hand-over looks tidy, and mislabels all that follows.
# Output seen:
#   section 1, interface first
#   section 2, interface first
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir -p debs/partial
apt-get -qq -y -o Debug::NoLocking=1 -o APT::Sandbox::User=root -o Dir::Cache::archives="$folder/debs" \
    --no-install-recommends --download-only --reinstall install tshark=4.0.17-0+deb12u3 >log 2>&1 || { cat log; exit 1; }
for package in debs/*.deb; do dpkg -x "$package" root; done # tshark and what it needs that is not here
LD_LIBRARY_PATH=$(echo "$folder"/root/usr/lib/*-linux-gnu*)
export LD_LIBRARY_PATH HOME=$folder

python3 - <<'PYTHON'
import struct


def block(kind, body):
    return struct.pack("<II", kind, len(body) + 12) + body + struct.pack("<I", len(body) + 12)


frame = b"\xff" * 6 + b"\x02\0\0\0\0\x01" + b"\x88\xb5" + b"x" * 46
for name in (b"first\0\0\0", b"second\0\0"):
    size = len(name.rstrip(b"\0"))
    with open("two.pcapng", "ab") as file:
        file.write(block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)))
        file.write(block(1, struct.pack("<HHIHH", 1, 0, 262144, 2, size) + name + bytes(4)))
        file.write(block(6, struct.pack("<IIIII", 0, 0, 0, len(frame), len(frame)) + frame))
PYTHON
root/usr/bin/tshark -r two.pcapng -T fields -e frame.section_number -e frame.interface_name 2>err |
    awk '{ print "section " $1 ", interface " $2 }' | tee out
[[ $(cat out) == "section 1, interface first"$'\n'"section 2, interface first" ]] || { cat err; echo "changed" >&2; exit 1; }
echo "as found"
