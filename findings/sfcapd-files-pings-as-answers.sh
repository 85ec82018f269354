#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# nfdump's sFlow collector turns every sampled ping into a ping's answer.
#
# Expected: a sampled ICMP echo request (type 8) is found by the filter `icmp-type 8`.
# Found: sfcapd stores the type in the field of the source port, and nfdump looks for it in that of the destination port:
#   the record shows "ICMP 0.0", which is an echo reply, `icmp-type 8` finds nothing and `icmp-type 0` finds it.
# Seen on: nfdump-sflow 1.7.1-2+deb12u1 with nfdump 1.7.1-2+deb12u1 (Debian 12).
# Matters to: tests of an sFlow agent that use ping as the easiest traffic to make.
# Output seen:
#   one echo request sampled; type 8: 0 flows, type 0: 1 flow, source port 8: 1 flow
set -euo pipefail
if [ $# = 0 ]; then
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    cd "$folder"
    apt-get -qq -o APT::Sandbox::User=root download nfdump=1.7.1-2+deb12u1 nfdump-sflow=1.7.1-2+deb12u1
    for package in *.deb; do dpkg -x "$package" root; done
    cd "$OLDPWD"
    unshare --map-root-user --net --pid --fork --kill-child bash "$0" "$folder"
    exit
fi
cd "$1"
LD_LIBRARY_PATH=$(echo "$1"/root/usr/lib/*-linux-gnu*):$1/root/usr/lib
export LD_LIBRARY_PATH
ip link set dev lo up
mkdir flows
root/usr/bin/sfcapd -w "$1/flows" -p 6343 -b 127.0.0.1 -t 60 >log 2>&1 &
sfcapd=$!
for _ in {1..100}; do grep -q 0100007F:18C7 /proc/net/udp && break; sleep 0.1; done

python3 - <<'PYTHON'
import socket, struct

frame = bytes.fromhex("020000000002" "020000000001" "0800" "45000054000040004001b6a5c0000201c0000202")
frame += bytes.fromhex("0800f7fd00010001") + bytes(56)  # an echo request


def words(*values):
    return struct.pack("!%dI" % len(values), *values)


header = words(1, len(frame) + 4, 4, len(frame)) + frame + bytes(-len(frame) % 4)
body = words(1, 3, 1, 1, 0, 3, 4, 1, 1, len(header)) + header
datagram = words(5, 1) + bytes([127, 0, 0, 1]) + words(0, 1, 1000, 1, 1, len(body)) + body
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as agent:
    agent.sendto(datagram, ("127.0.0.1", 6343))
PYTHON
for _ in {1..20}; do # the collector has one thread, and writes when it ends
    grep -q 'New exporter: SysID' log && break
    sleep 0.1
done
kill "$sfcapd"
wait "$sfcapd" || :
flows() { root/usr/bin/nfdump -q -R flows -o 'fmt:%sa' "$1" 2>/dev/null | grep -c 192.0.2.1 || :; }
seen="type 8: $(flows 'icmp-type 8') flows, type 0: $(flows 'icmp-type 0') flow, source port 8: $(flows 'src port 8') flow"
echo "one echo request sampled; $seen"
[[ $seen == "type 8: 0 flows, type 0: 1 flow, source port 8: 1 flow" ]] || { cat log; echo "changed" >&2; exit 1; }
echo "as found"
