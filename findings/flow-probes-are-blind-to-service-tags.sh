#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two flow probes see no traffic behind a service tag (0x88A8).
#
# Expected: a flow probe looks behind VLAN tags, so a provider's tag is one more tag.
# Found: softflowd and nfpcapd both count the IPv4 behind an 0x8100 tag and nothing behind 0x88a8, alone or around a
#   customer tag. Behind two 0x8100 tags nfpcapd looks, softflowd does not. So where tags are stacked as the standard
#   has it there is no traffic, and where it is done as it was before the standard one of the probes finds some.
# Seen on: softflowd 1.1.0-1+b1, nfdump 1.7.1-2+deb12u1 (Debian 12).
# Matters to: whoever mirrors a trunk into a probe and believes its silence.
# Output seen:
#   no tag: softflowd 1 nfpcapd 1
#   8100: softflowd 1 nfpcapd 1
#   88a8: softflowd 0 nfpcapd 0
#   88a8 8100: softflowd 0 nfpcapd 0
#   8100 8100: softflowd 0 nfpcapd 1
set -euo pipefail
if [ $# = 0 ]; then
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    cd "$folder"
    apt-get -qq -o APT::Sandbox::User=root download softflowd=1.1.0-1+b1 nfdump=1.7.1-2+deb12u1 libpcap0.8=1.10.3-1
    for package in *.deb; do dpkg -x "$package" root; done
    cd "$OLDPWD"
    unshare --map-root-user --net --mount --pid --fork --kill-child bash "$0" "$folder"
    exit
fi
folder=$1
cd "$folder"
ip link set dev lo up # softflowd sends what it counted to somebody
mount -t tmpfs none /run # where it has its control socket
LD_LIBRARY_PATH=$(dirname "$folder"/root/usr/lib/*/libpcap.so.0.8):$folder/root/usr/lib:$(echo "$folder"/root/usr/lib/*-linux-gnu*)
export LD_LIBRARY_PATH

python3 - <<'PYTHON'
import struct

head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, 0, 0, 64, 17, 0, bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2]))
total = sum(struct.unpack("!10H", head))
total = (total & 0xFFFF) + (total >> 16)
datagram = head[:10] + struct.pack("!H", 0xFFFF - total) + head[12:] + struct.pack("!HHHH", 1000, 2000, 20, 0) + bytes(12)
for name, tags in (("none", ""), ("8100", "8100000a"), ("88a8", "88a8000a"), ("88a8-8100", "88a8000a8100000b"),
                   ("8100-8100", "8100000a8100000b")):
    frame = bytes.fromhex("020000000002" "020000000001" + tags + "0800") + datagram
    with open(name + ".pcap", "wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, 1))
        file.write(struct.pack("<IIII", 1700000000, 0, len(frame), len(frame)) + frame)
PYTHON
for name in none 8100 88a8 88a8-8100 8100-8100; do
    mkdir "flows-$name"
    root/usr/bin/nfpcapd -r $name.pcap -w "flows-$name" >log 2>&1 || { cat log; exit 1; }
    by_nfpcapd=$(root/usr/bin/nfdump -q -R "flows-$name" -o fmt:%sa 2>/dev/null | grep -c 192.0.2.1 || :)
    by_softflowd=$(root/usr/sbin/softflowd -r $name.pcap -d -n 127.0.0.1:9995 -c /run/control \
        -p /run/pid 2>&1 | awk '$2 == "(17):" { print $4 }')
    label=${name//-/ }
    echo "${label/none/no tag}: softflowd ${by_softflowd:-0} nfpcapd $by_nfpcapd"
done | tee out
[[ $(sed 's/.*softflowd \(.\) nfpcapd \(.\)/\1\2/' out | paste -sd' ') == "11 11 00 00 01" ]] || { echo "changed" >&2; exit 1; }
echo "as found"
