#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A kernel VXLAN tunnel over a veth into Open vSwitch's userspace datapath loses every frame.
#
# Expected: both ends speak VXLAN, so a tunnel between a container's kernel and OVS on the same machine works at once.
# Found: the kernel leaves the outer UDP checksum to "the card", which a veth does not have; OVS reads the frame by a packet
#   socket, checks the outer checksum and drops all of it (counted as datapath_drop_tunnel_pop_error; no port counts
#   it). ARP over the tunnel fails just so, while a ping outside the tunnel passes. `ethtool -K ... tx off` at the
#   container's end cures it.
# Seen on: openvswitch-switch 3.1.0-2+deb12u1 (Debian 12), Linux 6.18, ethtool 6.1.
# Matters to: whoever offers a veth to a user-space switch: finish the checksums yourself for peers that cannot know.
# Output seen:
#   outside the tunnel: 1 of 1, through the tunnel: 0 of 2, with tx off: 2 of 2
#   counted as datapath_drop_tunnel_pop_error: yes
set -euo pipefail
if [ $# = 0 ]; then
    [ "$(id -u)" = 0 ] || { echo "needs root: it makes network namespaces" >&2; exit 2; }
    command -v ethtool >/dev/null || { echo "needs ethtool" >&2; exit 2; }
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    (
        cd "$folder"
        mkdir -p debs/partial
        apt-get -qq -y -o Debug::NoLocking=1 -o APT::Sandbox::User=root -o Dir::Cache::archives="$folder/debs" \
            --no-install-recommends --download-only --reinstall install openvswitch-switch=3.1.0-2+deb12u1 \
            openvswitch-common=3.1.0-2+deb12u1 >log 2>&1 || { cat log; exit 1; }
        for package in debs/*.deb; do dpkg -x "$package" root; done
    )
    unshare --net --mount --pid --fork --kill-child bash "$0" "$folder"
    exit
fi
cd "$1"
mount -t tmpfs none /run # names of namespaces, gone with this one
LD_LIBRARY_PATH=$(echo "$1"/root/usr/lib/*-linux-gnu*)
export LD_LIBRARY_PATH PATH=$1/root/usr/bin:$1/root/usr/sbin:$1/root/usr/lib/openvswitch-switch:$PATH
export OVS_RUNDIR=$1 OVS_LOGDIR=$1 OVS_DBDIR=$1 OVS_SYSCONFDIR=$1
vsctl() { ovs-vsctl --timeout=20 --db="unix:$OVS_RUNDIR/db.sock" "$@"; }
received() { ping -q -c "$1" -W 1 "$2" | sed -n 's/.*, \([0-9]*\) received.*/\1/p' || :; }

ip netns add far
ip link add name wire0 type veth peer name wire1 netns far
ip link set dev wire0 up
ip -n far link set dev wire1 up
ip -n far address add 192.0.2.2/24 dev wire1
ip -n far link add name vx type vxlan id 7 remote 192.0.2.1 dstport 4789 dev wire1
ip -n far address add 198.51.100.2/24 dev vx
ip -n far link set dev vx up
ovsdb-tool create conf.db root/usr/share/openvswitch/vswitch.ovsschema
ovsdb-server conf.db --remote="punix:$1/db.sock" --unixctl="$1/db.ctl" --detach --pidfile --log-file >/dev/null 2>&1
vsctl --no-wait init
ovs-vswitchd "unix:$1/db.sock" --unixctl="$1/vs.ctl" --disable-system --detach --pidfile --log-file >/dev/null 2>&1
vsctl add-br under -- set bridge under datapath_type=netdev fail-mode=standalone -- add-port under wire0
ip address add 192.0.2.1/24 dev under
ip link set dev under up
vsctl add-br over -- set bridge over datapath_type=netdev fail-mode=standalone -- add-port over vx0 \
    -- set interface vx0 type=vxlan options:remote_ip=192.0.2.2 options:key=7
ip address add 198.51.100.1/24 dev over
ip link set dev over up
echo "kernel $(uname -r), $(ovs-vsctl --version | head -1)"
for _ in {1..30}; do [ "$(received 1 192.0.2.2)" = 1 ] && break; done
outside=$(received 1 192.0.2.2)
through=$(received 2 198.51.100.2)
drops=$(ovs-appctl -t "$1/vs.ctl" coverage/show | sed -n 's/^datapath_drop_tunnel_pop_error .*total: //p')
ip netns exec far ethtool -K wire1 tx off >/dev/null
for _ in {1..30}; do [ "$(received 1 198.51.100.2)" = 1 ] && break; done
cured=$(received 2 198.51.100.2)
echo "outside the tunnel: $outside of 1, through the tunnel: $through of 2, with tx off: $cured of 2"
echo "counted as datapath_drop_tunnel_pop_error: $([[ ${drops:-0} -ge 2 ]] && echo yes || echo no)"
[[ $outside == 1 && $through == 0 && $cured == 2 && ${drops:-0} -ge 2 ]] || { echo "changed" >&2; exit 1; }
echo "as found"
