#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# vde_switch cuts frames of more than 1518 bytes short and forwards what is left.
#
# Expected: a switch drops what it cannot carry; so a frame that arrives is whole.
# Found: of a frame of 1519, 1522 (full size and a second tag) or 9014 bytes the first 1518 arrive, without a word or a
#   counter. A TCP stack behind it sees a checksum error at best; a protocol without a checksum takes the piece.
# Seen on: vde-switch 2.3.2+r586-8+b1 (Debian 12).
# Matters to: whoever joins VDE with something that carries jumbo frames or segments of an offload: keep to 1518 at its port.
# Output seen:
#   1514 -> 1514, 1518 -> 1518, 1519 -> 1518, 1522 -> 1518, 9014 -> 1518
set -euo pipefail
folder=$(mktemp -d)
switch=
trap 'kill $switch 2>/dev/null || :; rm -rf "$folder"' EXIT
cd "$folder"
apt-get -qq -o APT::Sandbox::User=root download vde-switch=2.3.2+r586-8+b1 libvdeplug2=4.0.1-4
for package in *.deb; do dpkg -x "$package" root; done
LD_LIBRARY_PATH=$(dirname "$folder"/root/usr/lib/*/libvdeplug.so.2)
export LD_LIBRARY_PATH
root/usr/bin/vde_switch -s "$folder/switch" -M "$folder/manage" </dev/zero >/dev/null 2>&1 &
switch=$!
for _ in {1..50}; do [ -S switch/ctl ] && break; sleep 0.1; done

python3 - <<'PYTHON'
import select, socket, struct, sys


def plug(name):
    control = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    control.connect("switch/ctl")
    data = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    data.bind(name)
    ours = struct.pack("H", socket.AF_UNIX) + name.encode().ljust(108, b"\0")
    control.send(struct.pack("<III", 0xFEEDFACE, 3, 0) + ours + b"finding")
    data.connect(control.recv(200)[2:110].split(b"\0")[0].decode())
    return control, data


alice, bob = plug("alice"), plug("bob")
pairs = []
for size in (1514, 1518, 1519, 1522, 9014):
    alice[1].send((b"\xff" * 6 + b"\x02\0\0\0\0\x01" + b"\x88\xb5").ljust(size, b"x"))
    arrived = len(bob[1].recv(70000)) if select.select([bob[1]], [], [], 2)[0] else 0
    pairs.append((size, arrived))
print(", ".join("%d -> %d" % pair for pair in pairs))
sys.exit(pairs != [(1514, 1514), (1518, 1518), (1519, 1518), (1522, 1518), (9014, 1518)])
PYTHON
echo "as found"
