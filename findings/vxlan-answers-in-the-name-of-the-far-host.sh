#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A VXLAN device in a bridge answers "fragmentation needed" with the address of the station behind the tunnel.
#
# Expected: a layer-2 tunnel is mute: a frame that is too long for it is dropped, or the outer datagram is fragmented;
#   an ICMP error comes from a router, with the router's address.
# Found: a station on a bridge (no router, no address on bridge or tunnel) pings with DF and 1468 bytes over a tunnel that
#   carries 1450. It is told "Frag needed and DF set (mtu = 1450)" by 198.51.100.2: the address of the host it
#   pinged, which never saw the datagram. The VXLAN device made that frame. Without DF the ping passes, as outer
#   fragments. Thanks to it TCP works at all over such a tunnel whose MTU reads 1500.
# Seen on: Linux 6.18, iputils ping. The device is made without `dev`, so that its MTU is 1500.
# Matters to: whoever replaces the kernel's VXLAN by another: small packets pass, and every bulk transfer hangs.
# Output seen:
#   From 198.51.100.2 icmp_seq=1 Frag needed and DF set (mtu = 1450)
#   ICMP errors sent by the far host: 0
#   without DF: passes
set -euo pipefail
if [ "${1-}" != inside ]; then
    [ "$(id -u)" = 0 ] || { echo "needs root: it makes network namespaces" >&2; exit 2; }
    command -v ping >/dev/null || { echo "needs ping of iputils" >&2; exit 2; }
    exec unshare --net --mount bash "$0" inside
fi
mount -t tmpfs none /run # names of namespaces, gone with this one
sysctl -qw net.ipv6.conf.default.disable_ipv6=1
ip netns add near
ip netns add far
ip link add name under0 type veth peer name under1 netns far
ip address add 192.0.2.1/24 dev under0
ip link set dev under0 up
ip -n far address add 192.0.2.2/24 dev under1
ip -n far link set dev under1 up
ip link add name vx type vxlan id 7 remote 192.0.2.2 dstport 4789
ip -n far link add name vx type vxlan id 7 remote 192.0.2.1 dstport 4789
ip -n far address add 198.51.100.2/24 dev vx
ip -n far link set dev vx up
ip link add name br0 type bridge
ip link add name port type veth peer name station netns near
for device in port vx; do
    ip link set dev $device master br0
    ip link set dev $device up
done
ip link set dev br0 up
ip -n near address add 198.51.100.1/24 dev station
ip -n near link set dev station up
echo "kernel $(uname -r)"
for _ in {1..20}; do
    ip netns exec near ping -q -c 1 -W 1 198.51.100.2 >/dev/null && break
done
text=$(ip netns exec near ping -n -c 1 -W 2 -M 'do' -s 1440 198.51.100.2 || :)
answer=$(grep '^From' <<<"$text" || echo "no answer")
echo "$answer"
ip netns exec near ping -q -c 1 -W 2 -M dont -s 1440 198.51.100.2 >/dev/null && without=passes || without=lost
names=$(awk '/^Icmp:/ { for (i = 1; i <= NF; i++) if ($i == "OutDestUnreachs") print i; exit }' /proc/net/snmp)
errors=$(ip netns exec far cat /proc/net/snmp | awk -v n="$names" '/^Icmp:/ && $2 ~ /[0-9]/ { print $n }')
echo "ICMP errors sent by the far host: $errors"
echo "without DF: $without"
[[ $answer == "From 198.51.100.2 "*"Frag needed and DF set (mtu = 1450)" && $errors == 0 && $without == passes ]] ||
    { echo "changed" >&2; exit 1; }
echo "as found"
