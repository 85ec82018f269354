#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A macvtap descriptor starts with a 10-byte virtio header on every frame; a TAP's has none.
#
# Expected: /dev/tapN of a macvtap is like a TAP: bare frames until IFF_VNET_HDR is asked for.
# Found: it is opened with IFF_VNET_HDR set. What is read has ten bytes before the frame, and of a bare frame that is
#   written the first ten bytes are taken as header: write() reports all 64 bytes, and a frame leaves without its
#   destination address and four bytes of its source. TUNSETIFF without the flag makes it bare.
# Seen on: Linux 6.18.
# Matters to: whoever opens both kinds by one piece of code and skips TUNSETIFF, for which a macvtap needs no name.
# Output seen:
#   flags as opened: 0x5002 (TAP, NO_PI, VNET_HDR)
#   64 bytes sent to it, 74 read
#   64 bytes written, 54 arrive
#   after TUNSETIFF with 0x1002: 64 bytes sent to it, 64 read
set -euo pipefail
if [ "${1-}" != inside ]; then
    [ "$(id -u)" = 0 ] || { echo "needs root: it makes a network namespace and a macvtap" >&2; exit 2; }
    exec unshare --net --mount bash "$0" inside
fi
mount -t sysfs none /sys
mount -t tmpfs none /run # for the device node
sysctl -qw net.ipv6.conf.default.disable_ipv6=1
ip link add name v0 type veth peer name v1
ip link set dev v0 up
ip link set dev v1 up
ip link add name m0 link v0 address 02:00:00:00:00:02 type macvtap mode bridge
ip link set dev m0 up
echo "kernel $(uname -r)"
python3 - <<'PYTHON'
import fcntl, glob, os, select, socket, stat, struct, sys

TUNSETIFF, TUNGETIFF = 0x400454CA, 0x800454D2
device = open(glob.glob("/sys/class/net/m0/tap*/dev")[0]).read().split(":")
os.mknod("/run/tap", stat.S_IFCHR | 0o600, os.makedev(*map(int, device)))
tap = os.open("/run/tap", os.O_RDWR)
flags = struct.unpack("16sH22x", fcntl.ioctl(tap, TUNGETIFF, bytes(40)))[1]
print("flags as opened: 0x%04x (TAP, NO_PI, VNET_HDR)" % flags)
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
wire.bind(("v1", 3))
FRAME = bytes.fromhex("02000000000202000000000188b5") + b"x" * 50


def read():
    while wire.send(FRAME) and not select.select([tap], [], [], 0.5)[0]:
        pass  # until the veths carry
    return len(os.read(tap, 2000))


with_header = read()
print("64 bytes sent to it, %d read" % with_header)
while select.select([wire], [], [], 0.2)[0]:
    wire.recv(2000)
written = os.write(tap, FRAME)
arrived = len(wire.recv(2000)) if select.select([wire], [], [], 2)[0] else 0
print("%d bytes written, %d arrive" % (written, arrived))
fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", b"", 0x1002))
while select.select([tap], [], [], 0.2)[0]:
    os.read(tap, 2000)
bare = read()
print("after TUNSETIFF with 0x1002: 64 bytes sent to it, %d read" % bare)
sys.exit((flags, with_header, written, arrived, bare) != (0x5002, 74, 64, 54, 64))
PYTHON
echo "as found"
