#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# One setting on a container's end of a veth makes frames of nearly 200 KB, whose IPv6 length field is 0.
#
# Expected: no frame on a virtual Ethernet is longer than 64 KB and a header, segmentation offload or not, as the IP
#   length has 16 bits; `recv` with room for 65,550 bytes loses nothing.
# Found: with gso_max_size raised ("BIG TCP") a packet socket at the other end hears frames of more than 150,000 bytes. The
#   length in the IPv6 header is 0, next header is 0 (hop by hop), and a jumbo option of 8 bytes holds the length: a
#   header that the sending TCP never showed anybody. A reader with a 64 KB buffer gets the start of it, silently.
# Seen on: Linux 6.18, iproute2 6.1 (gso_max_size for IPv6; for IPv4 there is a like setting, with IP length 0).
# Matters to: everybody who reads frames from veths: a container's owner may set it inside.
# Output seen:
#   longest frame: more than 150000 bytes; IPv6 length 0, next header 0, option 194 says the rest of the frame
#   by default: not more than 65550 bytes
set -euo pipefail
if [ "${1-}" != inside ]; then
    [ "$(id -u)" = 0 ] || { echo "needs root: it makes network namespaces and packet sockets" >&2; exit 2; }
    exec unshare --net --mount --pid --fork --kill-child bash "$0" inside
fi
mount -t tmpfs none /run # names of namespaces, gone with this one
ip netns add guest
ip link add name v0 type veth peer name v1 netns guest
ip address add fd00::1/64 dev v0 nodad
ip link set dev v0 up
ip -n guest address add fd00::2/64 dev v1 nodad
ip -n guest link set dev v1 up
echo "kernel $(uname -r)"
python3 - <<'PYTHON'
import select, socket, struct, subprocess, sys

server = socket.create_server(("::", 99), family=socket.AF_INET6)
CLIENT = "import socket; s = socket.create_connection(('fd00::1', 99), 10); s.sendall(bytes(20000000))"


def longest():
    best = b""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x86DD)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE
        listener.bind(("v0", 0x86DD))
        client = subprocess.Popen(["ip", "netns", "exec", "guest", sys.executable, "-c", CLIENT])
        connection = server.accept()[0]
        while connection.recv(1 << 20):
            pass
        client.wait()
        while select.select([listener], [], [], 0.3)[0]:
            frame, source = listener.recvfrom(300000)
            if source[2] != socket.PACKET_OUTGOING and len(frame) > len(best):
                best = frame
    return best


for _ in range(20):  # until the veths carry
    if subprocess.run("ping -q -c 1 -W 1 fd00::2".split(), stdout=subprocess.DEVNULL).returncode == 0:
        break
usual = len(longest())
subprocess.run("ip -n guest link set dev v1 gso_max_size 200000".split(), check=True)
frame = longest()
length, following = struct.unpack("!HB", frame[18:21])
option, jumbo = struct.unpack("!BxI", frame[56:62])
print("longest frame: %s bytes; IPv6 length %d, next header %d, option %d says %s"
      % ("more than 150000" if len(frame) > 150000 else len(frame), length, following, option,
         "the rest of the frame" if jumbo == len(frame) - 54 else jumbo))
print("by default: %s bytes" % ("not more than 65550" if usual <= 65550 else usual))
sys.exit((len(frame) > 150000, length, following, option, jumbo, usual <= 65550)
         != (True, 0, 0, 194, len(frame) - 54, True))
PYTHON
echo "as found"
