#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A packet socket for EtherType 0x8100 hears no tagged frame; one for 0x0800 hears the IPv4 of every VLAN.
#
# Expected: a socket bound to ETH_P_8021Q hears the frames that carry 0x8100 after the addresses, and one bound to
#   ETH_P_IP the untagged IPv4 frames.
# Found: the kernel takes the outer tag off before it compares. A frame of VLAN 10 goes to the socket of its inner
#   type, with packet type "other host" although it is a broadcast, and to nobody who asked for 0x8100. The only
#   frame that a socket for 0x8100 hears has two tags. A service tag (0x88a8) is taken off in the same way.
# Seen on: Linux 6.18; the interface needs no VLAN device.
# Matters to: per-protocol listeners (LLDP, PTP, EAPOL, a switch's own test traffic): they hear other VLANs' frames as
#   untagged unless they read PACKET_AUXDATA, and counting tagged frames by EtherType counts none.
# Output seen:
#   0x8100 tag, IPv4: heard by ETH_P_ALL broadcast, 0x0800 otherhost
#   0x88a8 tag, IPv4: heard by ETH_P_ALL broadcast, 0x0800 otherhost
#   0x88a8 and 0x8100 tags, IPv4: heard by ETH_P_ALL broadcast, 0x8100 otherhost
#   priority tag (VLAN 0), IPv4: heard by ETH_P_ALL broadcast, 0x0800 broadcast
set -euo pipefail
if [ "${1-}" != inside ]; then
    [ "$(id -u)" = 0 ] || { echo "needs root: it makes a network namespace and packet sockets" >&2; exit 2; }
    exec unshare --net bash "$0" inside
fi
sysctl -qw net.ipv6.conf.default.disable_ipv6=1
ip link add name v0 type veth peer name v1
ip link set dev v0 up
ip link set dev v1 up
echo "kernel $(uname -r)"
python3 - <<'PYTHON'
import select, socket, sys

KINDS = {socket.PACKET_BROADCAST: "broadcast", socket.PACKET_OTHERHOST: "otherhost"}
ADDRESSES = b"\xff" * 6 + b"\x02\0\0\0\0\x01"
IPV4 = bytes.fromhex("0800") + b"\x45" + bytes(60)
FRAMES = {
    "0x8100 tag, IPv4": "8100000a",
    "0x88a8 tag, IPv4": "88a8000a",
    "0x88a8 and 0x8100 tags, IPv4": "88a8000a81000014",
    "priority tag (VLAN 0), IPv4": "8100e000",
}
sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sender.bind(("v0", 0))
seen = {}
for name, tags in FRAMES.items():
    heard = []
    for ethertype in (0x0003, 0x8100, 0x88A8, 0x0800):
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as listener:
            listener.bind(("v1", ethertype))
            sender.send(ADDRESSES + bytes.fromhex(tags) + IPV4)
            if select.select([listener], [], [], 0.5)[0]:
                kind = KINDS[listener.recvfrom(2000)[1][2]]
                heard.append("%s %s" % ("ETH_P_ALL" if ethertype == 3 else "0x%04x" % ethertype, kind))
    seen[name] = ", ".join(heard)
    print("%s: heard by %s" % (name, seen[name]))
everybody = "ETH_P_ALL broadcast, "
sys.exit(list(seen.values()) != [everybody + "0x0800 otherhost", everybody + "0x0800 otherhost",
                                 everybody + "0x8100 otherhost", everybody + "0x0800 broadcast"])
PYTHON
echo "as found"
