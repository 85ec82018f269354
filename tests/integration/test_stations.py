# SPDX-License-Identifier: Apache-2.0
"""What the switch learns, how long it remembers, and to whom frames go."""

import pytest

from frames import ALICE, BOB, CAROL, EVERYBODY, deliver, frame
from lab import drops, wait_until
from rpc_client import RpcError

PORTS = ("one", "two", "three")
MULTICAST = "01:00:5e:00:00:fb"
LLDP = "01:80:c2:00:00:0e"
SPANNING_TREE = "01:80:c2:00:00:00"


@pytest.fixture
def wires(lab):
    """A lab of three ports, and nobody known."""
    for number, port in enumerate(PORTS, start=1):
        lab.join(port, f"10.0.0.{number}/24")
    return lab


def hear(lab, port, *sources):
    """Has stations say something by a port."""
    deliver(lab, port, [frame(source, EVERYBODY) for source in sources], [])


def reached(lab, sender, source, destination):
    """The ports by which a frame leaves."""
    others = [port for port in PORTS if port != sender]
    arrived = deliver(lab, sender, [frame(source, destination)], others)
    return [port for port in others if arrived[port]]


def known(lab, **which):
    return [(entry["mac"], entry["port"]) for entry in lab.call("fdb.list", which)["entries"]]


@pytest.mark.parametrize("destination", [BOB, EVERYBODY, MULTICAST, "33:33:00:00:00:01"])
def test_unknown_and_group_addresses_are_flooded(wires, destination):
    assert reached(wires, "one", ALICE, destination) == ["two", "three"]


def test_known_station_is_reached_by_its_port_alone(wires):
    hear(wires, "two", BOB)
    assert reached(wires, "one", ALICE, BOB) == ["two"]


def test_station_that_moves_is_found_on_its_new_port(wires):
    hear(wires, "two", BOB)
    hear(wires, "three", BOB)
    assert reached(wires, "one", ALICE, BOB) == ["three"]
    assert wires.call("stats.get")["switches"]["sw0"]["fdb_moved"] == 1


def test_silent_station_is_forgotten(wires):
    wires.call("switch.set", {"name": "sw0", "fdb": {"ageing_seconds": 1}})
    hear(wires, "two", BOB)
    assert known(wires, mac=BOB) == [(BOB, "two")]
    wait_until(lambda: known(wires, mac=BOB) == [], "bob is forgotten")
    assert reached(wires, "one", ALICE, BOB) == ["two", "three"]
    wait_until(lambda: wires.call("stats.get")["switches"]["sw0"]["fdb_aged"] >= 1, "it is counted")


def test_static_entry_neither_moves_nor_ages(wires):
    wires.call("switch.set", {"name": "sw0", "fdb": {"ageing_seconds": 1}})
    wires.call("fdb.add", {"mac": BOB, "vlan": 1, "port": "two"})
    hear(wires, "three", BOB)
    hear(wires, "three", CAROL)
    wait_until(lambda: known(wires, mac=CAROL) == [], "carol is forgotten")
    assert reached(wires, "one", ALICE, BOB) == ["two"]


def test_destination_on_the_same_port_stays_there(wires):
    hear(wires, "one", BOB)
    assert reached(wires, "one", ALICE, BOB) == []
    assert drops(wires, "one") == {"same_port": 1}


def test_hairpin_sends_back_by_the_same_port(wires):
    wires.call("port.set", {"name": "one", "hairpin": True})
    hear(wires, "one", BOB)
    # The sender's own capture shows each frame twice: sent, and come back.
    arrived = deliver(wires, "one", [frame(ALICE, BOB)], ["one", "two"])
    assert (len(arrived["one"]), len(arrived["two"])) == (2, 0)


def test_isolated_ports_do_not_hear_one_another(wires):
    for port in ("one", "two"):
        wires.call("port.set", {"name": port, "isolated": True})
    assert reached(wires, "one", ALICE, EVERYBODY) == ["three"]
    assert reached(wires, "three", CAROL, EVERYBODY) == ["one", "two"]
    hear(wires, "two", BOB)
    assert reached(wires, "one", ALICE, BOB) == []
    assert drops(wires, "one")["isolated"] == 1


