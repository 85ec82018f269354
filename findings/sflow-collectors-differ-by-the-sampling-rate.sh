#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Of one sFlow datagram, nfdump stores 256 times the traffic that pmacct does.
#
# Expected: a flow sample says "one frame of 256", so collectors multiply by 256 to show what passed; that is what
#   sampling is for.
# Found: sfcapd of nfdump multiplies without being asked. sfacctd of pmacct does not unless sfacctd_renormalize is set: ten
#   samples are ten frames. Both count the length on the wire with its frame check sequence (102 for a ping of 98).
# Seen on: nfdump-sflow 1.7.1-2+deb12u1, pmacct 1.7.7-1+b1 (Debian 12).
# Matters to: whoever writes an sFlow agent and checks it with one collector only.
# Output seen:
#   nfdump: 2560 packets, 261120 bytes
#   pmacct: 10 packets, 1020 bytes
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


def sample(number):  # one frame of 256, 102 bytes on the wire, its first 98 here
    header = words(1, len(frame) + 4, 4, len(frame)) + frame + bytes(-len(frame) % 4)
    body = words(number, 3, 256, 256 * number, 0, 3, 4, 1, 1, len(header)) + header
    return words(1, len(body)) + body


datagram = words(5, 1) + bytes([127, 0, 0, 1]) + words(0, 1, 1000, 10) + b"".join(sample(i) for i in range(1, 11))
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as agent:
    for port in (6343, 6344):
        agent.sendto(datagram, ("127.0.0.1", port))
PYTHON
for _ in {1..100}; do grep -q '^192.0.2.1' sfacctd.out && break; sleep 0.1; done
kill "$sfcapd"
wait "$sfcapd" || :
by_nfdump=$(root/usr/bin/nfdump -q -R flows -a -o "fmt:%pkt %byt" 2>&1 | awk 'NF { print $1 " packets, " $2 " bytes" }')
by_pmacct=$(awk -F, '$1 == "192.0.2.1" { print $3 " packets, " $4 " bytes" }' sfacctd.out)
echo "nfdump: $by_nfdump"
echo "pmacct: $by_pmacct"
[[ $by_nfdump == "2560 packets, 261120 bytes" && $by_pmacct == "10 packets, 1020 bytes" ]] ||
    { cat sfcapd.log sfacctd.log; echo "changed" >&2; exit 1; }
echo "as found"
