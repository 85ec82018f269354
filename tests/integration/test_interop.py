# SPDX-License-Identifier: Apache-2.0
"""The switch between stacks of the kernel, whose offloads change at random: every byte arrives, and
no stack finds a wrong checksum.

A few seconds here; the nightly step `interop` of tools/check has an hour. TAPSWITCH_INTEROP_SECONDS
says how long, TAPSWITCH_INTEROP_SEED which way: a failure names the seed, the turn and what was on.
"""

import os
import random
import time

from lab import wait_until
from test_offloads import datagrams_arrive, sent_and_received

SECONDS = float(os.environ.get("TAPSWITCH_INTEROP_SECONDS", "6"))
SEED = int(os.environ.get("TAPSWITCH_INTEROP_SEED", str(time.time_ns() % 1_000_000)))
KINDS = {"alice": "tap", "bob": "veth", "carol": "interface", "dave": "tap"}
IPV4 = {short: f"10.0.0.{number}/24" for number, short in enumerate(KINDS, start=1)}
IPV6 = {short: f"fd00::{number}/64" for number, short in enumerate(KINDS, start=1)}
INSIDE = {short: f"10.1.0.{number}/24" for number, short in enumerate(KINDS, start=1)}

# The names are those of ethtool -K. What one end does not have, the kernel says and leaves.
FEATURES = ("tx", "rx", "sg", "tso", "gso", "gro", "rx-gro-list", "rx-udp-gro-forwarding",
            "tx-udp-segmentation", "tx-tcp-ecn-segmentation", "tx-tcp6-segmentation",
            "tx-udp_tnl-segmentation", "tx-udp_tnl-csum-segmentation", "txvlan", "rxvlan")
CHECKSUM_ERRORS = ("InCsumErrors", "Udp6InCsumErrors", "Icmp6InCsumErrors")


def join(lab, short, kind):
    if kind == "interface":
        lab.namespace(short)
        lab.exec("switch", "ip", "link", "add", f"to-{short}", "type", "veth", "peer", "name",
                 short, "netns", lab.name_of(short))
        lab.exec(short, "ip", "link", "set", short, "up")
        lab.exec("switch", "ip", "link", "set", f"to-{short}", "up")
        lab.exec(short, "ip", "address", "add", IPV4[short], "dev", short)
        lab.call("port.add", {"name": short, "type": "interface", "interface": f"to-{short}"})
    else:
        lab.join(short, IPV4[short], type=kind)
    lab.exec(short, "sysctl", "-qw", f"net.ipv6.conf.{short}.disable_ipv6=0")
    lab.exec(short, "ip", "address", "add", IPV6[short], "dev", short, "nodad")
    make_tunnel_of_all(lab, short)


def make_tunnel_of_all(lab, short):
    """One VXLAN that all are in; it finds the others by flooding to each."""
    own = IPV4[short].split("/")[0]
    lab.exec(short, "ip", "link", "add", "tunnel", "type", "vxlan", "id", 7, "dstport", 4789, "dev",
             short, "local", own)
    for other, address in IPV4.items():
        if other != short:
            lab.exec(short, "bridge", "fdb", "append", "00:00:00:00:00:00", "dev", "tunnel", "dst",
                     address.split("/")[0])
    lab.exec(short, "ip", "address", "add", INSIDE[short], "dev", "tunnel")
    lab.exec(short, "ip", "link", "set", "tunnel", "up")


def checksum_errors(lab, short):
    """How many each stack has found, by protocol."""
    found = {}
    lines = lab.exec(short, "cat", "/proc/net/snmp").stdout.splitlines()
    for names, values in zip(lines[::2], lines[1::2]):
        protocol, *names = names.split()
        for name, value in zip(names, values.split()[1:]):
            if name in CHECKSUM_ERRORS and int(value):
                found[protocol + name] = int(value)
    for line in lab.exec(short, "cat", "/proc/net/snmp6").stdout.splitlines():
        name, value = line.split()
        if name in CHECKSUM_ERRORS and int(value):
            found[name] = int(value)
    return found


def change_offloads(lab, chance, short):
    """Some of a station's, of the near end of its veth, and of its port. Returns what was said."""
    said = []
    ends = [(short, short)]
    if KINDS[short] == "interface":
        ends.append(("switch", f"to-{short}"))
    for where, interface in ends:
        words = [word for feature in chance.sample(FEATURES, 4)
                 for word in (feature, chance.choice(("on", "off")))]
        lab.exec(where, "ethtool", "-K", interface, *words, check=False)
        said.append((interface, *words))
    offload = chance.random() < 0.7
    lab.call("port.set", {"name": short, "offload": offload})
    return [*said, (f"offload of {short}", offload)]


def exchange(lab, chance, source, to):
    """Something from one to another, of a kind that is drawn."""
    addresses = chance.choice((IPV4, IPV6, INSIDE))
    wait_until(lambda: lab.ping(source, addresses[to].split("/")[0]), "they know each other")
    if chance.random() < 0.3:
        # Nobody holds a sender of datagrams back: on a busy machine a queue may be too short.
        assert any(datagrams_arrive(lab, source, to, addresses[to]) for _ in range(5))
        return
    sent, received = sent_and_received(lab, source, to, addresses[to], megabytes=2)
    assert sent == received


def test_streams_and_datagrams_over_random_offloads(lab):
    chance = random.Random(SEED)
    for short, kind in KINDS.items():
        join(lab, short, kind)
    end = time.monotonic() + SECONDS
    turns = 0
    while time.monotonic() < end or turns < 3:
        source, to = chance.sample(list(KINDS), 2)
        said = change_offloads(lab, chance, chance.choice((source, to)))
        told = f"seed {SEED}, turn {turns}: from {source} to {to} after {said}"
        try:
            exchange(lab, chance, source, to)
        except Exception as error:
            raise AssertionError(told) from error
        errors = {short: found for short in KINDS if (found := checksum_errors(lab, short))}
        assert not errors, f"{told}: {errors}"
        turns += 1
    for name, port in lab.call("stats.get")["ports"].items():
        assert not set(port["drops"]) - {"no_egress", "busy"}, (name, port["drops"])
    print(f"{turns} turns, seed {SEED}")
