#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Whoever shares an eventfd can have you wait for ever in write(2), and no flag of a call keeps you from it.
#
# Expected: an eventfd is made with EFD_NONBLOCK, so that signalling it never waits; and where O_NONBLOCK cannot be trusted,
#   RWF_NOWAIT says so for one call, as it does for reading the same descriptor.
# Found: O_NONBLOCK is of the open file, not of the descriptor: who has been passed the other one takes it away with fcntl(2).
#   Then he fills the counter (0xfffffffffffffffe), and the next write of 1 waits until he reads. preadv2 with RWF_NOWAIT is
#   understood (EAGAIN), pwritev2 with it is not (EOPNOTSUPP): an eventfd has no write of that kind. poll(2) tells that there is
#   no room, but only before the call. A signal does end the waiting (EINTR).
# Seen on: Linux 6.18.
# Matters to: back ends of vhost-user, which signal guests by eventfds that front ends pass.
# Output seen:
#   full, with O_NONBLOCK: EAGAIN
#   full, without, read by preadv2 and RWF_NOWAIT: got 18446744073709551614
#   full, without, pwritev2 and RWF_NOWAIT: EOPNOTSUPP
#   full, without, write: waits, until a signal: EINTR
set -euo pipefail
python3 - <<'PYTHON'
import ctypes, errno, fcntl, os, platform, signal, struct, sys

libc = ctypes.CDLL(None, use_errno=True)
EVENTFD_MAX = 0xFFFF_FFFF_FFFF_FFFE
RWF_NOWAIT = 8
PREADV2, PWRITEV2, WRITE = {"x86_64": (327, 328, 1), "aarch64": (286, 287, 64)}[platform.machine()]


class Vector(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]


def error_of(result):
    if result >= 0:
        return "done"
    number = ctypes.get_errno()
    return "EOPNOTSUPP" if number == errno.EOPNOTSUPP else errno.errorcode[number]


def vectored(call, fd, buffer):
    vector = Vector(ctypes.addressof(buffer), 8)
    no_position = ctypes.c_long(-1)
    return libc.syscall(call, fd, ctypes.byref(vector), 1, no_position, no_position, RWF_NOWAIT)


one = ctypes.create_string_buffer(struct.pack("=Q", 1), 8)
ours = os.eventfd(0, os.EFD_NONBLOCK)
theirs = os.dup(ours)  # as one that was passed: the same open file
os.eventfd_write(theirs, EVENTFD_MAX)
seen = ["full, with O_NONBLOCK: " + error_of(libc.syscall(WRITE, ours, one, 8))]

fcntl.fcntl(theirs, fcntl.F_SETFL, 0)
count = ctypes.create_string_buffer(8)
read = error_of(vectored(PREADV2, ours, count))
number, = struct.unpack("=Q", count.raw)
seen.append(f"full, without, read by preadv2 and RWF_NOWAIT: {f'got {number}' if read == 'done' else read}")

os.eventfd_write(theirs, EVENTFD_MAX)
seen.append("full, without, pwritev2 and RWF_NOWAIT: " + error_of(vectored(PWRITEV2, ours, one)))

signal.signal(signal.SIGALRM, lambda *_: None)
signal.siginterrupt(signal.SIGALRM, True)
signal.setitimer(signal.ITIMER_REAL, 0.3)
how = error_of(libc.syscall(WRITE, ours, one, 8))
seen.append("full, without, write: " + (f"waits, until a signal: {how}" if how == "EINTR" else how))

print("\n".join(seen))
sys.exit(seen != ["full, with O_NONBLOCK: EAGAIN",
                  "full, without, read by preadv2 and RWF_NOWAIT: got 18446744073709551614",
                  "full, without, pwritev2 and RWF_NOWAIT: EOPNOTSUPP",
                  "full, without, write: waits, until a signal: EINTR"])
PYTHON
