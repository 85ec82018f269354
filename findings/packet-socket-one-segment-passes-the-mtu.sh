#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A frame that a packet socket refuses for its length passes when its header calls it a super-frame of one segment.
#
# Expected: whether a frame fits an interface depends on the frame; PACKET_VNET_HDR says how to finish it.
# Found: 1518 bytes with a tag of 0x88a8 are refused on an MTU of 1500 (EMSGSIZE). With gso_type 1 (TCP) or 5 (UDP) and a
#   segment size of all its payload the length is not looked at, the kernel finds that there is nothing to cut, and the
#   frame arrives at the other end of the veth. The header must ask for the checksum too (else EINVAL). With a second tag
#   (1522 bytes) the same answer is ENOBUFS, which reads like "no room now": the far end of the veth has thrown it away.
# Seen on: Linux 6.18.
# Matters to: provider bridges in user space: it is the only way for full segments with a service tag; and ENOBUFS of a
#   packet socket does not always mean "try again".
# Output seen:
#   0x88a8, as a frame: EMSGSIZE
#   0x88a8, as a segment: arrives
#   0x88a8, as a segment without checksum: EINVAL
#   0x88a8 0x8100, as a segment: ENOBUFS
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
import errno, socket, struct, sys

SOL_PACKET, PACKET_VNET_HDR, ALL = 263, 15, 3
sender, receiver = (socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ALL)) for _ in range(2))
sender.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
sender.bind(("v0", ALL))
receiver.bind(("v1", ALL))
receiver.settimeout(3)


def sent(tags, flags, kind):
    ip = struct.pack("!BBHHHBBH8s", 0x45, 0, 1500, 1, 0, 64, 6, 0, bytes([10, 0, 0, 1, 10, 0, 0, 2]))
    words = sum(struct.unpack("!10H", ip))
    ip = ip[:10] + struct.pack("!H", ~(words % 65536 + words // 65536) & 0xffff) + ip[12:]
    tcp = struct.pack("!HHIIBBHHH", 1000, 99, 1, 1, 0x50, 0x10, 1000, 0x1234, 0)
    head = b"\x02\0\0\0\0\x02\x02\0\0\0\0\x01" + b"".join(struct.pack("!HH", tag, 10) for tag in tags) + b"\x08\0"
    frame = head + (ip + tcp).ljust(1500, b"x")
    start = len(head) + 20
    header = struct.pack("<BBHHHH", flags, kind, start + 20, 1460, start if flags else 0, 16 if flags else 0)
    try:
        sender.send(header + frame)
    except OSError as error:
        return errno.errorcode[error.errno]
    while (data := receiver.recv(2000))[-1:] != b"x":
        pass
    return "arrives"


seen = [sent([0x88a8], 0, 0), sent([0x88a8], 1, 1), sent([0x88a8], 0, 1), sent([0x88a8, 0x8100], 1, 1)]
for name, what in zip(("0x88a8, as a frame", "0x88a8, as a segment", "0x88a8, as a segment without checksum",
                       "0x88a8 0x8100, as a segment"), seen):
    print(f"{name}: {what}")
sys.exit(seen != ["EMSGSIZE", "arrives", "EINVAL", "ENOBUFS"])
PYTHON
echo "as found"
