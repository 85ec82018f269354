# SPDX-License-Identifier: Apache-2.0
"""VLANs as 802.1Q has them, on the wire: what tag a frame has where it leaves."""

import pytest

from frames import ALICE, EVERYBODY, deliver, frame, tag, tags_of

ACCESS_10 = {"mode": "access", "pvid": 10}
ACCESS_20 = {"mode": "access", "pvid": 20}
TRUNK = {"mode": "trunk"}
TRUNK_10 = {"mode": "trunk", "native": None, "allowed": "10"}
NATIVE_10 = {"mode": "trunk", "native": 10, "allowed": "20"}
NATIVE_10_TAGGED = {"mode": "trunk", "native": 10, "native_tagged": True}
TUNNEL_100 = {"mode": "dot1q-tunnel", "pvid": 100}
TUNNEL_100_8100 = {"mode": "dot1q-tunnel", "pvid": 100, "ethertype": "0x8100"}

S_TAG_100 = tag(100, kind=0x88A8)
NOTHING = None  # the frame does not leave there

# name, VLAN of the sender's port, tags sent, VLAN of the listener's port, tags heard
CASES = [
    ("access to access", ACCESS_10, [], ACCESS_10, []),
    ("access to another VLAN", ACCESS_10, [], ACCESS_20, NOTHING),
    ("access to trunk", ACCESS_10, [], TRUNK, [tag(10)]),
    ("trunk to access", TRUNK, [tag(10)], ACCESS_10, []),
    ("own tag on access", {**ACCESS_10, "acceptable": "all"}, [tag(10)], ACCESS_10, []),
    ("own tag on access by default", ACCESS_10, [tag(10)], ACCESS_10, NOTHING),
    ("two tags on access into the native VLAN", ACCESS_10, [tag(10), tag(20)], NATIVE_10, NOTHING),
    ("other tag on access", ACCESS_10, [tag(20)], ACCESS_20, NOTHING),
    ("tagged across trunks", TRUNK, [tag(7, priority=3)], TRUNK, [tag(7, priority=3)]),
    ("untagged across trunks", TRUNK, [], TRUNK, []),
    ("native leaves untagged", TRUNK, [tag(10)], NATIVE_10, []),
    ("native comes in untagged", NATIVE_10, [], ACCESS_10, []),
    ("native leaves tagged", ACCESS_10, [], NATIVE_10_TAGGED, [tag(10)]),
    ("trunk without native, untagged", TRUNK_10, [], TRUNK, NOTHING),
    ("trunk without native, tagged", TRUNK_10, [tag(10)], ACCESS_10, []),
    ("VLAN not allowed in", TRUNK_10, [tag(11)], TRUNK, NOTHING),
    ("VLAN not allowed out", TRUNK, [tag(11)], TRUNK_10, NOTHING),
    ("priority tag keeps its priority", ACCESS_10, [tag(0, priority=5)], TRUNK,
     [tag(10, priority=5)]),
    ("priority tag is taken off", ACCESS_10, [tag(0, priority=5)], ACCESS_10, []),
    ("VID 4094", TRUNK, [tag(4094)], TRUNK, [tag(4094)]),
    ("VID 4095", TRUNK, [tag(4095)], TRUNK, NOTHING),
    ("only tagged, untagged", {**TRUNK, "acceptable": "tagged"}, [], TRUNK, NOTHING),
    ("only tagged, priority", {**TRUNK, "acceptable": "tagged"}, [tag(0)], TRUNK, NOTHING),
    ("only tagged, tagged", {**TRUNK, "acceptable": "tagged"}, [tag(9)], TRUNK, [tag(9)]),
    ("only untagged, tagged", {**ACCESS_10, "acceptable": "untagged"}, [tag(10)], ACCESS_10,
     NOTHING),
    ("only untagged, untagged", {**ACCESS_10, "acceptable": "untagged"}, [], ACCESS_10, []),
    ("tunnel puts its tag on", TUNNEL_100, [], TRUNK, [S_TAG_100]),
    ("tunnel wraps a tag", TUNNEL_100, [tag(7, priority=2)], TRUNK,
     [S_TAG_100, tag(7, priority=2)]),
    ("tunnel wraps two tags", TUNNEL_100, [tag(7), tag(8)], TRUNK, [S_TAG_100, tag(7), tag(8)]),
    ("tunnel of the older type", TUNNEL_100_8100, [tag(7)], TRUNK, [tag(100), tag(7)]),
    ("tunnel of a vendor's type", {**TUNNEL_100, "ethertype": "0x9100"}, [tag(7)], TRUNK,
     [tag(100, kind=0x9100), tag(7)]),
    ("tunnel of a vendor's type unwraps", {**TRUNK, "vendor_ethertype": "0x9100"},
     [tag(100, kind=0x9100), tag(7)], TUNNEL_100, [tag(7)]),
    ("vendor's type is payload", TRUNK, [tag(100, kind=0x9200), tag(7)], TRUNK,
     [tag(100, kind=0x9200), tag(7)]),
    ("vendor's type is payload of the native VLAN", TRUNK, [tag(100, kind=0x9200), tag(7)],
     TUNNEL_100, NOTHING),
    ("vendor's type keeps its type", {**TRUNK, "vendor_ethertype": "0x9200"},
     [tag(100, priority=3, kind=0x9200)], TRUNK, [tag(100, priority=3, kind=0x9200)]),
    ("tunnel unwraps", TRUNK, [S_TAG_100, tag(7)], TUNNEL_100, [tag(7)]),
    ("tunnel to tunnel", TUNNEL_100, [tag(7)], TUNNEL_100, [tag(7)]),
    ("tunnel to another VLAN", TUNNEL_100, [tag(7)], ACCESS_10, NOTHING),
    ("service tag keeps its type", TRUNK, [S_TAG_100], TRUNK, [S_TAG_100]),
    ("inner tag is payload", TRUNK, [tag(10), tag(20)], ACCESS_10, [tag(20)]),
    ("twenty tags", TRUNK, [tag(vid) for vid in range(10, 30)], ACCESS_10,
     [tag(vid) for vid in range(11, 30)]),
]


