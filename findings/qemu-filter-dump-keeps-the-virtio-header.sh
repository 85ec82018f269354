#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# QEMU's own capture of a virtio card on a TAP is unreadable: twelve bytes stand before each frame.
#
# Expected: `-object filter-dump` writes a pcap file of Ethernet frames; that is what its header says.
# Found: with a virtio card on a TAP that has a virtio header (vnet_hdr, the default), each record of the file begins with
#   that header, 12 bytes once the guest's driver is there. Readers show a frame from 00:00:... and no DHCP, though the guest's DISCOVER is there. With
#   vnet_hdr=off the same file is right.
# Seen on: qemu-system-x86 1:7.2+dfsg-7+deb12u18+b3 (Debian 12), guest: the iPXE that comes with it.
# Matters to: whoever compares what QEMU sent with what came in at a switch port: cut them off, or turn vnet_hdr off.
# Output seen:
#   vnet_hdr=on: DISCOVER of the guest at byte 12 of its record
#   vnet_hdr=off: DISCOVER of the guest at byte 0 of its record
set -euo pipefail
if [ $# = 0 ]; then
    [ "$(id -u)" = 0 ] || { echo "needs root: it makes a network namespace and TAPs" >&2; exit 2; }
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    cd "$folder"
    mkdir -p debs/partial
    version=1:7.2+dfsg-7+deb12u18
    apt-get -qq -y -o Debug::NoLocking=1 -o APT::Sandbox::User=root -o Dir::Cache::archives="$folder/debs" \
        --no-install-recommends --download-only --reinstall install "qemu-system-x86=$version+b3" \
        "qemu-system-common=$version+b3" "qemu-system-data=$version" seabios=1.16.2-1 ipxe-qemu=1.0.0+git-20190125.36a4c85-5.1 \
        >log 2>&1 || { cat log; exit 1; }
    for package in debs/*.deb; do dpkg -x "$package" root; done
    cd "$OLDPWD"
    unshare --net --pid --fork --kill-child bash "$0" "$folder"
    exit
fi
cd "$1"
LD_LIBRARY_PATH=$(echo "$1"/root/usr/lib/*-linux-gnu*)
QEMU_MODULE_DIR=$(echo root/usr/lib/*-linux-gnu*/qemu)
export LD_LIBRARY_PATH QEMU_MODULE_DIR
sysctl -qw net.ipv6.conf.default.disable_ipv6=1
root/usr/bin/qemu-system-x86_64 --version | head -1
place() { # prints where in its record the guest's DISCOVER begins, if the file has it
    python3 - "$1" <<'PYTHON'
import struct, sys

data = open(sys.argv[1], "rb").read()
record = 24
while record + 16 <= len(data):
    size = struct.unpack("<I", data[record + 8:record + 12])[0]
    found = data[record + 16:record + 16 + size].find(b"\xff" * 6 + bytes.fromhex("525400123456" "0800"))
    if found >= 0:
        print(found)
        break
    record += 16 + size
PYTHON
}
for way in on off; do
    ip tuntap add dev "t$way" mode tap vnet_hdr
    ip link set dev "t$way" up
    root/usr/bin/qemu-system-x86_64 -L root/usr/share/qemu -L root/usr/share/seabios -L root/usr/lib/ipxe/qemu \
        -machine pc -m 64 -display none -nodefaults -boot n -device virtio-net-pci,netdev=n,mac=52:54:00:12:34:56 \
        -netdev tap,id=n,ifname="t$way",script=no,downscript=no,vnet_hdr=$way \
        -object filter-dump,id=f,netdev=n,file="$way.pcap" >log 2>&1 &
    qemu=$!
    at=
    for _ in {1..120}; do
        sleep 0.5
        at=$(place $way.pcap 2>/dev/null) && [ -n "$at" ] && break
    done
    kill "$qemu" || :
    wait "$qemu" || :
    echo "vnet_hdr=$way: DISCOVER of the guest at byte ${at:-?} of its record"
done | tee out
[[ $(grep -o 'byte [0-9?]*' out | paste -sd' ') == "byte 12 byte 0" ]] || { cat log; echo "changed" >&2; exit 1; }
echo "as found"
