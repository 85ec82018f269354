#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# QEMU starts although nobody listens on its network socket, never tries again, and tells the guest nothing.
#
# Expected: `-netdev stream,server=off` to a socket that is not there ends QEMU with an error, or it connects as soon
#   as somebody listens; at the least the guest's card shows "no link".
# Found: QEMU runs, `info network` says "connection error", a listener that comes up a moment later waits in vain.
#   The guest's interface is up and deaf until QEMU is started again.
#   (server=on and dgram heal by themselves. Later versions have an option for it.)
# Seen on: qemu-system-x86 1:7.2+dfsg-7+deb12u18+b3 (Debian 12).
# Matters to: the order of starting: the switch first, and after the switch was restarted every guest of this kind again.
# Output seen:
#   nobody listens: runs, connection error
#   somebody listens: no connection within 5 s
set -euo pipefail
folder=$(mktemp -d)
qemu=
trap 'kill $qemu 2>/dev/null || :; rm -rf "$folder"' EXIT
cd "$folder"
mkdir -p debs/partial
version=1:7.2+dfsg-7+deb12u18
apt-get -qq -y -o Debug::NoLocking=1 -o APT::Sandbox::User=root -o Dir::Cache::archives="$folder/debs" \
    --no-install-recommends --download-only --reinstall install "qemu-system-x86=$version+b3" \
    "qemu-system-common=$version+b3" "qemu-system-data=$version" seabios=1.16.2-1 >log 2>&1 || { cat log; exit 1; }
for package in debs/*.deb; do dpkg -x "$package" root; done
LD_LIBRARY_PATH=$(echo "$folder"/root/usr/lib/*-linux-gnu*)
QEMU_MODULE_DIR=$(echo root/usr/lib/*-linux-gnu*/qemu)
export LD_LIBRARY_PATH QEMU_MODULE_DIR
root/usr/bin/qemu-system-x86_64 --version | head -1
root/usr/bin/qemu-system-x86_64 -L root/usr/share/qemu -L root/usr/share/seabios -machine pc -m 32 -display none \
    -nodefaults -netdev stream,id=n,server=off,addr.type=unix,addr.path=switch -device e1000,netdev=n,romfile= \
    -qmp unix:qmp,server=on,wait=off >log 2>&1 &
qemu=$!
for _ in {1..100}; do [ -S qmp ] && break; sleep 0.1; done
python3 - <<'PYTHON' || { cat log; echo "changed" >&2; exit 1; }
import json, select, socket, sys

monitor = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
monitor.connect("qmp")
lines = monitor.makefile("rw")
lines.readline()


def ask(command, **arguments):
    lines.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
    lines.flush()
    while True:
        answer = json.loads(lines.readline())
        if "event" not in answer:
            return answer.get("return")


ask("qmp_capabilities")
status = ask("query-status")["status"]
network = ask("human-monitor-command", **{"command-line": "info network"})
trouble = "connection error" if "connection error" in network else network
print("nobody listens: %s, %s" % ("runs" if status == "running" else status, trouble))
with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as switch:
    switch.bind("switch")
    switch.listen()
    came = bool(select.select([switch], [], [], 5)[0])
print("somebody listens:", "connected" if came else "no connection within 5 s")
sys.exit((status, trouble, came) != ("running", "connection error", False))
PYTHON
echo "as found"
