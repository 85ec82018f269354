#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# slirpvde has sixteen DHCP leases in its whole life; releasing one frees nothing.
#
# Expected: a DHCP server takes back a released address, and a lease ends.
# Found: the seventeenth station gets no answer to its DISCOVER, though all sixteen before it have sent a RELEASE. The
#   addresses are 10.0.2.15 to 10.0.2.30, in the order of asking.
# Seen on: vde2 2.3.2+r586-8+b1 (Debian 12), which brings a libslirp of its own.
# Matters to: labs that make nodes with fresh MAC addresses again and again on one long-lived network.
# Output seen:
#   16 stations served, 10.0.2.15 to 10.0.2.30, all released; the next gets nothing
set -euo pipefail
if [ $# = 0 ]; then
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    cd "$folder"
    apt-get -qq -o APT::Sandbox::User=root download \
        vde-switch=2.3.2+r586-8+b1 libvdeplug2=4.0.1-4 vde2=2.3.2+r586-8+b1
    for package in *.deb; do dpkg -x "$package" root; done
    cd "$OLDPWD"
    unshare --map-root-user --net --pid --fork --kill-child bash "$0" "$folder"
    exit
fi
cd "$1"
LD_LIBRARY_PATH=$(dirname "$1"/root/usr/lib/*/libvdeplug.so.2)
export LD_LIBRARY_PATH
root/usr/bin/vde_switch -s "$1/switch" -M "$1/manage" </dev/zero >/dev/null 2>&1 &
for _ in {1..50}; do [ -S switch/ctl ] && break; sleep 0.1; done
root/usr/bin/slirpvde -D "$1/switch" >/dev/null 2>&1 &

python3 - <<'PYTHON'
import select, socket, struct, sys

control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
control.connect("switch/ctl")
data = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
data.bind("station")
control.send(struct.pack("<III", 0xFEEDFACE, 3, 0) + struct.pack("H", 1) + b"station".ljust(108, b"\0") + b"finding")
data.connect(control.recv(200)[2:110].split(b"\0")[0].decode())
DISCOVER, REQUEST, RELEASE = 1, 3, 7
NOBODY = bytes(4)


def message(kind, station, address=NOBODY):
    mac = bytes([2, 0, 0, 0, 1, station])
    options = b"\x63\x82\x53\x63" + bytes([53, 1, kind])
    if kind != DISCOVER:
        options += bytes([54, 4, 10, 0, 2, 2])
    if kind == REQUEST:
        options += bytes([50, 4]) + address
    client = address if kind == RELEASE else NOBODY
    bootp = struct.pack("!BBBBIHH4s12x6s202x", 1, 1, 6, 0, station, 0, 0x8000, client, mac) + options + b"\xff"
    bootp = bootp.ljust(300, b"\0")
    udp = struct.pack("!HHHH", 68, 67, 8 + len(bootp), 0) + bootp
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, client, b"\xff" * 4)
    total = sum(struct.unpack("!10H", head))
    total = (total & 0xFFFF) + (total >> 16)
    return b"\xff" * 6 + mac + b"\x08\x00" + head[:10] + struct.pack("!H", 0xFFFF - total) + head[12:] + udp


def answer(kind, station, address=NOBODY, patience=1.0):
    data.send(message(kind, station, address))
    while select.select([data], [], [], patience)[0]:
        frame = data.recv(2000)
        if frame[12:14] == b"\x08\x00" and frame[34:38] == b"\0\x43\0\x44" and frame[46:50] == struct.pack("!I", station):
            return frame[58:62]
    return None


for _ in range(20):  # until slirpvde is there
    if answer(DISCOVER, 0, patience=0.5):
        break
given = []
while len(given) < 40:
    offer = answer(DISCOVER, len(given))
    if offer is None or answer(REQUEST, len(given), offer) != offer:
        break
    given.append(socket.inet_ntoa(offer))
    data.send(message(RELEASE, len(given) - 1, offer))
print("%d stations served, %s to %s, all released; the next gets nothing" % (len(given), given[0], given[-1]))
sys.exit((len(given), given[0], given[-1]) != (16, "10.0.2.15", "10.0.2.30"))
PYTHON
echo "as found"
