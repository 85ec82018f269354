#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# RWF_NOWAIT keeps single calls from blocking on a pipe and on a TAP, in writing too, which preadv2(2) denies.
#
# Expected: the manual page (Debian 12, man-pages 6.03) says of RWF_NOWAIT: "Currently, this flag is meaningful only for
#   preadv2()", and speaks of backing storage: so a descriptor that a stranger shares, and from which he takes O_NONBLOCK,
#   could not be used without a thread that may block.
# Found: pwritev2() with offset -1 and RWF_NOWAIT ends with EAGAIN on a full pipe in blocking mode, and writes a part where a
#   part has room; preadv2() does so on an empty pipe and on a TAP without a frame. A socket takes the flag too.
# Seen on: Linux 6.18.
# Matters to: programs that read or write descriptors which others have open as well (passed by SCM_RIGHTS, inherited): the
#   flag O_NONBLOCK belongs to the open file description, and whoever has it may clear it at any time.
# Output seen:
#   pipe in blocking mode: full: EAGAIN, room for a part: 4096 of 8192 written, empty: EAGAIN
#   TAP in blocking mode, without a frame: EAGAIN
#   socket in blocking mode, empty: EAGAIN
set -euo pipefail
if [ "${1-}" != inside ]; then
    [ "$(id -u)" = 0 ] || { echo "needs root: it makes a network namespace and a TAP" >&2; exit 2; }
    exec unshare --net bash "$0" inside
fi
echo "kernel $(uname -r)"
timeout 20 python3 - <<'PYTHON'
import errno, fcntl, os, socket, struct, sys

TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 2, 0x1000
HERE = -1  # the place where such a descriptor is


def told(call, *arguments):
    try:
        return call(*arguments, HERE, os.RWF_NOWAIT)
    except OSError as error:
        return errno.errorcode[error.errno]


def read(descriptor):
    return told(os.preadv, descriptor, [bytearray(2000)])


def write(descriptor, size):
    return told(os.pwritev, descriptor, [bytes(size)])


reading, writing = os.pipe()
assert os.get_blocking(reading) and os.get_blocking(writing)
empty = read(reading)
room = fcntl.fcntl(writing, fcntl.F_GETPIPE_SZ)
assert os.write(writing, bytes(room)) == room
full = write(writing, 1)
os.read(reading, 4096)
part = write(writing, 8192)
print(f"pipe in blocking mode: full: {full}, room for a part: {part} of 8192 written, empty: {empty}")

tap = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", b"t0", IFF_TAP | IFF_NO_PI))
assert os.get_blocking(tap)
silent = read(tap)
print("TAP in blocking mode, without a frame:", silent)

one, other = socket.socketpair()
quiet = read(one.fileno())
print("socket in blocking mode, empty:", quiet)
sys.exit((full, part, empty, silent, quiet) != ("EAGAIN", 4096, "EAGAIN", "EAGAIN", "EAGAIN"))
PYTHON
