#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What a Linux VXLAN device sends by default is OTV for tcpdump and nothing at all for tshark.
#
# Expected: `ip link add vx type vxlan id 7 remote ...` speaks VXLAN, and the analysers show VXLAN.
# Found: without `dstport` the device sends to UDP port 8472, the number from before the standard (4789). tcpdump holds
#   that port for OTV and shows the inner frame below the wrong protocol; tshark shows the payload of UDP as data, so
#   its filters `vxlan` and those for the inner frame find nothing.
# Seen on: Linux 6.18, iproute2 6.1, tcpdump 4.99.3-1, tshark 4.0.17-0+deb12u3 (Debian 12).
# Matters to: whoever looks for tunnelled frames in a capture and concludes that there are none.
# Output seen:
#   port 8472: tcpdump says OTV, tshark eth:ethertype:ip:udp:data
#   port 4789: tcpdump says VXLAN, tshark eth:ethertype:ip:udp:vxlan:eth:ethertype:data
set -euo pipefail
if [ $# = 0 ]; then
    [ "$(id -u)" = 0 ] || { echo "needs root: it makes a network namespace and VXLAN devices" >&2; exit 2; }
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    cd "$folder"
    mkdir -p debs/partial
    apt-get -qq -y -o Debug::NoLocking=1 -o APT::Sandbox::User=root -o Dir::Cache::archives="$folder/debs" \
        --no-install-recommends --download-only --reinstall install tshark=4.0.17-0+deb12u3 tcpdump=4.99.3-1 \
        >log 2>&1 || { cat log; exit 1; }
    for package in debs/*.deb; do dpkg -x "$package" root; done
    cd "$OLDPWD"
    unshare --net --pid --fork --kill-child bash "$0" "$folder"
    exit
fi
cd "$1"
LD_LIBRARY_PATH=$(echo "$1"/root/usr/lib/*-linux-gnu*)
export LD_LIBRARY_PATH HOME=$1
sysctl -qw net.ipv6.conf.default.disable_ipv6=1
ip link add name u0 type veth peer name u1
ip link set dev u0 up
ip link set dev u1 up
ip address add 192.0.2.1/24 dev u0
ip neighbour add 192.0.2.2 lladdr 02:00:00:00:00:02 dev u0
ip link add name vxunset type vxlan id 7 remote 192.0.2.2 2>/dev/null # it warns
ip link add name vx4789 type vxlan id 7 remote 192.0.2.2 dstport 4789
ip link set dev vxunset up
ip link set dev vx4789 up
echo "kernel $(uname -r)"
python3 - <<'PYTHON'
import socket, struct, time

listener = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
listener.bind(("u1", 0x0800))
listener.settimeout(3)
for device in ("vxunset", "vx4789"):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sender:
        sender.bind((device, 0))
        sender.send(b"\xff" * 6 + b"\x02\0\0\0\0\x01" + b"\x88\xb5" + b"x" * 46)
    frame = listener.recv(2000)
    with open(device + ".pcap", "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        file.write(struct.pack("<IIII", int(time.time()), 0, len(frame), len(frame)) + frame)
PYTHON
for name in vxunset vx4789; do
    text=$(root/usr/bin/tcpdump -nr $name.pcap 2>/dev/null)
    port=$(grep -o '192\.0\.2\.2\.[0-9]*' <<<"$text" | cut -d. -f5)
    said=$(grep -oE 'OTV|VXLAN' <<<"$text" || true)
    echo "port $port: tcpdump says $said, tshark $(root/usr/bin/tshark -r $name.pcap -T fields -e frame.protocols 2>/dev/null)"
done | tee out
[[ $(grep -c . out) == 2 && $(head -1 out) == "port 8472: tcpdump says OTV, tshark "*":udp:data" &&
    $(tail -1 out) == "port 4789: tcpdump says VXLAN, tshark "*":udp:vxlan:eth:"* ]] || { echo "changed" >&2; exit 1; }
echo "as found"
