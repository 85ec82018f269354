#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `bridge fdb add MAC dev PORT master` does not send frames for MAC out of PORT: the bridge eats them.
#
# Expected: the command says that the station is at that port, so frames for it leave there and nowhere else; left
#   away, `master` is a default one need not think of.
# Found: three commands that differ by one word do three things.
#   `... dev p2 master static`  frames leave p2, as meant;
#   `... dev p2 master`         the entry is "permanent", which means local: the frame is delivered to the bridge's own
#                               host and leaves no port;
#   `... dev p2`                the bridge learns nothing of it ("self"): the frame is flooded to all.
# Seen on: Linux 6.18, iproute2 6.1.
# Matters to: whoever pins a station by hand, or reads "permanent" as "does not age".
# Output seen:
#   master static: leaves p2
#   master: host
#   no word: leaves p2, leaves p3
set -euo pipefail
if [ "${1-}" != inside ]; then
    [ "$(id -u)" = 0 ] || { echo "needs root: it makes a network namespace and a bridge" >&2; exit 2; }
    exec unshare --net bash "$0" inside
fi
sysctl -qw net.ipv6.conf.default.disable_ipv6=1
ip link add name br0 type bridge mcast_snooping 0
ip link set dev br0 up
for i in 1 2 3; do
    ip link add name "p$i" type veth peer name "e$i"
    ip link set dev "p$i" master br0
    ip link set dev "p$i" up
    ip link set dev "e$i" up
done
bridge fdb add 02:00:00:00:00:91 dev p2 master static
bridge fdb add 02:00:00:00:00:92 dev p2 master
bridge fdb add 02:00:00:00:00:93 dev p2
echo "kernel $(uname -r), $(bridge -V)"
python3 - <<'PYTHON'
import select, socket, sys

sockets = {}
for place, device in (("host", "br0"), ("leaves p2", "e2"), ("leaves p3", "e3"), ("station", "e1")):
    sockets[place] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x88B5))
    sockets[place].bind((device, 0x88B5))
sender = sockets.pop("station")


def way(destination):
    while select.select(sockets.values(), [], [], 0)[0]:
        for listener in select.select(sockets.values(), [], [], 0)[0]:
            listener.recv(2000)
    sender.send(bytes.fromhex(destination + "0200000000aa88b5") + b"x" * 46)
    select.select(sockets.values(), [], [], 2)
    select.select([], [], [], 0.3)
    ready = select.select(sockets.values(), [], [], 0)[0]
    return ", ".join(place for place, listener in sockets.items() if listener in ready)


for _ in range(50):  # until the veths carry
    if way("ffffffffffff").count("leaves") == 2:
        break
seen = [way("0200000000%02x" % last) for last in (0x91, 0x92, 0x93)]
for words, where in zip(("master static", "master", "no word"), seen):
    print("%s: %s" % (words, where))
sys.exit(seen != ["leaves p2", "host", "leaves p2, leaves p3"])
PYTHON
echo "as found"