@pytest.fixture(scope="module")
def wire(module_lab):
    """Two ports, whose VLANs each case sets anew."""
    module_lab.join("sender", "10.0.0.1/24")
    module_lab.join("listener", "10.0.0.2/24")
    return module_lab


@pytest.mark.parametrize("vlan_in, sent, vlan_out, heard", [case[1:] for case in CASES],
                         ids=[case[0] for case in CASES])
def test_tag_of_a_frame(wire, vlan_in, sent, vlan_out, heard):
    wire.call("port.set", {"name": "sender", "vlan": vlan_in})
    wire.call("port.set", {"name": "listener", "vlan": vlan_out})
    arrived = deliver(wire, "sender", [frame(ALICE, EVERYBODY, *sent)], ["listener"])["listener"]
    if heard is NOTHING:
        assert arrived == []
    else:
        assert [tags_of(data)[0] for data in arrived] == [heard]
        assert arrived[0] == frame(ALICE, EVERYBODY, *heard), "only the tags have changed"


def test_moved_to_another_vlan_is_gone_at_once(lab):
    lab.join("alice", "10.0.0.1/24", vlan=10)
    lab.join("bob", "10.0.0.2/24", vlan=10)
    assert lab.ping("alice", "bob")
    lab.call("port.set", {"name": "bob", "vlan": ACCESS_20})
    assert not lab.ping("alice", "bob")
    lab.call("port.set", {"name": "alice", "vlan": ACCESS_20})
    assert lab.ping("alice", "bob")


def test_same_address_in_two_vlans_is_two_stations(lab):
    """Independent learning: one MAC may be on one port in a VLAN and on another in the next."""
    for port, vlan in (("a10", 10), ("b10", 10), ("a20", 20), ("b20", 20)):
        lab.join(port, "10.0.0.1/24", vlan=vlan)
    for port in ("a10", "b20"):
        deliver(lab, port, [frame(ALICE, EVERYBODY)], [])
    entries = lab.call("fdb.list", {"mac": ALICE})["entries"]
    assert {(entry["vlan"], entry["port"]) for entry in entries} == {(10, "a10"), (20, "b20")}
