#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A packet socket may send four bytes beyond the MTU for a customer tag, but not for a service tag.
#
# Expected: either no tag counts against the MTU or every one does, whichever way it is sent.
# Found: a raw packet socket on an interface of MTU 1500 takes 1514 bytes, and 1518 if the frame begins with an
#   0x8100 tag; with an 0x88a8 tag in that place it is 1514 again, and a second tag gets no room in either case.
#   The answer beyond is EMSGSIZE.
# Seen on: Linux 6.18.
# Matters to: provider bridges: a full frame that came in with a customer tag leaves, the same frame with a service tag
#   cannot, though the interface itself would pass it.
# Output seen:
#   no tag: 1514
#   0x8100: 1518
#   0x88a8: 1514
#   0x8100 0x8100: 1518
#   0x88a8 0x8100: 1514
set -euo pipefail
if [ "${1-}" != inside ]; then
    [ "$(id -u)" = 0 ] || { echo "needs root: it makes a network namespace and packet sockets" >&2; exit 2; }
    exec unshare --net bash "$0" inside
fi
ip link add name v0 type veth peer name v1
ip link set dev v0 up
ip link set dev v1 up
echo "kernel $(uname -r)"
python3 - <<'PYTHON'
import errno, socket, sys

sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sender.bind(("v0", 0))


def longest(tags):
    head = b"\xff" * 6 + b"\x02\0\0\0\0\x01" + b"".join(bytes.fromhex(t) + b"\0\x0a" for t in tags) + b"\x88\xb5"
    for size in range(1500, 1600):
        try:
            sender.send(head.ljust(size, b"x"))
        except OSError as error:
            if error.errno != errno.EMSGSIZE:
                raise
            return size - 1
    raise SystemExit("no limit found")


seen = []
for tags in ([], ["8100"], ["88a8"], ["8100", "8100"], ["88a8", "8100"]):
    seen.append(longest(tags))
    print("%s: %d" % (" ".join("0x" + t for t in tags) or "no tag", seen[-1]))
sys.exit(seen != [1514, 1518, 1514, 1518, 1514])
PYTHON
echo "as found"
