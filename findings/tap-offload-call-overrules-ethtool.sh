#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Saying TUNSETOFFLOAD again undoes what an administrator did with ethtool.
#
# Expected: TUNSETOFFLOAD states what the reader of the TAP can take, `ethtool -K` what the administrator wants; the
#   features in force are what both agree on, so stating the same ability again changes nothing.
# Found: after `ethtool -K t0 tx off` the very same TUNSETOFFLOAD value, said once more, turns checksum and
#   segmentation offloads on again, without a word.
# Seen on: Linux 6.18, ethtool 6.1.
# Matters to: programs that state their offloads at each start or hand-over on a TAP that persists: `ethtool -K` is
#   the usual cure for a guest with broken checksums, and it silently wears off.
# Output seen:
#   at first: tx-checksumming: on, tcp-segmentation-offload: on
#   after ethtool -K tx off: tx-checksumming: off, tcp-segmentation-offload: off
#   after the same TUNSETOFFLOAD: tx-checksumming: on, tcp-segmentation-offload: on
set -euo pipefail
if [ "${1-}" != inside ]; then
    [ "$(id -u)" = 0 ] || { echo "needs root: it makes a network namespace and a TAP" >&2; exit 2; }
    command -v ethtool >/dev/null || { echo "needs ethtool" >&2; exit 2; }
    exec unshare --net bash "$0" inside
fi
echo "kernel $(uname -r), $(ethtool --version)"
python3 - <<'PYTHON'
import fcntl, os, re, struct, subprocess, sys

TUNSETIFF, TUNSETOFFLOAD = 0x400454CA, 0x400454D0
OFFLOADS = 0x07  # checksum, TSO for IPv4 and for IPv6


def features():
    text = subprocess.run(["ethtool", "-k", "t0"], check=True, capture_output=True, text=True).stdout
    return [re.search("^%s: (on|off)" % name, text, re.M).group(0)
            for name in ("tx-checksumming", "tcp-segmentation-offload")]


tap = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", b"t0", 0x5002))  # TAP, NO_PI, VNET_HDR
fcntl.ioctl(tap, TUNSETOFFLOAD, OFFLOADS)
first = features()
subprocess.run(["ethtool", "-K", "t0", "tx", "off"], check=True, stdout=subprocess.DEVNULL)
second = features()
fcntl.ioctl(tap, TUNSETOFFLOAD, OFFLOADS)
third = features()
for when, what in (("at first", first), ("after ethtool -K tx off", second), ("after the same TUNSETOFFLOAD", third)):
    print("%s: %s" % (when, ", ".join(what)))
sys.exit([[f.split()[-1] for f in s] for s in (first, second, third)] != [["on", "on"], ["off", "off"], ["on", "on"]])
PYTHON
echo "as found"
