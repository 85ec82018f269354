#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# arping of iputils broadcasts until somebody answers, and from then on asks that one station alone.
#
# Expected: each probe is a broadcast, so arping shows every station that claims an address, and its frames keep coming
#   to all ports of a switch.
# Found: after the first answer it writes to the answerer's MAC, so a second station with the same address, which answers a
#   little later, is asked once and never again, and a switch floods the first frame alone. `-b` keeps to broadcast. The
#   "target hardware address" in the first question is ff-ff-ff-ff-ff-ff, which others leave 0.
# Seen on: iputils-arping 3:20221126-1+deb12u1 (Debian 12).
# Matters to: tests of flooding and searches for duplicate addresses. (Debian's other arping, package "arping", differs.)
# Output seen:
#   probes: ff:ff:ff:ff:ff:ff 02:00:00:00:00:02 02:00:00:00:00:02, target of the first ff:ff:ff:ff:ff:ff
#   with -b: ff:ff:ff:ff:ff:ff ff:ff:ff:ff:ff:ff ff:ff:ff:ff:ff:ff
set -euo pipefail
if [ $# = 0 ]; then
    [ "$(id -u)" = 0 ] || { echo "needs root: it makes a network namespace and packet sockets" >&2; exit 2; }
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    cd "$folder"
    apt-get -qq -o APT::Sandbox::User=root download iputils-arping=3:20221126-1+deb12u1
    for package in *.deb; do dpkg -x "$package" root; done
    cd "$OLDPWD"
    unshare --net --pid --fork --kill-child bash "$0" "$folder"
    exit
fi
sysctl -qw net.ipv6.conf.default.disable_ipv6=1
ip link add name v0 type veth peer name v1
ip address add 192.0.2.1/24 dev v0
ip link set dev v0 up
ip link set dev v1 up
ARPING=$1/root/usr/bin/arping python3 - <<'PYTHON'
import os, socket, subprocess, sys

station = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
station.bind(("v1", 0x0806))
station.settimeout(10)
MAC = bytes.fromhex("020000000002")
ADDRESS = socket.inet_aton("192.0.2.2")


def text(mac):
    return ":".join("%02x" % byte for byte in mac)


def probes(*options):
    words = [os.environ["ARPING"], *options, "-c", "3", "-I", "v0", "192.0.2.2"]
    arping = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    asked = []
    while len(asked) < 3:
        frame, source = station.recvfrom(2000)
        if source[2] == socket.PACKET_OUTGOING or frame[38:42] != ADDRESS:
            continue
        asked.append((text(frame[:6]), text(frame[32:38])))
        station.send(frame[6:12] + MAC + bytes.fromhex("08060001080006040002") + MAC + ADDRESS + frame[22:32])
    arping.wait()
    return asked


usual, broadcast = probes(), probes("-b")
print("probes: %s, target of the first %s" % (" ".join(to for to, _ in usual), usual[0][1]))
print("with -b:", " ".join(to for to, _ in broadcast))
everybody, one = "ff:ff:ff:ff:ff:ff", text(MAC)
sys.exit(([to for to, _ in usual], usual[0][1], [to for to, _ in broadcast])
         != ([everybody, one, one], everybody, [everybody] * 3))
PYTHON
echo "as found"
