#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `ip -d link` names every bridge the root of its spanning tree.
#
# Expected: designated_root in the details of a bridge is the root that it believes in, as `brctl showstp` shows it.
# Found: iproute2 6.1 prints the bridge's own identifier there, whoever is root; root_path_cost and root_port beside it
#   are right, so the output contradicts itself. /sys/class/net/BRIDGE/bridge/root_id tells the truth.
# Seen on: iproute2 6.1.0-3 (Debian 12), Linux 6.18.
# Matters to: scripts that look for the root of a tree, or check that two bridges agree: they find as many roots as bridges.
# Output seen:
#   ip: bridge_id a000.2:0:0:0:0:2 designated_root a000.2:0:0:0:0:2 root_path_cost 2
#   sysfs: 1000.020000000001
set -euo pipefail
if [ $# = 0 ]; then
    [ "$(id -u)" = 0 ] || { echo "needs root: it makes a network namespace and bridges" >&2; exit 2; }
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    cd "$folder"
    apt-get -qq -o APT::Sandbox::User=root download iproute2=6.1.0-3 libbpf1=1:1.1.2-0+deb12u1
    for package in *.deb; do dpkg -x "$package" root; done
    cd "$OLDPWD"
    unshare --net --mount bash "$0" "$folder"
    exit
fi
mount -t sysfs none /sys
LD_LIBRARY_PATH=$(dirname "$1"/root/usr/lib/*/libbpf.so.1)
export LD_LIBRARY_PATH
ip() { "$1/root/bin/ip" "${@:2}"; }
ip "$1" link add name link0 type veth peer name link1
ip "$1" link add name br1 address 02:00:00:00:00:01 type bridge stp_state 1 priority 4096
ip "$1" link add name br2 address 02:00:00:00:00:02 type bridge stp_state 1 priority 40960
ip "$1" link set dev link0 master br1
ip "$1" link set dev link1 master br2
for device in br1 br2 link0 link1; do ip "$1" link set dev $device up; done
for _ in {1..100}; do [ "$(cat /sys/class/net/br2/bridge/root_id)" = 1000.020000000001 ] && break; sleep 0.1; done
echo "$(ip "$1" -V), kernel $(uname -r)"
shown=$(ip "$1" -d link show dev br2 | grep -oE '(bridge_id|designated_root|root_path_cost) [^ ]*' | paste -sd' ')
root=$(cat /sys/class/net/br2/bridge/root_id)
echo "ip: $shown"
echo "sysfs: $root"
[[ $shown == "bridge_id a000.2:0:0:0:0:2 designated_root a000.2:0:0:0:0:2 root_path_cost 2" &&
    $root == 1000.020000000001 ]] || { echo "changed" >&2; exit 1; }
echo "as found"
