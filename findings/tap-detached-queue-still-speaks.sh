#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A queue of a TAP that was detached still delivers what is written to it, and the carrier stays on without any.
#
# Expected: IFF_DETACH_QUEUE takes a descriptor out of its TAP, so that writing to it and reading from it fail
#   as they do before TUNSETIFF (EBADFD); a TAP whose last queue is detached has no carrier, like one whose last
#   descriptor is closed.
# Found: a frame written to the detached queue arrives at the interface. Reading answers EAGAIN for ever. With all
#   queues detached the carrier is 1 and the host goes on sending; what it sends is counted in tx_dropped.
# Seen on: Linux 6.18.
# Matters to: whoever parks a queue at run time and takes that for silence, or waits for the carrier to go.
# Output seen:
#   written to the detached queue: 64 bytes, heard by the host: 64
#   read from the detached queue: EAGAIN
#   with both queues detached: carrier 1, sent 0, dropped 1
set -euo pipefail
if [ "${1-}" != inside ]; then
    [ "$(id -u)" = 0 ] || { echo "needs root: it makes a network namespace and a TAP" >&2; exit 2; }
    exec unshare --net --mount bash "$0" inside
fi
mount -t sysfs none /sys
sysctl -qw net.ipv6.conf.default.disable_ipv6=1
echo "kernel $(uname -r)"
python3 - <<'PYTHON'
import errno, fcntl, os, socket, struct, subprocess, sys

TUNSETIFF, TUNSETQUEUE, IFF_DETACH_QUEUE = 0x400454CA, 0x400454D9, 0x0400
FRAME = b"\xff" * 6 + b"\x02\0\0\0\0\x01" + b"\x88\xb5" + b"x" * 50


def queue():
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", b"t0", 0x1102))  # TAP, NO_PI, MULTI_QUEUE
    return fd


def detach(fd):
    fcntl.ioctl(fd, TUNSETQUEUE, struct.pack("16sH22x", b"", IFF_DETACH_QUEUE))


def of(what):
    return int(open("/sys/class/net/t0/" + what).read())


first, second = queue(), queue()
subprocess.run("ip link set dev t0 up", shell=True, check=True)
host = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
host.bind(("t0", 3))
host.settimeout(2)

detach(second)
written = os.write(second, FRAME)
heard = len(host.recv(2000))
print("written to the detached queue: %d bytes, heard by the host: %d" % (written, heard))
try:
    os.read(second, 2000)
    reading = "a frame"
except OSError as error:
    reading = errno.errorcode[error.errno]
print("read from the detached queue:", reading)

detach(first)
host.send(FRAME)
end = (of("carrier"), of("statistics/tx_packets"), of("statistics/tx_dropped"))
print("with both queues detached: carrier %d, sent %d, dropped %d" % end)
sys.exit((written, heard, reading, end) != (64, 64, "EAGAIN", (1, 0, 1)))
PYTHON
echo "as found"
