#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `ip -j link` ends with status 0 and whole JSON also where it says that its list may be inconsistent.
#
# Expected: what a program asks for as JSON and by the exit status is either right or refused; the kernel marks a list during
#   which something changed (NLM_F_DUMP_INTR), so that whoever asked asks again.
# Found: iproute2 writes "Dump was interrupted and may be inconsistent." to standard error, prints the list all the same and
#   ends with 0. Nothing in the JSON says so. libnl's caches ask again by themselves.
# Seen on: iproute2 6.1.0-3 (Debian 12); the kernel's mark is of Linux 3.1.
# Matters to: programs that look at interfaces with `ip -j` while containers or ports come and go: they must read standard
#   error, or ask twice.
# Output seen:
#   status 0, a list of more than 1000 interfaces, Dump was interrupted and may be inconsistent.
set -euo pipefail
if [ $# = 0 ]; then
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    (
        cd "$folder"
        apt-get -qq -o APT::Sandbox::User=root download iproute2=6.1.0-3
        dpkg -x iproute2_*.deb root
    )
    unshare --map-root-user --net --pid --fork --kill-child bash "$0" "$folder"
    exit
fi
cd "$1"
ip=$1/root/bin/ip
[ -x "$ip" ] || ip=$1/root/sbin/ip
for i in {1..500}; do echo "link add name a$i type veth peer name b$i"; done >many
"$ip" -batch many
while :; do
    "$ip" link add name x type veth peer name y
    "$ip" link delete dev x
done >changes.log 2>&1 &
for _ in {1..500}; do
    status=0
    "$ip" -j link show >list 2>said || status=$?
    [ -s said ] && break
done
count=$(python3 -c 'import json; print(len(json.load(open("list"))))')
[ "$count" -gt 1000 ] && many="more than 1000" || many=$count
echo "status $status, a list of $many interfaces, $(cat said)"
[[ $status == 0 && $count -gt 1000 && $(cat said) == "Dump was interrupted and may be inconsistent." ]] ||
    { echo "changed" >&2; exit 1; }
echo "as found"
