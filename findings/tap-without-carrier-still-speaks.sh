#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# TUNSETCARRIER 0 unplugs a TAP in one direction only.
#
# Expected: with the carrier off nothing passes either way, as with a cable that was pulled.
# Found: the interface shows NO-CARRIER and is DOWN, what the host sends never reaches the descriptor, though
#   send() reports success; but a frame written to the descriptor is still taken and delivered to the host.
#   And "carrier on" is another state than "never touched": the operstate is UNKNOWN before and UP after.
# Seen on: Linux 6.18.
# Matters to: a switch that shows "port down" to a guest by the carrier: it must stop its own frames itself.
# Output seen:
#   untouched: unknown
#   carrier 0: down; host to TAP: sent 64, read EAGAIN; TAP to host: written 64, heard 64
#   carrier 1: up
set -euo pipefail
if [ "${1-}" != inside ]; then
    [ "$(id -u)" = 0 ] || { echo "needs root: it makes a network namespace and a TAP" >&2; exit 2; }
    exec unshare --net --mount bash "$0" inside
fi
mount -t sysfs none /sys
sysctl -qw net.ipv6.conf.default.disable_ipv6=1
echo "kernel $(uname -r)"
python3 - <<'PYTHON'
import errno, fcntl, os, socket, struct, subprocess, sys, time

TUNSETIFF, TUNSETCARRIER = 0x400454CA, 0x400454E2
FRAME = b"\xff" * 6 + b"\x02\0\0\0\0\x01" + b"\x88\xb5" + b"x" * 50


def of(what):
    return open("/sys/class/net/t0/" + what).read().strip()


def carrier(on, operstate):
    fcntl.ioctl(tap, TUNSETCARRIER, struct.pack("i", on))
    for _ in range(100):  # the kernel tells its link watch, which takes up to a second
        if of("operstate") == operstate:
            break
        time.sleep(0.05)
    return of("operstate")


tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", b"t0", 0x1002))
subprocess.run("ip link set dev t0 up", shell=True, check=True)
host = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
host.bind(("t0", 3))
host.settimeout(2)

before = of("operstate")
print("untouched:", before)
down = carrier(0, "down")
sent = host.send(FRAME)
try:
    os.read(tap, 2000)
    reading = "a frame"
except OSError as error:
    reading = errno.errorcode[error.errno]
written = os.write(tap, FRAME)
heard = len(host.recv(2000))
print("carrier 0: %s; host to TAP: sent %d, read %s; TAP to host: written %d, heard %d"
      % (down, sent, reading, written, heard))
up = carrier(1, "up")
print("carrier 1:", up)
sys.exit((before, down, sent, reading, written, heard, up)
         != ("unknown", "down", 64, "EAGAIN", 64, 64, "up"))
PYTHON
echo "as found"
