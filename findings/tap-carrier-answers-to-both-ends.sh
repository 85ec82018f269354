#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The carrier that a TAP's owner takes away (TUNSETCARRIER) is given back by whoever administers its interface.
#
# Expected: the carrier of a TAP is its owner's to give, as that of a cable is the other end's: after TUNSETCARRIER with 0
#   the interface has none until the owner says otherwise.
# Found: "ip link set ... carrier on" turns it on again, and the owner is not told: TUNSETCARRIER has no counterpart that
#   reads, and the descriptor becomes neither readable nor erroneous. Only netlink in the interface's own namespace tells.
# Seen on: Linux 6.18.
# Matters to: virtual switches and monitors that unplug a cable by TUNSETCARRIER while a container has CAP_NET_ADMIN over
#   the interface: one has to watch the link, in that namespace, and take the carrier away again.
# Output seen:
#   owner takes the carrier: NO-CARRIER
#   interface's side sets carrier on: LOWER_UP
#   what the owner's descriptor says of it: nothing
set -euo pipefail
if [ "${1-}" != inside ]; then
    [ "$(id -u)" = 0 ] || { echo "needs root: it makes a network namespace and a TAP" >&2; exit 2; }
    exec unshare --net bash "$0" inside
fi
echo "kernel $(uname -r)"
python3 - <<'PYTHON'
import fcntl, select, struct, subprocess, sys

TUNSETIFF, TUNSETCARRIER, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x400454E2, 2, 0x1000
tap = open("/dev/net/tun", "r+b", buffering=0)
fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", b"t0", IFF_TAP | IFF_NO_PI))


def ip(*words):
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout


def carrier():
    flags = ip("-o", "link", "show", "dev", "t0").split("<")[1].split(">")[0].split(",")
    return next((flag for flag in flags if flag in ("NO-CARRIER", "LOWER_UP")), "neither")


ip("link", "set", "dev", "t0", "addrgenmode", "none")
ip("link", "set", "dev", "t0", "up")
assert carrier() == "LOWER_UP"
fcntl.ioctl(tap, TUNSETCARRIER, struct.pack("i", 0))
taken = carrier()
print("owner takes the carrier:", taken)
poll = select.poll()
poll.register(tap, select.POLLIN | select.POLLPRI | select.POLLERR)
while poll.poll(0):
    tap.read(2000)  # what the kernel had sent before
ip("link", "set", "dev", "t0", "carrier", "on")
given = carrier()
print("interface's side sets carrier on:", given)
told = "nothing" if not poll.poll(500) else "something"
print("what the owner's descriptor says of it:", told)
sys.exit((taken, given, told) != ("NO-CARRIER", "LOWER_UP", "nothing"))
PYTHON
