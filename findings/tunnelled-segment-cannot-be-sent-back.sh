#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A packet socket receives long tunnelled TCP segments that no packet socket can send, header unchanged.
#
# Expected: what PACKET_VNET_HDR gives with a frame (offload type, segment size, where the checksum belongs) is what the
#   kernel wants back; a program that copies frame and header from one veth to another is a wire.
# Found: TCP inside VXLAN arrives as one frame of many kilobytes with gso_type 1, plain TCPv4, and csum_start 84, far
#   behind the outer UDP: nothing says "tunnel". Sent unchanged to the next veth it is refused with ENOMEM, which reads
#   like "try again" and never gets better. Small frames and the handshake pass, so the connection opens and hangs.
# Seen on: Linux 6.18. No socket on the way has asked for or refused tunnel offloads; a packet socket cannot.
# Matters to: user-space switches and taps on veths: look at csum_start before the header is believed, and segment.
# Output seen:
#   ping over VXLAN: passes
#   one of the long segments: gso_type 1, csum_start 84, ENOMEM
set -euo pipefail
if [ "${1-}" != inside ]; then
    [ "$(id -u)" = 0 ] || { echo "needs root: it makes network namespaces and packet sockets" >&2; exit 2; }
    exec unshare --net --mount --pid --fork --kill-child bash "$0" inside
fi
mount -t tmpfs none /run # names of namespaces, gone with this one
sysctl -qw net.ipv6.conf.default.disable_ipv6=1
for i in 1 2; do
    ip netns add "end$i"
    ip netns exec "end$i" sysctl -qw net.ipv6.conf.default.disable_ipv6=1
    ip link add name "wire$i" type veth peer name under netns "end$i"
    ip link set dev "wire$i" up
    ip -n "end$i" address add "192.0.2.$i/24" dev under
    ip -n "end$i" link set dev under up
    ip -n "end$i" link add name vx type vxlan id 7 remote "192.0.2.$((3 - i))" dstport 4789 dev under
    ip -n "end$i" address add "198.51.100.$i/24" dev vx
    ip -n "end$i" link set dev vx up
done
echo "kernel $(uname -r)"
python3 - <<'PYTHON'
import errno, os, select, socket, struct, subprocess, sys, threading

SOL_PACKET, PACKET_VNET_HDR = 263, 15
refused = []


def wire():
    ends = []
    for device in ("wire1", "wire2"):
        ends.append(socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)))
        ends[-1].setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
        ends[-1].bind((device, 3))
    while True:
        for end in select.select(ends, [], [])[0]:
            frame, source = end.recvfrom(300000)
            if source[2] == socket.PACKET_OUTGOING:
                continue
            try:
                ends[end is ends[0]].send(frame)
            except OSError as error:
                _, kind, _, size, start, _ = struct.unpack("<BBHHHH", frame[:10])
                refused.append((kind, start, errno.errorcode[error.errno], len(frame)))


SERVER = "import socket; s = socket.create_server(('198.51.100.2', 99)); c = s.accept()[0]\nwhile c.recv(65536): pass"
CLIENT = "import socket; s = socket.create_connection(('198.51.100.2', 99), 10); s.sendall(bytes(1000000))"
threading.Thread(target=wire, daemon=True).start()
for _ in range(20):
    ping = subprocess.run("ip netns exec end1 ping -q -c 1 -W 1 198.51.100.2".split(), stdout=subprocess.DEVNULL)
    if ping.returncode == 0:
        break
print("ping over VXLAN:", "passes" if ping.returncode == 0 else "lost")
subprocess.Popen(["ip", "netns", "exec", "end2", sys.executable, "-c", SERVER])
while not subprocess.run("ip netns exec end2 cat /proc/net/tcp", shell=True, capture_output=True).stdout.count(b":0063 "):
    pass
client = subprocess.Popen(["ip", "netns", "exec", "end1", sys.executable, "-c", CLIENT], stderr=subprocess.DEVNULL)
waiter = threading.Event()
for _ in range(100):
    if any(entry[3] > 2000 for entry in refused):
        break
    waiter.wait(0.1)
client.kill()
long = [entry for entry in refused if entry[3] > 2000]
print("one of the long segments:", "gso_type %d, csum_start %d, %s" % long[0][:3] if long else "was taken")
sys.stdout.flush()
os._exit(ping.returncode != 0 or not long or long[0][:3] != (1, 84, "ENOMEM"))
PYTHON
echo "as found"
