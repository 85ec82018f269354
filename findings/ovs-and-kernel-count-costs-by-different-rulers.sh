#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The same veth costs 2 in the kernel's spanning tree and 2000 in Open vSwitch's RSTP.
#
# Expected: both derive the path cost from the speed, 10 Gbit/s for a veth, so default costs can be added up along a path
#   through both kinds of bridge.
# Found: the kernel takes the table of 802.1D-1998 (10 Gbit/s: 2), OVS that of 802.1D-2004 (2000). With its older STP OVS
#   says 2 as well, so turning RSTP on changes the costs of the very same ports a thousandfold.
# Seen on: openvswitch-switch 3.1.0-2+deb12u1 (Debian 12), Linux 6.18.
# Matters to: trees of both: every path through kernel bridges wins, up to a thousand hops; set costs by hand on one side.
# Output seen:
#   kernel bridge: 2
#   OVS, STP: 2
#   OVS, RSTP: 2000
set -euo pipefail
if [ $# = 0 ]; then
    [ "$(id -u)" = 0 ] || { echo "needs root: it makes a network namespace" >&2; exit 2; }
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
mount -t sysfs none /sys
LD_LIBRARY_PATH=$(echo "$1"/root/usr/lib/*-linux-gnu*)
export LD_LIBRARY_PATH PATH=$1/root/usr/bin:$1/root/usr/sbin:$1/root/usr/lib/openvswitch-switch:$PATH
export OVS_RUNDIR=$1 OVS_LOGDIR=$1 OVS_DBDIR=$1 OVS_SYSCONFDIR=$1
vsctl() { ovs-vsctl --timeout=20 --db="unix:$OVS_RUNDIR/db.sock" "$@"; }
ip link add name to-ovs type veth peer name to-kernel
ip link add name br0 type bridge
ip link set dev to-kernel master br0
for device in br0 to-kernel to-ovs; do ip link set dev $device up; done
ovsdb-tool create conf.db root/usr/share/openvswitch/vswitch.ovsschema
ovsdb-server conf.db --remote="punix:$1/db.sock" --unixctl="$1/db.ctl" --detach --pidfile --log-file >/dev/null 2>&1
vsctl --no-wait init
ovs-vswitchd "unix:$1/db.sock" --unixctl="$1/vs.ctl" --disable-system --detach --pidfile --log-file >/dev/null 2>&1
vsctl add-br ovs0 -- set bridge ovs0 datapath_type=netdev -- add-port ovs0 to-ovs
cost() { # of the port, as "stp/show" or "rstp/show" tells
    for _ in {1..50}; do
        found=$(ovs-appctl -t "$OVS_RUNDIR/vs.ctl" "$1/show" ovs0 2>/dev/null | awk '$1 == "to-ovs" { print $4 }')
        [ -n "$found" ] && break
        sleep 0.1
    done
    echo "$found"
}
kernel=$(cat /sys/class/net/br0/brif/to-kernel/path_cost)
vsctl set bridge ovs0 stp_enable=true
stp=$(cost stp)
vsctl set bridge ovs0 stp_enable=false
vsctl set bridge ovs0 rstp_enable=true
rstp=$(cost rstp)
echo "kernel $(uname -r), $(ovs-vsctl --version | head -1)"
echo "kernel bridge: $kernel"
echo "OVS, STP: $stp"
echo "OVS, RSTP: $rstp"
[[ $kernel == 2 && $stp == 2 && $rstp == 2000 ]] || { echo "changed" >&2; exit 1; }
echo "as found"
