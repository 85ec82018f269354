#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# An XDP program on one end of a veth takes segmentation offload and large MTUs from the other end.
#
# Expected: a program that passes every frame changes nothing, and nothing at an interface it is not attached to.
# Found: with a native XDP program on v0 that only says XDP_PASS, v1 shows tcp-segmentation-offload and UDP segmentation
#   as "off [fixed]", which no ethtool turns on again, and refuses an MTU of 9000 ("mtu greater than device maximum").
#   v0 itself keeps all. Without the program v1 has both.
# Seen on: Linux 6.18. Two instructions are written by hand, so no compiler is needed.
# Matters to: whoever plugs a monitor or filter into the host's end and finds the container's throughput halved.
# Output seen:
#   before: v1 tcp-segmentation-offload: on, MTU 9000 taken
#   with XDP_PASS on v0: v1 tcp-segmentation-offload: off, MTU 9000 refused; v0 tcp-segmentation-offload: on
set -euo pipefail
if [ "${1-}" != inside ]; then
    [ "$(id -u)" = 0 ] || { echo "needs root: it makes a network namespace and loads a BPF program" >&2; exit 2; }
    command -v ethtool >/dev/null || { echo "needs ethtool" >&2; exit 2; }
    exec unshare --net bash "$0" inside
fi
ip link add name v0 type veth peer name v1
ip link set dev v0 up
ip link set dev v1 up
echo "kernel $(uname -r)"
python3 - <<'PYTHON'
import ctypes, os, re, socket, struct, subprocess, sys

libc = ctypes.CDLL(None, use_errno=True)
NR_BPF = {"x86_64": 321, "aarch64": 280, "riscv64": 280}[os.uname().machine]
PROG_LOAD, LINK_CREATE, PROG_TYPE_XDP, ATTACH_XDP, DRIVER_MODE = 5, 28, 6, 37, 4


def bpf(command, attributes):
    block = ctypes.create_string_buffer(attributes, 160)
    result = libc.syscall(NR_BPF, command, block, 160)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def offload(device):
    text = subprocess.run(["ethtool", "-k", device], check=True, capture_output=True, text=True).stdout
    return re.search("^tcp-segmentation-offload: (on|off)", text, re.M).group(1)


def large_mtu(device):
    done = subprocess.run(["ip", "link", "set", "dev", device, "mtu", "9000"], stderr=subprocess.DEVNULL)
    subprocess.run(["ip", "link", "set", "dev", device, "mtu", "1500"], check=True)
    return "refused" if done.returncode else "taken"


before = (offload("v1"), large_mtu("v1"))
print("before: v1 tcp-segmentation-offload: %s, MTU 9000 %s" % before)
code = ctypes.create_string_buffer(struct.pack("<BBhiBBhi", 0xB7, 0, 0, 2, 0x95, 0, 0, 0))  # return XDP_PASS
licence = ctypes.create_string_buffer(b"GPL")
program = bpf(PROG_LOAD, struct.pack("<IIQQ", PROG_TYPE_XDP, 2, ctypes.addressof(code), ctypes.addressof(licence)))
link = bpf(LINK_CREATE, struct.pack("<IIII", program, socket.if_nametoindex("v0"), ATTACH_XDP, DRIVER_MODE))
after = (offload("v1"), large_mtu("v1"), offload("v0"))
print("with XDP_PASS on v0: v1 tcp-segmentation-offload: %s, MTU 9000 %s; v0 tcp-segmentation-offload: %s" % after)
sys.exit((before, after) != (("on", "taken"), ("off", "refused", "on")))
PYTHON
echo "as found"
