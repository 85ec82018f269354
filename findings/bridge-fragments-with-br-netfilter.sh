#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A Linux bridge cuts IPv4 datagrams into fragments when br_netfilter is present, with no rule anywhere.
#
# Expected: a bridge never looks into a frame: one that is longer than the MTU of the port it should leave by is
#   dropped. Module br_netfilter only lets the rules of iptables or nftables see bridged frames.
# Found: with bridge-nf-call-iptables at 1, which is what it is as soon as the module is there, a datagram without DF
#   leaves a port of smaller MTU as two IP fragments that the bridge made. With DF it vanishes, without an
#   ICMP. At 0 the one without DF vanishes too. Bridge and ports count no drop in either case.
# Seen on: Linux 6.18. The module is loaded if it is not built in.
# Matters to: comparisons ("through the kernel bridge it works") between hosts with and without a container engine, which
#   loads this module: the same two ports of unequal MTU pass large pings on one host and not on the other.
# Output seen:
#   bridge-nf-call-iptables 1, DF not set: 2 fragments
#   bridge-nf-call-iptables 1, DF set: nothing
#   bridge-nf-call-iptables 0, DF not set: nothing
#   drops counted: 0
set -euo pipefail
if [ "${1-}" != inside ]; then
    [ "$(id -u)" = 0 ] || { echo "needs root: it makes network namespaces and a bridge" >&2; exit 2; }
    [ -d /proc/sys/net/bridge ] || modprobe br_netfilter || { echo "needs br_netfilter" >&2; exit 2; }
    exec unshare --net --mount bash "$0" inside
fi
mount -t sysfs none /sys
sysctl -qw net.ipv6.conf.default.disable_ipv6=1
ip link add name br0 type bridge mcast_snooping 0
ip link set dev br0 up
for i in 1 2; do
    ip link add name "p$i" type veth peer name "e$i"
    ip link set dev "p$i" master br0
    ip link set dev "p$i" up
    ip link set dev "e$i" up
done
ip link set dev p2 mtu 1000 # e2, the station's end, keeps 1500
echo "kernel $(uname -r)"
python3 - <<'PYTHON'
import select, socket, struct, sys

sockets = {}
for device in ("e1", "e2"):
    sockets[device] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
    sockets[device].bind((device, 0x0800))
MACS = bytes.fromhex("0200000000020200000000010800")


def datagram(flags, payload, identity):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + payload, identity, flags, 64, 253, 0,
                       bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2]))
    total = sum(struct.unpack("!10H", head))
    total = (total & 0xFFFF) + (total >> 16)
    return MACS + head[:10] + struct.pack("!H", 0xFFFF - total) + head[12:] + bytes(payload)


def arrives(setting, flags, payload=1300):
    with open("/proc/sys/net/bridge/bridge-nf-call-iptables", "w") as file:
        file.write(setting)
    heard = []
    arrives.identity += 1
    sockets["e1"].send(datagram(flags, payload, arrives.identity))
    while select.select([sockets["e2"]], [], [], 1 if not heard else 0.3)[0]:
        frame = sockets["e2"].recv(2000)
        identity, offset = struct.unpack("!HH", frame[18:22])
        if identity == arrives.identity:
            heard.append("fragment" if offset & 0x3FFF else "whole")  # more to come, or not the first
    if "whole" in heard:
        return "whole"
    return "%d fragments" % len(heard) if heard else "nothing"


arrives.identity = 0
for _ in range(20):  # until the veths carry
    if arrives("1", 0, 100) == "whole":
        break
seen = []
for setting, flags in (("1", 0), ("1", 0x4000), ("0", 0)):
    seen.append(arrives(setting, flags))
    print("bridge-nf-call-iptables %s, DF %s: %s" % (setting, "set" if flags else "not set", seen[-1]))
drops = sum(int(open("/sys/class/net/%s/statistics/%s_%s" % (device, way, what)).read())
            for device in ("br0", "p1", "p2") for way in ("rx", "tx") for what in ("dropped", "errors"))
print("drops counted:", drops)
sys.exit((seen, drops) != (["2 fragments", "nothing", "nothing"], 0))
PYTHON
echo "as found"
