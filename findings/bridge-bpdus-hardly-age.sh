#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A BPDU ages by 1/256 of a second for each Linux bridge it passes, so "max age" bounds no diameter.
#
# Expected: each bridge adds a second to the message age, so that with a max age of 20 s a BPDU lives for some 20 hops
#   and a tree of more does not form.
# Found: the kernel adds how long it held the information, and one unit of the field, which is 1/256 s. After two bridges
#   an age of 0 has become 2/256 s; 20 s would be thousands of hops.
# Seen on: Linux 6.18, kernel STP (802.1D-1998).
# Matters to: mixed trees: a bridge that adds whole seconds drops BPDUs that came through its like, while long chains of
#   kernel bridges work that the standard would not let form. Do not count hops by the age.
# Output seen:
#   sent with age 0, after two bridges 2/256 s, root kept
set -euo pipefail
if [ "${1-}" != inside ]; then
    [ "$(id -u)" = 0 ] || { echo "needs root: it makes a network namespace and bridges" >&2; exit 2; }
    exec unshare --net bash "$0" inside
fi
sysctl -qw net.ipv6.conf.default.disable_ipv6=1
ip link add name in0 type veth peer name in1
ip link add name mid0 type veth peer name mid1
ip link add name out0 type veth peer name out1
for b in 1 2; do ip link add name br$b type bridge stp_state 1 priority 40960; done
ip link set dev in1 master br1
ip link set dev mid0 master br1
ip link set dev mid1 master br2
ip link set dev out0 master br2
for device in in0 in1 mid0 mid1 out0 out1 br1 br2; do ip link set dev $device up; done
echo "kernel $(uname -r)"
python3 - <<'PYTHON'
import select, socket, struct, sys, time

GROUP = bytes.fromhex("0180c2000000")
ROOT = bytes.fromhex("1000020000000099")
sockets = []
for device in ("in0", "out1"):
    sockets.append(socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(4)))  # ETH_P_802_2
    sockets[-1].bind((device, 4))
near, far = sockets
hello = struct.pack("!HBBB8sI8sHHHHH", 0, 0, 0, 0, ROOT, 0, ROOT, 0x8001, 0, 20 * 256, 2 * 256, 2 * 256)
frame = GROUP + ROOT[2:] + struct.pack("!H", 3 + len(hello)) + b"\x42\x42\x03" + hello

ages = []
begin = time.monotonic()
due = begin
while len(ages) < 4 and time.monotonic() < begin + 40:
    if time.monotonic() >= due:
        near.send(frame)
        due += 2
    if select.select([far], [], [], 0.2)[0]:
        data, source = far.recvfrom(2000)
        if source[2] != socket.PACKET_OUTGOING and data[:6] == GROUP and data[22:30] == ROOT:
            ages.append(struct.unpack("!H", data[44:46])[0])
print("sent with age 0, after two bridges %s/256 s, root kept" % (min(ages) if ages else "nothing"))
sys.exit(not ages or min(ages) != 2)
PYTHON
echo "as found"
