#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A fresh Open vSwitch bridge drops CDP, PVST+ and two addresses that are not even multicast.
#
# Expected: a bridge without spanning tree filters 01-80-C2-00-00-00 to 0F as the standard says, and forwards the rest.
# Found: the NORMAL action drops those sixteen, and besides 01-00-0C-CC-CC-CC and CD (CDP, VTP, PVST+), the unicast
#   addresses 00-E0-2B-00-00-00 and -04 (EDP, EAPS), whatever the EtherType.
# Seen on: openvswitch-switch 3.1.0-2+deb12u1 (Debian 12), dummy datapath, `ofproto/trace`.
# Matters to: labs in which Cisco-like nodes are joined through OVS and see no neighbours, while they do through a Linux
#   bridge. `other_config:forward-bpdu=true` forwards them.
# Output seen:
#   01:80:c2:00:00:0e drop (LLDP)
#   01:80:c2:00:00:21 forwarded (GVRP)
#   01:00:0c:cc:cc:cc drop (CDP)
#   01:00:0c:cc:cc:cd drop (PVST+)
#   00:e0:2b:00:00:00 drop (EDP)
#   00:e0:2b:00:00:01 forwarded (its neighbour)
#   00:e0:2b:00:00:04 drop (EAPS)
#   with forward-bpdu: 01:00:0c:cc:cc:cc forwarded
set -euo pipefail
if [ $# = 0 ]; then
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
    unshare --map-root-user --net --pid --fork --kill-child bash "$0" "$folder"
    exit
fi
cd "$1"
LD_LIBRARY_PATH=$(echo "$1"/root/usr/lib/*-linux-gnu*)
export LD_LIBRARY_PATH PATH=$1/root/usr/bin:$1/root/usr/sbin:$1/root/usr/lib/openvswitch-switch:$PATH
export OVS_RUNDIR=$1 OVS_LOGDIR=$1 OVS_DBDIR=$1 OVS_SYSCONFDIR=$1
ovsdb-tool create conf.db root/usr/share/openvswitch/vswitch.ovsschema
ovsdb-server conf.db --remote="punix:$1/db.sock" --unixctl="$1/db.ctl" --detach --pidfile --log-file >/dev/null 2>&1
vsctl() { ovs-vsctl --timeout=20 --db="unix:$1/db.sock" "${@:2}"; }
vsctl "$1" --no-wait init
ovs-vswitchd "unix:$1/db.sock" --unixctl="$1/vs.ctl" --disable-system --enable-dummy=override --detach --pidfile \
    --log-file >/dev/null 2>&1
vsctl "$1" add-br br0 -- set bridge br0 datapath_type=dummy fail-mode=standalone -- set interface br0 type=dummy \
    -- add-port br0 p1 -- set interface p1 type=dummy -- add-port br0 p2 -- set interface p2 type=dummy
ovs-vsctl --version | head -1
way() {
    ovs-appctl -t "$1/vs.ctl" ofproto/trace br0 "in_port=1,dl_src=02:00:00:00:00:01,dl_dst=$2,dl_type=0x88b5" |
        sed -n 's/^Datapath actions: //p' | sed 's/^[0-9].*/forwarded/'
}
while read -r address what; do
    echo "$address $(way "$1" "$address") ($what)"
done <<'ADDRESSES' | tee out
01:80:c2:00:00:0e LLDP
01:80:c2:00:00:21 GVRP
01:00:0c:cc:cc:cc CDP
01:00:0c:cc:cc:cd PVST+
00:e0:2b:00:00:00 EDP
00:e0:2b:00:00:01 its neighbour
00:e0:2b:00:00:04 EAPS
ADDRESSES
vsctl "$1" set bridge br0 other_config:forward-bpdu=true
then=$(way "$1" 01:00:0c:cc:cc:cc)
echo "with forward-bpdu: 01:00:0c:cc:cc:cc $then"
[[ $(cut -d' ' -f2 out | tr '\n' ' ') == "drop forwarded drop drop drop forwarded drop " && $then == forwarded ]] ||
    { echo "changed" >&2; exit 1; }
echo "as found"
