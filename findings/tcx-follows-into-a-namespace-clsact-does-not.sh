#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# An interface that moves to another network namespace keeps its tcx program and loses clsact with all filters.
#
# Expected: what is attached to an interface goes along or is lost, whichever hook it hangs at; `tc` shows it.
# Found: after `ip link set v0 netns ...` the clsact qdisc and its filters are gone without a word, while a program attached
#   by a tcx link still runs there and drops every frame. iproute2 6.1 shows nothing of it, before or after.
# Seen on: Linux 6.18 (tcx exists from 6.6 on), iproute2 6.1. The program is written by hand.
# Matters to: whoever prepares an interface and then hands it to a container: one kind of filter stays behind, and the
#   other cannot be seen by the tool one would look with.
# Output seen:
#   before the move: clsact 1, filters 1, tcx drops
#   after the move: clsact 0, filters 0, tcx drops
set -euo pipefail
if [ "${1-}" != inside ]; then
    [ "$(id -u)" = 0 ] || { echo "needs root: it makes network namespaces and loads a BPF program" >&2; exit 2; }
    exec unshare --net --mount bash "$0" inside
fi
mount -t tmpfs none /run # names of namespaces, gone with this one
ip netns add other
sysctl -qw net.ipv6.conf.default.disable_ipv6=1
ip netns exec other sysctl -qw net.ipv6.conf.default.disable_ipv6=1
ip link add name v0 type veth peer name v1
ip link set dev v0 up
ip link set dev v1 up
tc qdisc add dev v0 clsact
tc filter add dev v0 egress protocol all u32 match u32 0 0 action mirred egress redirect dev lo
echo "kernel $(uname -r), $(tc -V)"
python3 - <<'PYTHON'
import ctypes, os, select, socket, struct, subprocess, sys

libc = ctypes.CDLL(None, use_errno=True)
NR_BPF = {"x86_64": 321, "aarch64": 280, "riscv64": 280}[os.uname().machine]
PROG_LOAD, LINK_CREATE, SCHED_CLS, TCX_INGRESS, DROP = 5, 28, 3, 46, 2


def bpf(command, attributes):
    block = ctypes.create_string_buffer(attributes, 160)
    result = libc.syscall(NR_BPF, command, block, 160)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def tc(*words):
    return subprocess.run(["tc", *words], check=True, capture_output=True, text=True).stdout


def state():
    # A packet socket of all types hears a frame before tcx; one for its type alone hears it after.
    sockets = []
    for ethertype in (0x0003, 0x88B5):
        sockets.append(socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
        sockets[-1].bind(("v0", ethertype))
    for _ in range(20):  # until the veths carry
        wire.send(b"\xff" * 6 + b"\x02\0\0\0\0\x01" + b"\x88\xb5" + b"x" * 46)
        if select.select([sockets[0]], [], [], 0.5)[0]:
            break
    else:
        raise SystemExit("nothing comes")
    passed = select.select([sockets[1]], [], [], 0.5)[0]
    filters = tc("filter", "show", "dev", "v0", "egress").count("mirred")
    return tc("qdisc", "show", "dev", "v0").count("clsact"), filters, "passes" if passed else "drops"


wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
wire.bind(("v1", 0))
code = ctypes.create_string_buffer(struct.pack("<BBhiBBhi", 0xB7, 0, 0, DROP, 0x95, 0, 0, 0))
licence = ctypes.create_string_buffer(b"GPL")
program = bpf(PROG_LOAD, struct.pack("<IIQQ", SCHED_CLS, 2, ctypes.addressof(code), ctypes.addressof(licence)))
link = bpf(LINK_CREATE, struct.pack("<III", program, socket.if_nametoindex("v0"), TCX_INGRESS))
before = state()
print("before the move: clsact %d, filters %d, tcx %s" % before)
subprocess.run("ip link set dev v0 netns other && ip -n other link set dev v0 up", shell=True, check=True)
libc.setns(os.open("/run/netns/other", os.O_RDONLY), 0)
after = state()
print("after the move: clsact %d, filters %d, tcx %s" % after)
sys.exit((before, after) != ((1, 1, "drops"), (0, 0, "drops")))
PYTHON
echo "as found"
