#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A further queue of a TAP is framed as the first is, whatever it asks for, and is not told.
#
# Expected: IFF_VNET_HDR is asked for in TUNSETIFF of a descriptor, so a second queue that does not ask for a
#   virtio-net header reads frames without one, or TUNSETIFF refuses what does not fit the device.
# Found: TUNSETIFF succeeds and gives back the flags as they were asked for. Frames that the second queue reads have
#   a header of 10 bytes; the first 10 bytes of what it writes are taken for one. TUNGETIFF alone tells the truth.
# Seen on: Linux 6.18.
# Matters to: whoever attaches to a multi-queue TAP that another program has made.
# Output seen:
#   TUNSETIFF without IFF_VNET_HDR: accepted, and gives back flags without it
#   TUNGETIFF of that queue: with IFF_VNET_HDR
#   a frame of 64 bytes read from it: 74 bytes
#   64 bytes written to it, heard by the host: 54 bytes
set -euo pipefail
if [ "${1-}" != inside ]; then
    [ "$(id -u)" = 0 ] || { echo "needs root: it makes a network namespace and a TAP" >&2; exit 2; }
    exec unshare --net --mount bash "$0" inside
fi
mount -t sysfs none /sys
sysctl -qw net.ipv6.conf.default.disable_ipv6=1
echo "kernel $(uname -r)"
python3 - <<'PYTHON'
import fcntl, os, socket, struct, subprocess, sys

TUNSETIFF, TUNGETIFF, TUNSETQUEUE, IFF_DETACH_QUEUE = 0x400454CA, 0x800454D2, 0x400454D9, 0x0400
TAP, NO_PI, MULTI_QUEUE, VNET_HDR = 0x0002, 0x1000, 0x0100, 0x4000
# Ten zero bytes stand where a header would, so that what is written is a frame either way.
FRAME = bytes(10) + b"\x02\0\0\0\0\x01" + b"\x02\0\0\0\0\x02" + b"\x88\xb5" + b"x" * 40


def ask(fd, call, flags):
    answer = fcntl.ioctl(fd, call, struct.pack("16sH22x", b"t0", flags))
    return struct.unpack("16sH22x", answer)[1]


def queue(flags):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    return fd, ask(fd, TUNSETIFF, TAP | NO_PI | MULTI_QUEUE | flags)


with_or_without = lambda flags: "with" if flags & VNET_HDR else "without"
first, _ = queue(VNET_HDR)
second, given = queue(0)
told = ask(second, TUNGETIFF, 0)
print("TUNSETIFF without IFF_VNET_HDR: accepted, and gives back flags %s it" % with_or_without(given))
print("TUNGETIFF of that queue: %s IFF_VNET_HDR" % with_or_without(told))

subprocess.run("ip link set dev t0 up", shell=True, check=True)
host = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
host.bind(("t0", 3))
host.settimeout(2)
fcntl.ioctl(first, TUNSETQUEUE, struct.pack("16sH22x", b"", IFF_DETACH_QUEUE))
host.send(FRAME)
read = len(os.read(second, 2000))
print("a frame of 64 bytes read from it: %d bytes" % read)
os.write(second, FRAME)
heard = len(host.recv(2000))
print("64 bytes written to it, heard by the host: %d bytes" % heard)
seen = (with_or_without(given), with_or_without(told), read, heard)
sys.exit(seen != ("without", "with", 74, 54))
PYTHON
echo "as found"
