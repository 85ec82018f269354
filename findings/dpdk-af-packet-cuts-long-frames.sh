#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# DPDK's af_packet port cuts frames of more than 1982 bytes short and forwards what is left.
#
# Expected: a frame too long for a buffer is dropped and counted as an error, or comes in several buffers.
# Found: on interfaces with an MTU of 9000, testpmd (forward mode "io") passes frames of up to 1982 bytes; of 1983 or 4000
#   the first 1982 arrive at the far side, as if they were whole. No error is counted ("RX-errors: 0").
#   The ring's default frame size of 2048 less its header is where the number comes from.
# Seen on: DPDK 22.11.11-0+deb12u1 (Debian 12), Linux 6.18.
# Matters to: labs that join a DPDK node by a veth: with segmentation offload on, or jumbo frames, every long segment arrives
#   damaged. Give `framesz=` to the port, or keep to an MTU of 1500 and turn offloads off.
# Output seen:
#   1514 -> 1514, 1982 -> 1982, 1983 -> 1982, 4000 -> 1982
#   RX-errors: 0
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
import select, socket, sys

sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sender.bind(("far1", 0))
listener = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x88B5))
listener.bind(("far2", 0x88B5))


def arrives(size, patience):
    sender.send(bytes.fromhex("02000000000202000000000188b5").ljust(size, b"x"))
    return len(listener.recv(70000)) if select.select([listener], [], [], patience)[0] else 0


for _ in range(60):  # until testpmd forwards
    if arrives(60, 0.5):
        break
pairs = [(size, arrives(size, 3)) for size in (1514, 1982, 1983, 4000)]
print(", ".join("%d -> %d" % pair for pair in pairs))
sys.exit(pairs != [(1514, 1514), (1982, 1982), (1983, 1982), (4000, 1982)])
PYTHON
printf '%s\n' "show port stats 0" quit >&9
wait
errors=$(grep -o 'RX-errors: [0-9]*' log | head -1)
echo "$errors"
[[ $errors == "RX-errors: 0" ]] || { echo "changed" >&2; exit 1; }
echo "as found"
