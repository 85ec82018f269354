#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `mcast_flood off` on a bridge port ends IPv6 and mDNS behind it; a group of 224.0.0.x cannot even be let through by hand.
#
# Expected: the option stops groups that nobody asked for; groups that all must hear (224.0.0.x, ff02::1) are exempt, as
#   RFC 4541 wants it for snooping, and neighbour discovery goes on.
# Found: the port gets none of them. A report for 224.0.0.251 is not remembered, and `bridge mdb add` refuses the group as
#   "local multicast", so it cannot be let through by hand either. PTP's 01-1B-19-00-00-00 is gone too; broadcast
#   is another option and passes.
# Seen on: Linux 6.18, iproute2 6.1.
# Matters to: whoever turns it off against unknown multicast: IPv4 by ARP goes on, IPv6 does not.
# Output seen:
#   mDNS, reported by the port: lost, entry refused
#   neighbour solicitation: lost
#   all nodes: lost
#   PTP: lost
#   broadcast: arrives
set -euo pipefail
if [ "${1-}" != inside ]; then
    [ "$(id -u)" = 0 ] || { echo "needs root: it makes a network namespace and a bridge" >&2; exit 2; }
    exec unshare --net bash "$0" inside
fi
sysctl -qw net.ipv6.conf.default.disable_ipv6=1
ip link add name br0 type bridge
ip link set dev br0 up
for i in 1 2; do
    ip link add name "p$i" type veth peer name "e$i"
    ip link set dev "p$i" master br0
    ip link set dev "p$i" up
    ip link set dev "e$i" up
done
ip link set dev p2 type bridge_slave mcast_flood off
echo "kernel $(uname -r), $(bridge -V)"
python3 - <<'PYTHON'
import select, socket, struct, subprocess, sys, time

sockets = {}
for device in ("e1", "e2"):
    sockets[device] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    sockets[device].bind((device, 3))


def checksum(data):
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return struct.pack("!H", 0xFFFF - total)


def ipv4(group, protocol, payload, options=b""):
    head = struct.pack("!BBHHHBB2x4s4s", 0x45 + len(options) // 4, 0, 20 + len(options) + len(payload), 0, 0, 1, protocol,
                       bytes([192, 0, 2, 1]), socket.inet_aton(group)) + options
    head = head[:10] + checksum(head) + head[12:]
    return b"\x01\x00\x5e" + socket.inet_aton(group)[1:] + bytes.fromhex("020000000001" "0800") + head + payload


def ipv6(group, payload=bytes(24)):
    to = socket.inet_pton(socket.AF_INET6, group)
    return (b"\x33\x33" + to[-4:] + bytes.fromhex("020000000001" "86dd")
            + struct.pack("!IHBB", 6 << 28, len(payload), 253, 255) + bytes.fromhex("fe80" + "00" * 13 + "01") + to + payload)


def result(frame):
    sockets["e1"].send(frame)
    end = time.monotonic() + 0.5
    while select.select([sockets["e2"]], [], [], max(0, end - time.monotonic()))[0]:
        data, source = sockets["e2"].recvfrom(2000)
        if data == frame and source[2] != socket.PACKET_OUTGOING:
            return "arrives"
    return "lost"


BROADCAST = b"\xff" * 6 + bytes.fromhex("020000000001" "88b5") + bytes(46)
for _ in range(20):  # until the veths carry
    if result(BROADCAST) == "arrives":
        break
report = b"\x16\0\0\0" + socket.inet_aton("224.0.0.251")
report = report[:2] + checksum(report) + report[4:]
sockets["e2"].send(ipv4("224.0.0.251", 2, report, b"\x94\x04\0\0"))
entry = subprocess.run("bridge mdb add dev br0 port p2 grp 224.0.0.251 permanent".split(), capture_output=True)
seen = {
    "mDNS, reported by the port": result(ipv4("224.0.0.251", 253, bytes(20)))
    + (", entry refused" if entry.returncode else ", entry taken"),
    "neighbour solicitation": result(ipv6("ff02::1:ff00:2")),
    "all nodes": result(ipv6("ff02::1")),
    "PTP": result(bytes.fromhex("011b19000000" "020000000001" "88f7") + bytes(46)),
    "broadcast": result(BROADCAST),
}
for name, what in seen.items():
    print("%s: %s" % (name, what))
sys.exit(list(seen.values()) != ["lost, entry refused", "lost", "lost", "lost", "arrives"])
PYTHON
echo "as found"
