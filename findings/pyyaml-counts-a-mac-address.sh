#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# PyYAML reads the MAC address that QEMU gives its first card as a number, and its neighbour as a text.
#
# Expected: 52:54:00:12:34:56 without quotes is a text, as 52:54:00:12:34:5a is: YAML 1.2 has no numbers with colons.
# Found: YAML 1.1, which PyYAML reads, has numbers to the base 60. A MAC address is one if it has no letter, no group beyond
#   59 and no zero in front: of the two cards of a virtual machine in one file, one has a number for an address. Written out
#   again it is quoted, so a file that PyYAML has written is read back as it was; a file of a person is not.
# Seen on: python3-yaml 6.0-3+b2 (Debian 12).
# Matters to: files with addresses of interfaces that more than one program reads: quote them all.
# Output seen:
#   int 41135085296
#   str 52:54:00:12:34:5a
#   str 02:54:00:12:34:56
#   str 52:54:00:12:34:56
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get -qq -o APT::Sandbox::User=root download python3-yaml=6.0-3+b2 >log 2>&1 || { cat log; exit 2; }
dpkg -x python3-yaml_*.deb root
PYTHONPATH=$folder/root/usr/lib/python3/dist-packages python3 - <<'PYTHON'
import yaml

cards = yaml.safe_load("- 52:54:00:12:34:56\n- 52:54:00:12:34:5a\n- 02:54:00:12:34:56\n- '52:54:00:12:34:56'\n")
for card in cards:
    print(type(card).__name__, card)
sum_of_sixties = 0
for group in (52, 54, 0, 12, 34, 56):
    sum_of_sixties = sum_of_sixties * 60 + group
assert cards == [sum_of_sixties, "52:54:00:12:34:5a", "02:54:00:12:34:56", "52:54:00:12:34:56"]
assert yaml.safe_dump("52:54:00:12:34:56") == "'52:54:00:12:34:56'\n"
PYTHON
