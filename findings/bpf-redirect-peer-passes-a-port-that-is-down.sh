#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# bpf_redirect_peer() delivers into a container although the veth's host end is down, and nobody counts a failure.
#
# Expected: `ip link set HOST-END down` cuts a container off, whichever way frames are forwarded to it.
# Found: bpf_redirect_peer() looks at the inner end alone: with the host end down the frame arrives, and the host
#   end's transmit counter stays 0. bpf_redirect() to the same host end does stop, and counts the drop there.
#   (The program is at a port's tcx ingress hook, where a switch in the kernel would have it.)
# Seen on: Linux 6.18 (tcx exists from 6.6 on). Four instructions are written by hand, so no compiler is needed.
# Matters to: everything that treats "admin down" as the way to stop a port while a fast path is in place.
# Output seen:
#   bpf_redirect: nothing arrives; host end sent 0, dropped 1
#   bpf_redirect_peer: 60 bytes arrive; host end sent 0, dropped 1
set -euo pipefail
if [ "${1-}" != inside ]; then
    [ "$(id -u)" = 0 ] || { echo "needs root: it makes network namespaces and loads a BPF program" >&2; exit 2; }
    exec unshare --net --mount bash "$0" inside
fi
mount -t sysfs none /sys
mount -t tmpfs none /run # names of namespaces, gone with this one
ip netns add guest
sysctl -qw net.ipv6.conf.default.disable_ipv6=1
ip netns exec guest sysctl -qw net.ipv6.conf.default.disable_ipv6=1
ip link add name in0 type veth peer name in1
ip link set dev in0 up
ip link set dev in1 up
ip link add name host0 type veth peer name inner netns guest
ip -n guest link set dev inner up # host0 stays down
echo "kernel $(uname -r)"
python3 - <<'PYTHON'
import ctypes, os, select, socket, struct, sys

libc = ctypes.CDLL(None, use_errno=True)
NR_BPF = {"x86_64": 321, "aarch64": 280, "riscv64": 280}[os.uname().machine]
PROG_LOAD, LINK_CREATE, SCHED_CLS, TCX_INGRESS = 5, 28, 3, 46


def bpf(command, attributes):
    block = ctypes.create_string_buffer(attributes, 160)
    result = libc.syscall(NR_BPF, command, block, 160)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def redirect(helper, target):
    code = ctypes.create_string_buffer(b"".join(struct.pack("<BBhi", *i) for i in (
        (0xB7, 1, 0, target), (0xB7, 2, 0, 0), (0x85, 0, 0, helper), (0x95, 0, 0, 0))))
    licence = ctypes.create_string_buffer(b"GPL")
    return bpf(PROG_LOAD, struct.pack("<IIQQ", SCHED_CLS, 4, ctypes.addressof(code), ctypes.addressof(licence)))


home = os.open("/proc/self/ns/net", os.O_RDONLY)
libc.setns(os.open("/run/netns/guest", os.O_RDONLY), 0)
guest = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x88B5))
guest.bind(("inner", 0x88B5))
libc.setns(home, 0)
sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sender.bind(("in1", 0))

seen = []
for name, helper in (("bpf_redirect", 23), ("bpf_redirect_peer", 155)):
    program = redirect(helper, socket.if_nametoindex("host0"))
    link = bpf(LINK_CREATE, struct.pack("<III", program, socket.if_nametoindex("in0"), TCX_INGRESS))
    sender.send(b"\xff" * 6 + b"\x02\0\0\0\0\x01" + b"\x88\xb5" + b"x" * 46)
    arrived = len(guest.recv(2000)) if select.select([guest], [], [], 1)[0] else 0
    count = [open("/sys/class/net/host0/statistics/tx_" + w).read().strip() for w in ("packets", "dropped")]
    print("%s: %s; host end sent %s, dropped %s"
          % (name, "%d bytes arrive" % arrived if arrived else "nothing arrives", *count))
    seen.append((arrived, count))
    os.close(link)
sys.exit(seen != [(0, ["0", "1"]), (60, ["0", "1"])])
PYTHON
echo "as found"
