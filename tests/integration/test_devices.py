# SPDX-License-Identifier: Apache-2.0
"""What others do to the interfaces of live ports, and what the switch makes of it."""

import pytest

from lab import run, wait_until
from rpc_client import RpcError


@pytest.fixture
def three(lab):
    """A lab of alice, bob and carol, who reach each other."""
    for number, name in enumerate(("alice", "bob", "carol"), start=1):
        lab.join(name, f"10.0.0.{number}/24")
    assert lab.ping("alice", "bob")
    assert lab.ping("carol", "bob")
    return lab


def state(lab, port):
    return lab.call("port.get", {"name": port})["state"]


def test_deleted_device_loses_its_port_alone(three):
    three.exec("alice", "ip", "link", "del", "alice")
    wait_until(lambda: state(three, "alice") == "lost", "alice is lost")
    wait_until(lambda: three.call("port.get", {"name": "alice"})["stations"] == 0,
               "her stations are forgotten")
    assert three.ping("carol", "bob")


def test_lost_port_can_be_removed_and_added_again(three):
    three.exec("alice", "ip", "link", "del", "alice")
    wait_until(lambda: state(three, "alice") == "lost", "alice is lost")
    three.call("port.remove", {"name": "alice"})
    three.call("port.add", {"name": "alice", "namespace": three.name_of("alice"),
                            "addresses": ["10.0.0.1/24"]})
    assert three.ping("alice", "bob")


def test_deleted_namespace_loses_its_port_alone(three):
    three.remove_namespace("alice")
    wait_until(lambda: state(three, "alice") == "lost", "alice is lost")
    assert three.ping("carol", "bob")


def test_interface_that_is_down_drops_and_comes_back(three):
    three.exec("bob", "ip", "link", "set", "bob", "down")
    assert state(three, "bob") == "down"
    assert not three.ping("alice", "bob")
    drops = three.call("stats.get", {"port": "bob"})["ports"]["bob"]["drops"]
    assert drops["link_down"] > 0
    three.exec("bob", "ip", "link", "set", "bob", "up")
    assert state(three, "bob") == "up"
    wait_until(lambda: three.ping("alice", "bob"), "bob is back")


def test_renamed_interface_stays_a_port(three):
    three.exec("bob", "ip", "link", "set", "bob", "name", "robert")
    port = three.call("port.get", {"name": "bob"})
    assert (port["state"], port["link"]["interface"]) == ("up", "robert")
    assert three.ping("alice", "bob")


def test_moved_interface_stays_a_port(three):
    elsewhere = three.namespace("elsewhere")
    three.exec("bob", "ip", "link", "set", "bob", "netns", elsewhere)
    three.exec("elsewhere", "ip", "addr", "add", "10.0.0.2/24", "dev", "bob")
    three.exec("elsewhere", "ip", "link", "set", "bob", "up")
    assert state(three, "bob") == "up"
    wait_until(lambda: three.ping("alice", "bob"), "bob is reached elsewhere")


def test_larger_mtu_is_followed(three):
    big = ("-M", "do", "-s", 3000)
    for name in ("alice", "bob"):
        three.exec(name, "ip", "link", "set", name, "mtu", 4000)
    wait_until(lambda: three.ping("alice", "bob", *big), "a large ping is answered")


def test_adopted_interface_stays_when_its_port_goes(lab):
    lab.namespace("alice")
    lab.exec("alice", "ip", "tuntap", "add", "dev", "mine", "mode", "tap")
    lab.call("port.add", {"name": "alice", "interface": "mine", "namespace": lab.name_of("alice"),
                          "addresses": ["10.0.0.1/24"]})
    lab.join("bob", "10.0.0.2/24")
    assert lab.ping("bob", "10.0.0.1")
    lab.call("port.remove", {"name": "alice"})
    assert "mine" in lab.exec("alice", "ip", "-br", "link").stdout
    lab.stop(persistent=("mine",))


def test_persistent_interface_outlives_the_daemon_and_is_found_again(lab):
    lab.join("alice", "10.0.0.1/24", persist=True)
    lab.stop(persistent=("alice",))
    assert "10.0.0.1/24" in lab.exec("alice", "ip", "-br", "addr", "show", "dev", "alice").stdout
    lab.start()
    lab.call("port.add", {"name": "alice", "namespace": lab.name_of("alice")})
    lab.join("bob", "10.0.0.2/24")
    wait_until(lambda: lab.ping("bob", "10.0.0.1"), "alice is reached as before")
    lab.stop(persistent=("alice",))


def test_interface_of_one_port_is_not_another_ports(lab):
    lab.join("alice", "10.0.0.1/24")
    namespace = lab.name_of("alice")
    with pytest.raises(RpcError) as refusal:
        lab.call("port.add", {"name": "again", "interface": "alice", "namespace": namespace})
    assert refusal.value.kind == "already_exists"
    assert refusal.value.data["port"] == "alice"
    # Under another name of the same namespace it is the kernel that knows.
    with pytest.raises(RpcError) as refusal:
        lab.call("port.add", {"name": "again", "interface": "alice",
                              "namespace": f"/run/netns/{namespace}"})
    assert refusal.value.kind == "kernel_refused"
    assert refusal.value.data["errno_name"] == "EBUSY"
    assert [port["name"] for port in lab.call("port.list")["ports"]] == ["alice"]


def test_interface_that_is_no_tap_is_refused_and_left_alone(lab):
    namespace = lab.namespace("alice")
    run("ip", "-n", namespace, "link", "add", "wire", "type", "veth", "peer", "name", "other")
    before = run("ip", "-n", namespace, "-br", "link").stdout
    with pytest.raises(RpcError) as refusal:
        lab.call("port.add", {"name": "p", "interface": "wire", "namespace": namespace})
    assert refusal.value.kind == "kernel_refused"
    assert "TAP" in refusal.value.message
    assert run("ip", "-n", namespace, "-br", "link").stdout == before
