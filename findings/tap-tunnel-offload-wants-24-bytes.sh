#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A TAP that was granted tunnel offloads loses every frame unless its header has 24 bytes.
#
# Expected: TUNSETOFFLOAD says what the reader can take, TUNSETVNETHDRSZ how long the virtio header is; the
#   kernel refuses what does not fit together, and a frame that needs nothing (an ARP, say) is read in any case.
# Found: with TUN_F_UDP_TUNNEL_GSO (0x080) granted, both calls succeed with a header of 10 or 12 bytes, and
#   then each read of whatever frame ends with EFAULT, "Bad address". The frame is gone, and is counted neither
#   as sent nor as dropped. With 24 bytes all is well.
# Seen on: Linux 6.18. The bit exists from 6.17 on; an older kernel refuses it, and this script then fails.
# Matters to: whoever asks for all the offloads that the kernel grants and keeps the usual 12 bytes.
# Output seen:
#   offloads 0x007, header of 12: 76 bytes read
#   offloads 0x087, header of 10: EFAULT, sent 0, dropped 0
#   offloads 0x087, header of 12: EFAULT, sent 0, dropped 0
#   offloads 0x087, header of 24: 88 bytes read
set -euo pipefail
if [ "${1-}" != inside ]; then
    [ "$(id -u)" = 0 ] || { echo "needs root: it makes a network namespace and TAPs" >&2; exit 2; }
    exec unshare --net --mount bash "$0" inside
fi
mount -t sysfs none /sys
sysctl -qw net.ipv6.conf.default.disable_ipv6=1
echo "kernel $(uname -r)"
python3 - <<'PYTHON'
import errno, fcntl, os, socket, struct, subprocess, sys

TUNSETIFF, TUNSETOFFLOAD, TUNSETVNETHDRSZ = 0x400454CA, 0x400454D0, 0x400454D8
FRAME = b"\xff" * 6 + b"\x02\0\0\0\0\x01" + b"\x88\xb5" + b"x" * 50


def one(offloads, header):
    tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", b"t0", 0x5002))  # TAP, NO_PI, VNET_HDR
    fcntl.ioctl(tap, TUNSETVNETHDRSZ, struct.pack("i", header))
    fcntl.ioctl(tap, TUNSETOFFLOAD, offloads)
    subprocess.run("ip link set dev t0 up", shell=True, check=True)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as host:
        host.bind(("t0", 0))
        host.send(FRAME)
    try:
        result = "%d bytes read" % len(os.read(tap, 65536))
    except OSError as error:
        count = [open("/sys/class/net/t0/statistics/tx_" + w).read().strip() for w in ("packets", "dropped")]
        result = "%s, sent %s, dropped %s" % (errno.errorcode[error.errno], *count)
    os.close(tap)
    print("offloads 0x%03x, header of %d: %s" % (offloads, header, result))
    return result


lost = "EFAULT, sent 0, dropped 0"
seen = [one(0x007, 12), one(0x087, 10), one(0x087, 12), one(0x087, 24)]
sys.exit(seen != ["76 bytes read", lost, lost, "88 bytes read"])
PYTHON
echo "as found"
