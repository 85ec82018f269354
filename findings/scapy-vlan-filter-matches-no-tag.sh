#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Scapy's live capture with filter="vlan" sees no tagged frame, and a filter for the inner type sees all.
#
# Expected: the filter language is that of tcpdump, so sniff(filter="vlan") gives the tagged frames and filter="not vlan" the others.
# Found: the kernel has taken the tag off before the filter runs, and Scapy has the filter compiled as for a file, where the tag is
#   in the frame: "vlan" matches nothing, "ether proto 0x88b5" matches the tagged frame. Scapy then puts the tag back, so
#   the frame that "not vlan" delivers shows a Dot1Q layer. `lfilter` (in Python) is right, as is tcpdump itself.
# Seen on: python3-scapy 2.5.0+dfsg-2 (Debian 12), Linux 6.18.
# Matters to: tests of VLANs with Scapy: they pass because nothing was looked at.
# Output seen:
#   vlan: 0, not vlan: 1 (with Dot1Q), ether proto 0x88b5: 1 (with Dot1Q)
set -euo pipefail
if [ $# = 0 ]; then
    [ "$(id -u)" = 0 ] || { echo "needs root: it makes a network namespace and packet sockets" >&2; exit 2; }
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    cd "$folder"
    apt-get -qq -o APT::Sandbox::User=root download \
        python3-scapy=2.5.0+dfsg-2 tcpdump=4.99.3-1 libpcap0.8=1.10.3-1
    for package in *.deb; do dpkg -x "$package" root; done
    cd "$OLDPWD"
    unshare --net --mount --pid --fork --kill-child bash "$0" "$folder"
    exit
fi
mount -t sysfs none /sys
LD_LIBRARY_PATH=$(dirname "$1"/root/usr/lib/*/libpcap.so.0.8)
export LD_LIBRARY_PATH HOME=$1 PATH=$1/root/usr/bin:$PATH PYTHONPATH=$1/root/usr/lib/python3/dist-packages
sysctl -qw net.ipv6.conf.default.disable_ipv6=1
ip link add name v0 type veth peer name v1
ip link set dev v0 up
ip link set dev v1 up
python3 - <<'PYTHON'
import logging, socket, sys

logging.disable()
from scapy.layers.l2 import Dot1Q, Ether
from scapy.sendrecv import AsyncSniffer

sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sender.bind(("v0", 0))
TAGGED = bytes.fromhex("ffffffffffff" "020000000001" "8100000a" "88b5") + b"x" * 46


def seen(words):
    # Frames sent before the socket exists are not heard, so the sending waits for the sniffer's word.
    sniffer = AsyncSniffer(iface="v1", filter=words, timeout=1.5, started_callback=lambda: sender.send(TAGGED))
    sniffer.start()
    sniffer.join()
    frames = [Ether(bytes(frame)) for frame in sniffer.results if bytes(frame)[6:12] == TAGGED[6:12]]
    return "%d%s" % (len(frames), " (with Dot1Q)" if any(Dot1Q in frame for frame in frames) else "")


for _ in range(20):  # until the veths carry
    if seen("ether proto 0x88b5") != "0":
        break
found = {words: seen(words) for words in ("vlan", "not vlan", "ether proto 0x88b5")}
print(", ".join("%s: %s" % pair for pair in found.items()))
sys.exit(list(found.values()) != ["0", "1 (with Dot1Q)", "1 (with Dot1Q)"])
PYTHON
echo "as found"
