#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# GoBGP gives "<nil>" as the IP address of an EVPN route that has none.
#
# Expected: in JSON a missing address is null, empty or absent; or what was put in, 0.0.0.0, comes back.
# Found: a route for a MAC alone is added with 0.0.0.0 and comes back with "ip": "<nil>", the way the implementation's
#   language prints an empty pointer: neither an address nor empty, and not what the command line takes.
# Seen on: gobgpd 3.10.0-1+b4 (Debian 12).
# Matters to: readers of its tables: most routes of a layer-2 EVPN are of this kind, and an address parser ends on it.
# Output seen:
#   added with 0.0.0.0: "<nil>"
#   added with 198.51.100.2: "198.51.100.2"
#   added with <nil>: refused
set -euo pipefail
if [ $# = 0 ]; then
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    cd "$folder"
    apt-get -qq -o APT::Sandbox::User=root download gobgpd=3.10.0-1+b4
    for package in *.deb; do dpkg -x "$package" root; done
    cd "$OLDPWD"
    unshare --map-root-user --net --pid --fork --kill-child bash "$0" "$folder"
    exit
fi
cd "$1"
export PATH=$1/root/usr/bin:$PATH
ip link set dev lo up
printf '%s\n' '[global.config]' 'as = 65001' 'router-id = "192.0.2.1"' 'port = -1' >conf
gobgpd -t toml -f conf --api-hosts 127.0.0.1:50051 >log 2>&1 &
for _ in {1..100}; do gobgp global >/dev/null 2>&1 && break; sleep 0.1; done
route() { gobgp global rib add -a evpn macadv "$1" "$2" etag 0 label 10 rd 192.0.2.1:10 rt 65001:10 encap vxlan; }
route 02:00:00:00:00:01 0.0.0.0
route 02:00:00:00:00:02 198.51.100.2
route 02:00:00:00:00:03 '<nil>' >again 2>&1 && again=taken || again=refused
gobgp -j global rib -a evpn >table
python3 - "$again" <<'PYTHON' || { cat log again; echo "changed" >&2; exit 1; }
import json, sys

addresses = {}
for paths in json.load(open("table")).values():
    route = paths[0]["nlri"]["value"]
    addresses[route["mac"]] = route["ip"]
seen = [addresses["02:00:00:00:00:01"], addresses["02:00:00:00:00:02"], sys.argv[1]]
print('added with 0.0.0.0: "%s"\nadded with 198.51.100.2: "%s"\nadded with <nil>: %s' % tuple(seen))
sys.exit(seen != ["<nil>", "198.51.100.2", "refused"])
PYTHON
echo "as found"
