# SPDX-License-Identifier: Apache-2.0
"""The least that must work: two stations reach each other through the switch."""


def test_two_namespaces_ping_through_the_switch(lab):
    lab.join("alice", "10.0.10.1/24", vlan=10)
    lab.join("bob", "10.0.10.2/24", vlan=10)
    assert lab.ping("alice", "bob")
    assert lab.ping("bob", "alice")


def test_tapctl_does_the_same(lab):
    for name, address in (("alice", "10.0.10.1/24"), ("bob", "10.0.10.2/24")):
        namespace = lab.namespace(name)
        lab.tapctl("port", "add", name, "--namespace", namespace, "--address", address,
                   "--vlan", 10)
    assert lab.ping("alice", "10.0.10.2")
    assert "alice" in lab.tapctl("port").stdout
