#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A program that speaks VXLAN by a UDP socket gets frames with wrong checksums, and datagrams of up to 64 KB, from a kernel
#   tunnel at the other end of a veth.
#
# Expected: a UDP socket is given what would be on a wire: datagrams no longer than the MTU of 1500, and in each a frame whose
#   TCP checksum is right; for what a sender leaves to "the card" is finished, or told, before a program reads it. So it is
#   for the datagram itself.
# Found: the kernel's vxlan device leaves the checksum and the cutting of what is inside to the card too, a veth has none, and a
#   UDP socket has no word for what is inside. The program gets many segments as one frame, whose TCP checksum is the sum of
#   the pseudo-header alone, and UDP_GRO, which tells of datagrams that were joined, says nothing.
# Seen on: Linux 6.18, iproute2 6.1.0 and Python 3.11 of Debian 12.
# Matters to: whoever takes frames out of UDP tunnels in user space on a host with containers: find out by the checksum field.
# Output seen:
#   the longest datagram over a veth with an MTU of 1500 has more than 1472 bytes: yes
#   finished checksums: 0, sums of the pseudo-header alone: all
#   told by UDP_GRO: 0
set -euo pipefail
if [ $# = 0 ]; then
    [ "$(id -u)" = 0 ] || { echo "needs root: it makes network namespaces" >&2; exit 2; }
    unshare --net --mount --pid --fork --kill-child bash "$0" inside
    exit
fi
mount -t tmpfs none /run # names of namespaces, gone with this one
ip netns add far
ip link set dev lo up
ip link add name wire0 type veth peer name wire1 netns far
ip address add 192.0.2.1/24 dev wire0
ip link set dev wire0 up
ip -n far address add 192.0.2.2/24 dev wire1
ip -n far link set dev wire1 up
ip -n far link add name vx type vxlan id 7 local 192.0.2.2 remote 192.0.2.1 dstport 4789 dev wire1
ip -n far address add 198.51.100.2/24 dev vx
ip -n far link set dev vx up
# The other station is a TAP, whose frames the program below puts into the tunnel.
ip tuntap add name station mode tap
ip address add 198.51.100.1/24 dev station
ip link set dev station up
echo "kernel $(uname -r)"
cat >/run/program.py <<'END'
import fcntl, os, select, socket, struct, sys

def folded(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data[:len(data) // 2 * 2]))
    total += data[-1] << 8 if len(data) % 2 else 0
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total

tap = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tap, 0x400454CA, struct.pack("16sH22x", b"station", 0x0002 | 0x1000))
tunnel = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
tunnel.setsockopt(socket.IPPROTO_UDP, 104, 1)  # UDP_GRO
tunnel.bind(("192.0.2.1", 4789))
print("ready", flush=True)
longest = finished = unfinished = told = 0
while unfinished + finished < 3:
    for ready in select.select([tap, tunnel], [], [], 20)[0]:
        if ready == tap:
            tunnel.sendto(b"\x08\0\0\0\0\0\x07\0" + os.read(tap, 4096), ("192.0.2.2", 4789))
            continue
        data, words, *_ = tunnel.recvmsg(1 << 16, 200)
        told += sum(kind == 104 for _, kind, _ in words)
        frame = bytearray(data[8:])
        if frame[12:14] == b"\x08\x00" and frame[23] == 6:
            longest = max(longest, len(data))
            segment = frame[34:14 + int.from_bytes(frame[16:18], "big")]
            pseudo = folded(bytes(frame[26:34]) + struct.pack("!HH", 6, len(segment)))
            has_payload = len(segment) > (segment[12] >> 4) * 4
            finished += has_payload and folded(struct.pack("!H", pseudo) + bytes(segment)) == 0xFFFF
            if int.from_bytes(segment[16:18], "big") == pseudo:
                unfinished += has_payload
                segment[16:18] = b"\0\0"
                whole = folded(struct.pack("!H", pseudo) + bytes(segment)) ^ 0xFFFF
                frame[50:52] = struct.pack("!H", whole)
        if len(frame) <= 1514:
            os.write(tap, frame)
print("the longest datagram over a veth with an MTU of 1500 has more than 1472 bytes:",
      "yes" if longest > 1472 else "no")
print(f"finished checksums: {finished}, sums of the pseudo-header alone:",
      "all" if not finished else unfinished)
print("told by UDP_GRO:", told)
sys.exit(longest <= 1472 or finished != 0 or told != 0)
END
python3 /run/program.py >/run/said &
program=$!
until grep -q ready /run/said; do sleep 0.05; done
python3 -c '
import socket
server = socket.create_server(("198.51.100.1", 5002))
open("/run/listens", "w").close()
connection, _ = server.accept()
while connection.recv(1 << 16):
    pass' &
until [ -e /run/listens ]; do sleep 0.05; done
ip netns exec far timeout 20 python3 -c '
import socket
connection = socket.create_connection(("198.51.100.1", 5002))
while True:
    connection.sendall(bytes(1 << 20))' 2>/dev/null &
wait "$program" || { cat /run/said; echo "changed" >&2; exit 1; }
sed 1d /run/said
echo "as found"