@pytest.mark.parametrize("kind, destination", [
    ("unknown_unicast", BOB), ("multicast", MULTICAST), ("broadcast", EVERYBODY)])
def test_flood_of_one_kind_can_be_kept_from_a_port(wires, kind, destination):
    wires.call("port.set", {"name": "two", "flood": {kind: False}})
    assert reached(wires, "one", ALICE, destination) == ["three"]
    others = {BOB, MULTICAST, EVERYBODY} - {destination}
    for other in others:
        assert reached(wires, "one", ALICE, other) == ["two", "three"]


def test_learning_can_be_off(wires):
    wires.call("port.set", {"name": "two", "learning": False})
    hear(wires, "two", BOB)
    assert known(wires) == []
    assert reached(wires, "one", ALICE, BOB) == ["two", "three"]


def test_limit_of_a_port_holds_for_it_alone(wires):
    wires.call("port.set", {"name": "one", "fdb_limit": 2})
    hear(wires, "one", *(f"02:00:00:00:01:{number:02x}" for number in range(5)))
    hear(wires, "two", BOB)
    assert len(known(wires, port="one")) == 2
    assert known(wires, port="two") == [(BOB, "two")]
    assert wires.call("stats.get")["switches"]["sw0"]["fdb_refused_port_full"] == 3


def test_capacity_of_a_switch_is_kept(lab):
    lab.call("switch.add", {"name": "small", "fdb": {"capacity": 4}})
    lab.join("one", "10.0.0.1/24", switch="small")
    hear(lab, "one", BOB, *(f"02:00:00:00:01:{number:02x}" for number in range(20)))
    assert lab.call("switch.get", {"name": "small"})["fdb"]["stations"] == 4
    counters = lab.call("stats.get")["switches"]["small"]
    # A station that was silent for a second makes way for the next.
    assert counters["fdb_refused_table_full"] + counters["fdb_evicted"] == 17


def test_flood_by_one_port_does_not_keep_the_others_out(lab):
    lab.call("switch.add", {"name": "small", "fdb": {"capacity": 4}})
    for number, port in enumerate(("one", "two"), start=1):
        lab.join(port, f"10.0.0.{number}/24", switch="small")
    lab.call("fdb.add", {"mac": CAROL, "vlan": 1, "port": "one"})
    hear(lab, "one", *(f"02:00:00:00:01:{number:02x}" for number in range(20)))
    hear(lab, "two", BOB)
    stations = known(lab, switch="small")
    assert (BOB, "two") in stations and (CAROL, "one") in stations and len(stations) == 4


def test_group_and_zero_sources_are_dropped_and_not_learned(wires):
    assert reached(wires, "one", MULTICAST, EVERYBODY) == []
    assert reached(wires, "one", "00:00:00:00:00:00", EVERYBODY) == []
    assert drops(wires, "one") == {"group_source": 1, "zero_source": 1}
    assert known(wires) == []


def test_reserved_addresses_cross_only_when_asked_for(wires):
    assert reached(wires, "one", ALICE, LLDP) == []
    assert drops(wires, "one") == {"reserved_address": 1}
    wires.call("switch.set", {"name": "sw0", "forward_reserved": ["lldp"]})
    assert reached(wires, "one", ALICE, LLDP) == ["two", "three"]
    assert reached(wires, "one", ALICE, SPANNING_TREE) == []


def test_trace_tells_what_then_happens(wires):
    hear(wires, "two", BOB)
    for destination in (BOB, CAROL, EVERYBODY):
        trace = wires.call("frame.trace", {"port": "one", "frame": {"src": ALICE,
                                                                    "dst": destination}})
        told = sorted(egress["port"] for egress in trace["egress"])
        assert told == sorted(reached(wires, "one", ALICE, destination))


def test_static_entry_for_a_group_is_refused(wires):
    with pytest.raises(RpcError) as refusal:
        wires.call("fdb.add", {"mac": MULTICAST, "vlan": 1, "port": "one"})
    assert (refusal.value.kind, refusal.value.data["field"]) == ("invalid_params", "mac")
