#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Linux lets a network namespace have a number (nsid) for itself, and never says that number with its own news.
#
# Expected: whoever listens to interfaces of all namespaces (NETLINK_LISTEN_ALL_NSID) finds the namespace of a message by
#   the number that RTM_GETNSID gives for it.
# Found: for every other namespace it is so. For the listener's own RTM_GETNSID answers with the number it was given, here 7,
#   but messages about its own interfaces come without any number, before and after. Who matches by what RTM_GETNSID says
#   hears nothing of its own interfaces from then on. So: compare the namespace first (fstat of its file), then numbers.
# Seen on: Linux 6.18. Any program may give the number (`ip netns set NAME 7`, where NAME is the listener's namespace).
# Matters to: monitors of links; a namespace gets a number for itself without its programs noticing.
# Output seen:
#   own number None: own link told with []
#   own number 7: own link told with [], other link told with [5]
set -euo pipefail
if [ $# = 0 ]; then
    [ "$(id -u)" = 0 ] || { echo "needs root: it makes network namespaces" >&2; exit 2; }
    exec unshare --net --pid --fork --kill-child bash "$0" inside
fi
python3 - <<'PYTHON'
import os, socket, struct, subprocess, sys

RTM_NEWNSID, RTM_GETNSID, REQUEST, ACK = 88, 90, 1, 4
NETNSA_NSID, NETNSA_FD = 1, 3
SOL_NETLINK, LISTEN_ALL_NSID = 270, 8


def attribute(kind, value):
    return struct.pack("=HHi", 8, kind, value)


def ask(kind, flags, *attributes):
    body = struct.pack("=B3x", 0) + b"".join(attributes)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as route:
        route.send(struct.pack("=IHHII", 16 + len(body), kind, REQUEST | flags, 1, 0) + body)
        answer = route.recv(65536)
    if struct.unpack_from("=H", answer, 4)[0] == 2:  # NLMSG_ERROR
        error = struct.unpack_from("=i", answer, 16)[0]
        if error:
            raise OSError(-error, os.strerror(-error))
        return None
    number = struct.unpack_from("=i", answer, 16 + 4 + 4)[0]
    return None if number < 0 else number


def number_of(namespace):
    return ask(RTM_GETNSID, 0, attribute(NETNSA_FD, namespace))


listener = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
listener.bind((0, 1))
listener.setsockopt(SOL_NETLINK, LISTEN_ALL_NSID, 1)
listener.settimeout(0.3)


def told_with():
    """The numbers that the messages had which came since."""
    numbers = set()
    while True:
        try:
            _, parts, _, _ = listener.recvmsg(65536, 64)
        except TimeoutError:
            return sorted(numbers)
        numbers |= {struct.unpack("=i", data)[0] for _, _, data in parts}


def change(pid=None):
    told_with()
    words = ["ip", "link", "set", "dev", "lo", "mtu", "1400"]
    words = words if pid is None else ["nsenter", f"--net=/proc/{pid}/ns/net", *words]
    subprocess.run(words, check=True)
    numbers = told_with()
    subprocess.run([*words[:-1], "65536"], check=True)
    return numbers


own = os.open("/proc/self/ns/net", os.O_RDONLY)
first = (number_of(own), change())
print(f"own number {first[0]}: own link told with {first[1]}")
other = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo ready; exec sleep 60"], stdout=subprocess.PIPE)
other.stdout.readline()
far = os.open(f"/proc/{other.pid}/ns/net", os.O_RDONLY)
ask(RTM_NEWNSID, ACK, attribute(NETNSA_FD, far), attribute(NETNSA_NSID, 5))
ask(RTM_NEWNSID, ACK, attribute(NETNSA_FD, own), attribute(NETNSA_NSID, 7))
second = (number_of(own), change(), change(other.pid))
other.kill()
print(f"own number {second[0]}: own link told with {second[1]}, other link told with {second[2]}")
sys.exit(0 if first == (None, []) and second == (7, [], [5]) else 1)
PYTHON
