#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A Linux bridge shows its multicast entries, even permanent ones, and uses none of them until it hears a querier.
#
# Expected: with snooping on, as it is by default, a group with an entry in `bridge mdb` goes to the ports of that entry.
# Found: without a querier in the network the table is filled and shown but not used: a group that was given to p2 alone
#   goes to p2 and p3. With `mcast_flood off` on p2 it is the wrong way round: the port that joined gets nothing, and
#   the one that did not gets all. A querier of one's own begins to count after its response interval.
# Seen on: Linux 6.18, iproute2 6.1.
# Matters to: whoever tests a group with static entries in a lab that has no multicast router, which is most labs.
# Output seen:
#   permanent entry for p2, no querier: p2 p3
#   the same, mcast_flood off on p2: p3
#   the same, with a querier: p2
set -euo pipefail
if [ "${1-}" != inside ]; then
    [ "$(id -u)" = 0 ] || { echo "needs root: it makes a network namespace and a bridge" >&2; exit 2; }
    exec unshare --net bash "$0" inside
fi
sysctl -qw net.ipv6.conf.default.disable_ipv6=1
ip link add name br0 type bridge mcast_snooping 1
ip link set dev br0 up
for i in 1 2 3; do
    ip link add name "p$i" type veth peer name "e$i"
    ip link set dev "p$i" master br0
    ip link set dev "p$i" up
    ip link set dev "e$i" up
done
echo "kernel $(uname -r), $(bridge -V)"
python3 - <<'PYTHON'
import select, socket, struct, subprocess, sys, time

sockets = {}
for device in ("e1", "e2", "e3"):
    sockets[device] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800))
    sockets[device].bind((device, 0x0800))
head = struct.pack("!BBHHHBB2x4s4s", 0x45, 0, 40, 0, 0, 8, 253, bytes([192, 0, 2, 1]), bytes([239, 1, 1, 1]))
total = sum(struct.unpack("!10H", head))
total = (total & 0xFFFF) + (total >> 16)
head = head[:10] + struct.pack("!H", 0xFFFF - total) + head[12:]
GROUP = bytes.fromhex("01005e010101" "020000000001" "0800") + head + bytes(20)


def ports():
    sockets["e1"].send(GROUP)
    time.sleep(0.3)
    reached = []
    for device in ("e2", "e3"):
        while select.select([sockets[device]], [], [], 0)[0]:
            if sockets[device].recv(2000) == GROUP and device not in reached:
                reached.append(device)
    return " ".join(reached).replace("e", "p")


def ip(words):
    subprocess.run(["ip", "link", "set", "dev", *words.split()], check=True)


def until(expected):
    for _ in range(40):
        reached = ports()
        if reached == expected:
            break
        time.sleep(0.5)
    return reached


until("p2 p3")  # the veths carry
subprocess.run("bridge mdb add dev br0 port p2 grp 239.1.1.1 permanent".split(), check=True)
seen = [ports()]
print("permanent entry for p2, no querier:", seen[-1])
ip("p2 type bridge_slave mcast_flood off")
seen.append(ports())
print("the same, mcast_flood off on p2:", seen[-1])
ip("br0 type bridge mcast_querier 1")
seen.append(until("p2"))
print("the same, with a querier:", seen[-1])
sys.exit(seen != ["p2 p3", "p3", "p2"])
PYTHON
echo "as found"
