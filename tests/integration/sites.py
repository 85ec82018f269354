# SPDX-License-Identifier: Apache-2.0
"""Two places that a cable joins: each a lab with a daemon, or something else, in a namespace of its
own. The first is 192.0.2.1 and 2001:db8::1, the second .2 and ::2."""

import os

from lab import wait_until

ADDRESSES = {4: ("192.0.2.1", "192.0.2.2"), 6: ("2001:db8::1", "2001:db8::2")}


def lay_cable(lab, short, peer_lab, peer_short, mtu=1500):
    """Joins two namespaces, which have IPv6 from now on, by a veth 'cable' at both ends."""
    for number, home, name in ((1, lab, short), (2, peer_lab, peer_short)):
        home.exec(name, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=0",
                  "net.ipv6.conf.default.disable_ipv6=0")
        if number == 1:
            home.exec(name, "ip", "link", "add", "cable", "mtu", mtu, "type", "veth", "peer",
                      "name", "cable", "mtu", mtu, "netns", peer_lab.name_of(peer_short))
        home.exec(name, "ip", "address", "add", f"192.0.2.{number}/24", "dev", "cable")
        home.exec(name, "ip", "address", "add", f"2001:db8::{number}/64", "dev", "cable", "nodad")
        home.exec(name, "ip", "link", "set", "cable", "up")
    # The kernel looks at a new carrier some time later.
    wait_until(lambda: lab.ping(short, "2001:db8::2"), "the cable is there")


class Sited:
    """Several labs as one, for who asks for stations."""

    def __init__(self, *labs):
        self._labs = labs

    def _home_of(self, short):
        return next(lab for lab in self._labs if os.path.exists(f"/run/netns/{lab.name_of(short)}"))

    def command_in(self, short, *command):
        return self._home_of(short).command_in(short, *command)

    def exec(self, short, *command, **options):
        return self._home_of(short).exec(short, *command, **options)
