#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The kernel's VXLAN device drops a frame for any reserved bit that is set, and counts some drops nowhere.
#
# Expected: RFC 7348 says of the reserved fields: zero when sent, ignored when received. So a sender that uses one for an
#   extension of its own (a policy tag, say) still reaches a plain receiver.
# Found: one reserved bit, in the first word or the last, and the frame is dropped as rx_frame_errors. A header without
#   the I flag, or of another VNI than the device's, is dropped too, and no counter of the device moves for either.
# Seen on: Linux 6.18.
# Matters to: whoever joins VXLAN implementations: with "group based policy" on at one end nothing arrives at the other.
# Output seen:
#   plain: delivered, errors 0
#   reserved bit of the flags: dropped, errors 1
#   reserved byte behind the VNI: dropped, errors 2
#   I flag off: dropped, errors 2
#   another VNI: dropped, errors 2
set -euo pipefail
if [ "${1-}" != inside ]; then
    [ "$(id -u)" = 0 ] || { echo "needs root: it makes a network namespace and a VXLAN device" >&2; exit 2; }
    exec unshare --net --mount bash "$0" inside
fi
mount -t sysfs none /sys
sysctl -qw net.ipv6.conf.default.disable_ipv6=1
ip link set dev lo up
ip address add 192.0.2.1/32 dev lo
ip address add 192.0.2.2/32 dev lo
ip link add name vx type vxlan id 7 local 192.0.2.1 remote 192.0.2.2 dstport 4789
ip link set dev vx up
echo "kernel $(uname -r)"
python3 - <<'PYTHON'
import select, socket, struct, sys

inside = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x88B5))
inside.bind(("vx", 0x88B5))
outside = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
outside.bind(("192.0.2.2", 0))
FRAME = b"\xff" * 6 + b"\x02\0\0\0\0\x01" + b"\x88\xb5" + b"x" * 46
HEADERS = {
    "plain": (0x08000000, 7 << 8),
    "reserved bit of the flags": (0x08000001, 7 << 8),
    "reserved byte behind the VNI": (0x08000000, 7 << 8 | 1),
    "I flag off": (0x00000000, 7 << 8),
    "another VNI": (0x08000000, 8 << 8),
}
seen = []
for name, words in HEADERS.items():
    outside.sendto(struct.pack("!II", *words) + FRAME, ("192.0.2.1", 4789))
    arrived = select.select([inside], [], [], 0.5)[0] and inside.recv(2000) == FRAME
    counts = [int(open("/sys/class/net/vx/statistics/rx_" + what).read()) for what in ("errors", "dropped")]
    seen.append(("delivered" if arrived else "dropped", sum(counts)))
    print("%s: %s, errors %d" % (name, *seen[-1]))
sys.exit(seen != [("delivered", 0), ("dropped", 1), ("dropped", 2), ("dropped", 2), ("dropped", 2)])
PYTHON
echo "as found"
