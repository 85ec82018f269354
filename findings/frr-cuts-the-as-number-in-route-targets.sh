#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# FRR puts the lower 16 bits of a 4-byte AS number into its automatic EVPN route target, as if it were a 2-byte AS.
#
# Expected: a route target for AS 4200000001 is of the 4-byte kind, or at least one that no other AS makes.
# Found: the automatic target of VNI 10 is 59905:10 (4200000001 mod 65536), the same as that of AS 59905 and of every
#   65536th AS number. FRR accepts by target alone, so unrelated fabrics that share a VNI import each other; and a speaker
#   that computes its target from the whole number is not heard, nor does it hear.
# Seen on: frr 8.4.4-1.1~deb12u2 (Debian 12), Linux 6.18.
# Matters to: other EVPN speakers that join FRR: state the route target on both sides.
# Output seen:
#   AS 4200000001, VNI 10: import 59905:10, export 59905:10
#   AS 59905, VNI 10: import 59905:10, export 59905:10
set -euo pipefail
if [ $# = 0 ]; then
    [ "$(id -u)" = 0 ] || { echo "needs root: it makes a network namespace and a VXLAN device" >&2; exit 2; }
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    cd "$folder"
    mkdir -p debs/partial
    apt-get -qq -y -o Debug::NoLocking=1 -o APT::Sandbox::User=root -o Dir::Cache::archives="$folder/debs" \
        --no-install-recommends --download-only --reinstall install 'frr=8.4.4-1.1~deb12u2' \
        >log 2>&1 || { cat log; exit 1; }
    for package in debs/*.deb; do dpkg -x "$package" root; done
    cd "$OLDPWD"
    unshare --net --mount --pid --fork --kill-child bash "$0" "$folder"
    exit
fi
cd "$1"
LD_LIBRARY_PATH=$(echo "$1"/root/usr/lib/*-linux-gnu*):$(echo "$1"/root/usr/lib/*-linux-gnu*/frr)
export LD_LIBRARY_PATH
mount -t tmpfs none /run
mount -t tmpfs none /var/tmp # where FRR keeps crash logs
{ cat /etc/passwd; echo 'frr:x:990:990::/:/bin/false'; } >/run/passwd # its user and groups, for this script alone
{ cat /etc/group; echo 'frr:x:990:'; echo 'frrvty:x:991:frr'; } >/run/group
mount --bind /run/passwd /etc/passwd
mount --bind /run/group /etc/group
sysctl -qw net.ipv6.conf.default.disable_ipv6=1
ip link set dev lo up
ip address add 192.0.2.1/32 dev lo
ip link add name br10 type bridge
ip link set dev br10 up
ip link add name vx10 type vxlan id 10 local 192.0.2.1 dstport 4789 nolearning
ip link set dev vx10 master br10
ip link set dev vx10 up
root/usr/lib/frr/bgpd --version | head -1

for as in 4200000001 59905; do
    mkdir -m 777 "/run/$as"
    echo 'hostname zebra' >"/run/$as/zebra.conf"
    printf '%s\n' "router bgp $as" ' bgp router-id 192.0.2.1' ' address-family l2vpn evpn' '  advertise-all-vni' \
        ' exit-address-family' >"/run/$as/bgpd.conf"
    processes=
    for daemon in zebra bgpd; do
        root/usr/lib/frr/$daemon -f "/run/$as/$daemon.conf" -i "/run/$as/$daemon.pid" -z "/run/$as/api" \
            --vty_socket "/run/$as" --log "file:/run/$as/log" >/dev/null 2>&1 &
        processes+=" $!"
        for _ in {1..100}; do [ -S "/run/$as/$daemon.vty" ] && break; sleep 0.1; done
    done
    python3 - "$as" <<'PYTHON'
import re, socket, sys, time

vty = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
vty.connect("/run/%s/bgpd.vty" % sys.argv[1])


def ask(command):
    vty.send(command.encode() + b"\0")
    answer = b""
    while len(answer) < 4 or answer[-4:-1] != bytes(3):
        answer += vty.recv(65536)
    return answer[:-4].decode()


ask("enable")
for _ in range(100):
    found = re.search(r"Import Route Target:\s+(\S+)\s+Export Route Target:\s+(\S+)", ask("show bgp l2vpn evpn vni 10"))
    if found:
        break
    time.sleep(0.1)
print("AS %s, VNI 10: import %s, export %s" % (sys.argv[1], *(found.groups() if found else ("none", "none"))))
PYTHON
    # shellcheck disable=SC2086 # two numbers
    kill -9 $processes
    # shellcheck disable=SC2086
    wait $processes 2>/dev/null || :
done | tee out
[[ $(cut -d: -f2- out | sort -u) == " import 59905:10, export 59905:10" && $(wc -l <out) == 2 ]] ||
    { cat /run/*/log; echo "changed" >&2; exit 1; }
echo "as found"
