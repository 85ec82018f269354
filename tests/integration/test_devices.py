# SPDX-License-Identifier: Apache-2.0
"""What others do to the interfaces of live ports, and what the switch makes of it."""

import pytest

from frames import ALICE, BOB, deliver, frame
from lab import drops, run, state, wait_until
from rpc_client import RpcError


@pytest.fixture
def three(lab):
    """A lab of alice, bob and carol, who reach each other."""
    for number, name in enumerate(("alice", "bob", "carol"), start=1):
        lab.join(name, f"10.0.0.{number}/24")
    assert lab.ping("alice", "bob")
    assert lab.ping("carol", "bob")
    return lab


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


def known_on(lab, port):
    return lab.call("fdb.list", {"port": port})["entries"]


def test_stations_of_an_interface_that_is_down_are_forgotten_at_once(three):
    bob = three.call("port.get", {"name": "bob"})["link"]["mac"]
    assert known_on(three, "bob")
    three.exec("bob", "ip", "link", "set", "bob", "down")
    assert known_on(three, "bob") == []
    # Whoever he is, he may be somewhere else by now.
    heard = deliver(three, "alice", [frame(ALICE, bob)], ["carol"])
    assert heard["carol"] == [frame(ALICE, bob)]
    trace = three.call("frame.trace", {"port": "alice", "frame": {"src": ALICE, "dst": bob}})
    assert trace["dropped"] == [{"port": "bob", "reason": "link_down"}]
    assert [egress["port"] for egress in trace["egress"]] == ["carol"]


def test_static_entry_of_an_interface_that_is_down_stays(three):
    three.call("fdb.add", {"mac": BOB, "vlan": 1, "port": "bob"})
    three.exec("bob", "ip", "link", "set", "bob", "down")
    assert [entry["mac"] for entry in known_on(three, "bob")] == [BOB]
    before = drops(three, "bob").get("link_down", 0)
    heard = deliver(three, "alice", [frame(ALICE, BOB)], ["carol"])
    assert heard["carol"] == []
    assert drops(three, "bob")["link_down"] == before + 1
    trace = three.call("frame.trace", {"port": "alice", "frame": {"src": ALICE, "dst": BOB}})
    assert (trace["outcome"], trace["reason"]) == ("drop", "link_down")


def test_renamed_interface_stays_a_port(three):
    three.exec("bob", "ip", "link", "set", "bob", "name", "robert")
    port = three.call("port.get", {"name": "bob"})
    assert (port["state"], port["link"]["interface"]) == ("up", "robert")
    assert three.ping("alice", "bob")


def interfaces(lab):
    """{port: interface} as a document has them."""
    ports = lab.call("config.get", {"format": "full"})["switches"]["sw0"]["ports"]
    return {name: port["interface"] for name, port in ports.items()}


def test_renamed_interface_leaves_its_name_to_others(three):
    revision = three.call("config.get")["revision"]
    three.exec("bob", "ip", "link", "set", "bob", "name", "robert")
    assert interfaces(three)["bob"] == "robert"
    assert three.call("config.get")["revision"] > revision
    three.call("port.add", {"name": "again", "interface": "bob", "namespace": three.name_of("bob"),
                            "addresses": ["10.0.0.9/24"]})
    assert interfaces(three) == {"alice": "alice", "bob": "robert", "carol": "carol", "again": "bob"}
    assert three.ping("alice", "bob")
    with pytest.raises(RpcError) as refusal:
        three.call("port.add", {"name": "more", "interface": "robert",
                                "namespace": three.name_of("bob")})
    assert refusal.value.kind == "already_exists" and refusal.value.data["port"] == "bob"


def test_exchanged_names_stay_with_their_interfaces(lab):
    for name in ("one", "two"):
        run("ip", "-n", lab.switch, "link", "add", name, "type", "veth", "peer", "name", f"{name}-far")
        run("ip", "-n", lab.switch, "link", "set", f"{name}-far", "up")
        run("ip", "-n", lab.switch, "link", "set", name, "up")
        lab.call("port.add", {"name": name, "type": "interface"})
    before = lab.call("config.get")
    macs = {name: lab.call("port.get", {"name": name})["link"]["mac"] for name in ("one", "two")}
    for old, new in (("one", "x"), ("two", "one"), ("x", "two")):
        lab.exec("switch", "ip", "link", "set", old, "name", new)
    assert interfaces(lab) == {"one": "two", "two": "one"}
    for name in ("one", "two"):
        assert lab.call("port.get", {"name": name})["link"]["mac"] == macs[name]
    with pytest.raises(RpcError) as refusal:
        lab.call("port.add", {"name": "more", "type": "interface", "interface": "one"})
    assert refusal.value.data["port"] == "two"
    # A document that says the old names puts each port on the interface of that name.
    lab.call("config.apply", {"config": before})
    assert interfaces(lab) == {"one": "one", "two": "two"}
    assert lab.call("port.get", {"name": "one"})["link"]["mac"] == macs["two"]


def test_moved_interface_leaves_its_place_to_others(three):
    elsewhere = three.namespace("elsewhere")
    three.exec("bob", "ip", "link", "set", "bob", "netns", elsewhere)
    three.call("port.add", {"name": "again", "interface": "bob", "namespace": three.name_of("bob")})
    assert state(three, "again") == "up"


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
