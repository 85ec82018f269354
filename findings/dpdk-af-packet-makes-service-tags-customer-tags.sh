#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# DPDK's af_packet port turns a service tag (0x88A8) into a customer tag (0x8100).
#
# Expected: a program that hands frames from one port to another unchanged (testpmd, forward mode "io") changes none.
# Found: the kernel gives the outer tag apart from the frame, with its EtherType; the driver keeps the number and forgets
#   the EtherType, so that every tag leaves as 0x8100. A frame with a service tag around a customer tag leaves with
#   two customer tags.
# Seen on: DPDK 22.11.11-0+deb12u1 (Debian 12), Linux 6.18.
# Matters to: provider bridges and QinQ labs with a DPDK node on veths or TAPs: the next bridge takes the outer tag for one
#   of its customers' VLANs.
# Output seen:
#   no tag -> no tag
#   8100 -> 8100
#   88a8 -> 8100
#   88a8 8100 -> 8100 8100
set -euo pipefail
if [ $# = 0 ]; then
    [ "$(id -u)" = 0 ] || { echo "needs root: it makes a network namespace and packet sockets" >&2; exit 2; }
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    cd "$folder"
    packages=(ibverbs-providers=44.0-2 dpdk-dev=22.11.11-0+deb12u1)
    for name in net-af-packet mempool-ring bitratestats bpf bus-auxiliary bus-dpaa bus-pci bus-vdev cmdline \
        common-dpaax common-iavf common-mlx5- crypto-scheduler cryptodev eal ethdev eventdev gro gso hash ip-frag kvargs \
        latencystats mbuf mempool-dpaa mempool meter metrics net-bnxt net-bond net-dpaa net-i40e net-ice net-ixgbe \
        net-mlx5- net pcapng pci pdump rcu reorder ring sched security telemetry timer; do
        packages+=("librte-${name}23=22.11.11-0+deb12u1")
    done
    for name in libnuma1 libfdt1 libjansson4 libbsd0 libelf1 libpcap0.8 libibverbs1 libmd0 libnl-3-200 libnl-route-3-200; do
        dpkg -s "$name" >/dev/null 2>&1 || packages+=("$name") # what its drivers are linked with
    done
    apt-get -qq -o APT::Sandbox::User=root download "${packages[@]}"
    for package in *.deb; do dpkg -x "$package" root; done
    cd "$OLDPWD"
    unshare --net --mount --pid --fork --kill-child bash "$0" "$folder"
    exit
fi
mount --bind "$1" /mnt # DPDK takes no driver from below a folder that all may write to
mount -t tmpfs none /run
cd /mnt
libraries=$(dirname "$(echo root/usr/lib/*/librte_eal.so.23)")
drivers=$(echo "/mnt/$libraries"/dpdk/pmds-*)
sysctl -qw net.ipv6.conf.default.disable_ipv6=1
for i in 1 2; do
    ip link add name "near$i" mtu 9000 type veth peer name "far$i" mtu 9000
    ip link set dev "near$i" up
    ip link set dev "far$i" up
done
mkfifo commands
LD_LIBRARY_PATH=/mnt/$libraries root/usr/bin/dpdk-testpmd --no-huge -m 256 --no-pci -l 0,1 \
    -d "$drivers/librte_mempool_ring.so.23" -d "$drivers/librte_net_af_packet.so.23" \
    --vdev=net_af_packet0,iface=near1 --vdev=net_af_packet1,iface=near2 -- \
    --interactive --forward-mode=io --auto-start --total-num-mbufs=4096 <commands >log 2>&1 &
exec 9>commands
python3 - <<'PYTHON' || { cat log; echo "changed" >&2; exit 1; }
import select, socket, struct, sys

SOL_PACKET, PACKET_AUXDATA = 263, 8
sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sender.bind(("far1", 0))
listener = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
listener.bind(("far2", 3))
listener.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
ADDRESSES = bytes.fromhex("020000000002020000000001")


def tags_behind(tags, patience):
    sender.send(ADDRESSES + b"".join(bytes.fromhex(t) + b"\0\x0a" for t in tags) + b"\x88\xb5" + b"x" * 46)
    while select.select([listener], [], [], patience)[0]:
        frame, ancillary, _, source = listener.recvmsg(2000, 100)
        if source[2] == socket.PACKET_OUTGOING or frame[:12] != ADDRESSES:
            continue
        status, _, _, _, _, _, ethertype = struct.unpack("<IIIHHHH", ancillary[0][2])
        found = ["%04x" % ethertype] if status & 0x10 else []  # the outer tag, which the kernel took off
        rest = frame[12:]
        while rest[:2] in (b"\x81\x00", b"\x88\xa8"):
            found.append(rest[:2].hex())
            rest = rest[4:]
        return found
    return None


for _ in range(60):  # until testpmd forwards
    if tags_behind([], 0.5) == []:
        break
seen = []
for tags in ([], ["8100"], ["88a8"], ["88a8", "8100"]):
    seen.append(tags_behind(tags, 3))
    arrived = "nothing" if seen[-1] is None else " ".join(seen[-1]) or "no tag"
    print("%s -> %s" % (" ".join(tags) or "no tag", arrived))
sys.exit(seen != [[], ["8100"], ["8100"], ["8100", "8100"]])
PYTHON
echo "as found"
