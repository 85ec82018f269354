#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# softflowd counts the padding of a short Ethernet frame as IP traffic.
#
# Expected: the octets of a flow are those of its IP datagrams, so it does not matter whether a frame was padded to 60 bytes.
# Found: of one datagram of 40 bytes softflowd reports 40 octets if the frame ends with it and 46 if it was padded, as on
#   every real wire. nfpcapd reports 40 for both.
# Seen on: softflowd 1.1.0-1+b1, nfdump 1.7.1-2+deb12u1 (Debian 12).
# Matters to: comparisons of counters: the same traffic weighs more behind a card than on a TAP or veth, where nobody pads,
#   by 15 % for small datagrams, and two probes on one port disagree.
# Output seen:
#   frame of 54: softflowd 40, nfpcapd 40
#   frame of 60: softflowd 46, nfpcapd 40
set -euo pipefail
if [ $# = 0 ]; then
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    cd "$folder"
    apt-get -qq -o APT::Sandbox::User=root download softflowd=1.1.0-1+b1 nfdump=1.7.1-2+deb12u1 libpcap0.8=1.10.3-1
    for package in *.deb; do dpkg -x "$package" root; done
    cd "$OLDPWD"
    unshare --map-root-user --net --mount --pid --fork --kill-child bash "$0" "$folder"
    exit
fi
folder=$1
cd "$folder"
ip link set dev lo up # softflowd sends what it counted to somebody
mount -t tmpfs none /run # where it has its control socket
LD_LIBRARY_PATH=$(dirname "$folder"/root/usr/lib/*/libpcap.so.0.8):$folder/root/usr/lib:$(echo "$folder"/root/usr/lib/*-linux-gnu*)
export LD_LIBRARY_PATH

python3 - <<'PYTHON'
import struct

head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, 0, 0, 64, 17, 0, bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2]))
total = sum(struct.unpack("!10H", head))
total = (total & 0xFFFF) + (total >> 16)
datagram = head[:10] + struct.pack("!H", 0xFFFF - total) + head[12:] + struct.pack("!HHHH", 1000, 2000, 20, 0) + bytes(12)
for size in (54, 60):
    frame = (bytes.fromhex("020000000002" "020000000001" "0800") + datagram).ljust(size, b"\0")
    with open("%d.pcap" % size, "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        file.write(struct.pack("<IIII", 1700000000, 0, len(frame), len(frame)) + frame)
PYTHON
for size in 54 60; do
    mkdir "flows-$size"
    root/usr/bin/nfpcapd -r $size.pcap -w "flows-$size" >log 2>&1 || { cat log; exit 1; }
    by_nfpcapd=$(root/usr/bin/nfdump -q -R "flows-$size" -o 'fmt:%sa %byt' 2>/dev/null | awk '$1 == "192.0.2.1" { print $2 }')
    by_softflowd=$(root/usr/sbin/softflowd -r $size.pcap -d -n 127.0.0.1:9995 -c /run/control \
        -p /run/pid 2>&1 | awk '$2 == "(17):" { print $3 }')
    echo "frame of $size: softflowd $by_softflowd, nfpcapd $by_nfpcapd"
done | tee out
[[ $(cat out) == "frame of 54: softflowd 40, nfpcapd 40"$'\n'"frame of 60: softflowd 46, nfpcapd 40" ]] ||
    { echo "changed" >&2; exit 1; }
echo "as found"
