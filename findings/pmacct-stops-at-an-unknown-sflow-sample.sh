#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# pmacct loses the flow samples that stand behind a dropped-packet notification in the same sFlow datagram; nfdump skips it.
#
# Expected: a sample says how long it is, so a collector that does not know a format (5, dropped packets, is of 2020) skips it
#   and reads the next one, as sFlow version 5 asks.
# Found: sfacctd says "discarding unknown v5 sample" and gives up the whole rest of the datagram: of the flow samples before,
#   between and behind two notifications it counts the first alone. sfcapd of nfdump knows the format no more, and counts all
#   three.
# Seen on: pmacct 1.7.7-1+b1, nfdump-sflow 1.7.1-2+deb12u1 (Debian 12).
# Matters to: agents that tell drops: such samples belong into datagrams of their own, or the traffic is counted too low.
# Output seen:
#   nfdump: 3 packets
#   pmacct: 1 packets
set -euo pipefail
if [ $# = 0 ]; then
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    (
        cd "$folder"
        mkdir -p debs/partial
        apt-get -qq -y -o Debug::NoLocking=1 -o APT::Sandbox::User=root -o Dir::Cache::archives="$folder/debs" \
            --no-install-recommends --download-only --reinstall install nfdump=1.7.1-2+deb12u1 \
            nfdump-sflow=1.7.1-2+deb12u1 pmacct=1.7.7-1+b1 >log 2>&1 || { cat log; exit 1; }
        for package in debs/*.deb; do dpkg -x "$package" root; done
    )
    unshare --map-root-user --net --pid --fork --kill-child bash "$0" "$folder"
    exit
fi
cd "$1"
LD_LIBRARY_PATH=$(echo "$1"/root/usr/lib/*-linux-gnu*):$1/root/usr/lib
export LD_LIBRARY_PATH
ip link set dev lo up
mkdir flows
root/usr/bin/sfcapd -w "$1/flows" -p 6343 -b 127.0.0.1 -t 60 >sfcapd.log 2>&1 &
sfcapd=$!
printf '%s\n' 'daemonize: false' 'sfacctd_ip: 127.0.0.1' 'sfacctd_port: 6344' 'plugins: print' \
    'aggregate: src_host, dst_host' 'print_output: csv' 'print_refresh_time: 2' >pmacct.conf
root/usr/sbin/sfacctd -f pmacct.conf >sfacctd.out 2>sfacctd.log &
for port in 6343 6344; do
    for _ in {1..100}; do grep -q "0100007F:$(printf %04X $port)" /proc/net/udp && break; sleep 0.1; done
done
python3 - <<'PYTHON'
import socket, struct

frame = bytes.fromhex("020000000002" "020000000001" "0800" "45000054000040004001b6a5c0000201c0000202") + b"\x08\0" + bytes(62)


def words(*values):
    return struct.pack("!%dI" % len(values), *values)


header = words(1, len(frame) + 4, 4, len(frame)) + frame + bytes(-len(frame) % 4)
record = words(1, len(header)) + header


def flow(number):
    body = words(number, 3, 1, number, 0, 3, 4, 1) + record
    return words(1, len(body)) + body


def discard(number):  # sequence, class and index of the source, lost, input, output, reason, records
    body = words(number, 0, 3, 0, 3, 0, 265, 1) + record
    return words(5, len(body)) + body


samples = [flow(1), discard(1), flow(2), discard(2), flow(3)]
datagram = words(5, 1) + bytes([127, 0, 0, 1]) + words(0, 1, 1000, len(samples)) + b"".join(samples)
open("datagram", "wb").write(datagram)
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as agent:
    for port in 6343, 6344:
        agent.sendto(datagram, ("127.0.0.1", port))
PYTHON
for _ in {1..100}; do grep -q '^192' sfacctd.out && break; sleep 0.1; done
kill -INT "$sfcapd"
wait "$sfcapd" || true
nfdump=$(root/usr/bin/nfdump -r flows/nfcapd.2* -o 'fmt:%pkt' -q | awk '{ sum += $1 } END { print sum + 0 }')
pmacct=$(awk -F, '/^192/ { sum += $3 } END { print sum + 0 }' sfacctd.out)
echo "nfdump: $nfdump packets"
echo "pmacct: $pmacct packets"
grep -q 'discarding unknown v5 sample' sfacctd.log
[ "$nfdump" = 3 ] && [ "$pmacct" = 1 ]
echo "as found"
