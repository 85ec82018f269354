#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A stream that a namespace forwards to pasta has a tenth of its rate, or less, until the queue of pasta's TAP is made longer.
#
# Expected: pasta's interface takes what a program of its namespace sends at gigabits a second, so it takes what the namespace
#   forwards for others too, somewhat slower, since its frames are smaller.
# Found: the sender's super-frames are cut to its MTU at the moment at which they are put into the TAP's queue, which holds
#   1,000 frames, while the interface itself has an MTU of 65,520 and is never asked to wait. Each burst overruns it; TCP
#   sees loss after loss and crawls. `ip link set dev tap0 txqueuelen 8192`, and the same stream is an order of magnitude
#   faster and loses nothing.
# Seen on: passt 0.0~git20230309.7c7625d-1 (Debian 12), Linux 6.18.44.
# Matters to: everybody who has several nodes share one pasta by way of a router (namespaces, pods).
# Output seen:
#   a queue of 1000 frames: 69 Mbit/s, 110 dropped
#   a queue of 8192 frames: 4196 Mbit/s, 0 dropped
set -euo pipefail
if [ $# = 0 ]; then
    [ "$(id -u)" = 0 ] || { echo "needs root: it makes network namespaces" >&2; exit 2; }
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    cd "$folder"
    apt-get -qq -o APT::Sandbox::User=root download passt=0.0~git20230309.7c7625d-1
    for package in *.deb; do dpkg -x "$package" root; done
    cd "$OLDPWD"
    unshare --net --mount --pid --fork --mount-proc --kill-child bash "$0" "$folder"
    exit
fi
# This namespace is the machine; its loopback has the server's address.
mkdir -p /run/netns
mount -t tmpfs none /run/netns
ip link set dev lo up
ip address add 198.51.100.1/32 dev lo
for name in router client; do
    ip netns add "$name"
    ip -n "$name" link set dev lo up
done
ip -n client link add name eth0 type veth peer name eth0 netns router
ip -n client address add 10.0.2.15/24 dev eth0
ip -n router address add 10.0.2.2/24 dev eth0
ip -n client link set dev eth0 up
ip -n router link set dev eth0 up
ip -n client route add default via 10.0.2.2
ip netns exec router sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
"$1/root/usr/bin/pasta" --foreground --quiet --runas 0:0 --config-net --no-map-gw --ipv4-only \
    --interface lo --ns-ifname tap0 --mac-addr 02:00:00:00:00:01 \
    --address 169.254.77.2 --netmask 30 --gateway 169.254.77.1 \
    --tcp-ports none --udp-ports none --tcp-ns none --udp-ns none --netns /run/netns/router &
for _ in {1..100}; do ip -n router route show default | grep -q tap0 && break; sleep 0.1; done

cat >"$1/server.py" <<'PYTHON'
import socket, threading

def read(client):
    with client:
        while client.recv(1 << 20):
            pass

with socket.create_server(("198.51.100.1", 5001)) as server:
    while True:
        threading.Thread(target=read, args=server.accept()[:1], daemon=True).start()
PYTHON
cat >"$1/client.py" <<'PYTHON'
import socket, time
with socket.create_connection(("198.51.100.1", 5001), 10) as stream:
    data, sent, end = bytes(1 << 18), 0, time.monotonic() + 3
    while time.monotonic() < end:
        sent += stream.send(data)
print(round(sent * 8 / 3e6))
PYTHON
python3 "$1/server.py" &
for _ in {1..100}; do ss -ltn | grep -q 5001 && break; sleep 0.1; done

dropped() { ip -n router -s -j link show dev tap0 | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["stats64"]["tx"]["dropped"])'; }

declare -A rate
for frames in 1000 8192; do
    ip -n router link set dev tap0 txqueuelen "$frames"
    before=$(dropped)
    rate[$frames]=$(ip netns exec client python3 "$1/client.py")
    echo "a queue of $frames frames: ${rate[$frames]} Mbit/s, $(($(dropped) - before)) dropped"
done
((rate[8192] > 4 * rate[1000])) || { echo "changed" >&2; exit 1; }
