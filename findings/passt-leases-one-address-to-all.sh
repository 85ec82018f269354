#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# passt leases one and the same address to every station, and answers ARP for all addresses but that one.
#
# Expected: passt speaks the stream protocol of QEMU, so a switch port leads to it and a whole LAN lives behind, as with
#   slirp: each station gets a lease of its own.
# Found: two stations with different MAC addresses are both given 192.0.2.5, the address of the host itself, with a lease
#   without end and an MTU of 65520. ARP for any other address (another station's, one of another network) is answered
#   at once with one MAC, which is that of the host's own interface: stations never reach each other, and on a bridge
#   that also has the host's uplink, one MAC is seen at two ports.
# Seen on: passt 0.0~git20230309.7c7625d-1 (Debian 12).
# Matters to: labs that give several nodes a way out through one passt. It is made for one guest: one passt for each.
# Output seen:
#   station 1: 192.0.2.5, MTU 65520
#   station 2: 192.0.2.5, MTU 65520
#   ARP for 192.0.2.77: answered with the host's MAC
#   ARP for 203.0.113.9: answered with the host's MAC
#   ARP for 192.0.2.5: no answer
set -euo pipefail
if [ $# = 0 ]; then
    [ "$(id -u)" = 0 ] || { echo "needs root: it makes a network namespace" >&2; exit 2; }
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    cd "$folder"
    apt-get -qq -o APT::Sandbox::User=root download passt=0.0~git20230309.7c7625d-1
    for package in *.deb; do dpkg -x "$package" root; done
    cd "$OLDPWD"
    unshare --net --mount --pid --fork --kill-child bash "$0" "$folder"
    exit
fi
mount -t tmpfs none /mnt # passt keeps to its socket and log there
mount -t sysfs none /sys
ip link set dev lo up
ip link add name up0 address 02:00:00:00:00:55 type veth peer name up1
ip address add 192.0.2.5/24 dev up0
ip link set dev up0 up
ip link set dev up1 up
ip route add default via 192.0.2.1
"$1/root/usr/bin/passt" --foreground --socket /mnt/socket --log-file /mnt/log --runas 0:0 >/mnt/out 2>&1 &
for _ in {1..50}; do [ -S /mnt/socket ] && break; sleep 0.1; done

python3 - <<'PYTHON' || { cat /mnt/out; echo "changed" >&2; exit 1; }
import select, socket, struct, sys

stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
stream.connect("/mnt/socket")
received = b""


def send(frame):
    stream.sendall(struct.pack("!I", len(frame)) + frame)


def next_frame():
    global received
    while len(received) < 4 or len(received) < 4 + struct.unpack("!I", received[:4])[0]:
        if not select.select([stream], [], [], 1)[0]:
            return None
        received += stream.recv(65536)
    end = 4 + struct.unpack("!I", received[:4])[0]
    frame, received = received[4:end], received[end:]
    return frame


def lease(station):
    mac = bytes([2, 0, 0, 0, 1, station])
    bootp = struct.pack("!BBBBIHH16x6s202x", 1, 1, 6, 0, station, 0, 0x8000, mac) + bytes.fromhex("63825363350101ff")
    bootp = bootp.ljust(300, b"\0")
    udp = struct.pack("!HHHH", 68, 67, 8 + len(bootp), 0) + bootp
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, bytes(4), b"\xff" * 4)
    total = sum(struct.unpack("!10H", head))
    total = (total & 0xFFFF) + (total >> 16)
    send(b"\xff" * 6 + mac + b"\x08\x00" + head[:10] + struct.pack("!H", 0xFFFF - total) + head[12:] + udp)
    while (frame := next_frame()) is not None:
        if frame[12:14] == b"\x08\x00" and frame[34:36] == b"\0\x43":
            options = frame[282:]
            mtu = options[options.index(b"\x1a\x02") + 2:][:2]
            return "%s, MTU %d" % (socket.inet_ntoa(frame[58:62]), *struct.unpack("!H", mtu))
    return "no answer"


def arp(address):
    mac = bytes([2, 0, 0, 0, 1, 1])
    send(b"\xff" * 6 + mac + bytes.fromhex("08060001080006040001") + mac + socket.inet_aton("192.0.2.5") + bytes(6)
         + socket.inet_aton(address))
    while (frame := next_frame()) is not None:
        if frame[12:14] == b"\x08\x06":
            return "answered with " + ("the host's MAC" if frame[22:28].hex() == "020000000055" else frame[22:28].hex())
    return "no answer"


seen = {"station 1": lease(1), "station 2": lease(2)}
seen.update(("ARP for " + a, arp(a)) for a in ("192.0.2.77", "203.0.113.9", "192.0.2.5"))
for name, what in seen.items():
    print("%s: %s" % (name, what))
same = "answered with the host's MAC"
sys.exit(list(seen.values()) != ["192.0.2.5, MTU 65520"] * 2 + [same, same, "no answer"])
PYTHON
echo "as found"
