# SPDX-License-Identifier: Apache-2.0
"""tapswitchd --kernel-path: what is told of the path is what the kernel does."""

import pytest

from by_path import ON, crossing_without_daemon, introduce
from capturing import Capturing
from frames import ALICE, BOB, CAROL, EVERYBODY, frame, tag
from lab import wait_until
from test_veth import join, port_of

NOBODY_YET = "02:00:00:00:00:dd"


def told(lab, port, data):
    """What frame.trace says of the path: (whether it goes by it, why not)."""
    path = lab.call("frame.trace", {"port": port, "frame": data.hex()})["kernel_path"]
    return path["state"] == "on", path.get("reason", "")


@pytest.fixture
def trunk_lab(path_lab):
    """alice and carol in VLAN 10, bob a trunk, and a TAP; the stations are known."""
    lab = path_lab
    join(lab, "alice", vlan=10, mtu=2000)
    join(lab, "carol", vlan=10)
    join(lab, "bob", vlan={"mode": "trunk", "native": None, "allowed": "10,20",
                           "vendor_ethertype": "0x9100"})
    lab.join("dave", "10.0.0.4/24", vlan=10)
    introduce(lab, {"alice": (ALICE, []), "bob": (BOB, [10]), "carol": (CAROL, [])})
    lab.call("fdb.add", {"mac": "02:00:00:00:00:0d", "vlan": 10, "port": "dave"})
    return lab


TRACES = [  # sender, frame, listener, why not
    ("alice", frame(ALICE, BOB), "bob", None),
    ("alice", frame(ALICE, BOB, size=1500), "bob", None),
    ("alice", frame(ALICE, BOB, size=1501), "bob", "one port alone"),
    ("alice", frame(ALICE, BOB, size=10), "bob", "filled up"),
    ("alice", frame(ALICE, BOB, size=42), "bob", None),
    ("bob", frame(BOB, ALICE, tag(10, priority=3)), "alice", None),
    ("bob", frame(BOB, ALICE, 10, size=42), "alice", "filled up"),
    ("bob", frame(BOB, ALICE, tag(10, kind=0x9100)), "alice", "vendor"),
    ("bob", frame(BOB, ALICE, 20), "alice", "one port alone"),
    ("bob", frame(BOB, ALICE, 30), "alice", "one port alone"),
    ("alice", frame(ALICE, CAROL), "carol", None),
    ("alice", frame(ALICE, NOBODY_YET), "carol", "one port alone"),
    ("alice", frame(ALICE, EVERYBODY), "carol", "one port alone"),
    ("alice", frame(ALICE, "02:00:00:00:00:0d"), "dave", "port dave: "),
]


def test_trace_says_what_the_path_does(trunk_lab):
    lab = trunk_lab
    for sender, data, listener, reason in TRACES:
        goes, why_not = told(lab, sender, data)
        assert goes == (reason is None) and (reason or "") in why_not, (data.hex(), why_not)
        arrived = crossing_without_daemon(lab, sender, [data], listener)
        assert len(arrived) == goes, (data.hex(), why_not)
    # Sources are learned by frames, so that each of these says it once.
    for sender, data in (("alice", frame(NOBODY_YET, CAROL)), ("alice", frame(BOB, CAROL))):
        assert told(lab, sender, data) == (False, "its source is not known on its port yet")
        assert not crossing_without_daemon(lab, sender, [data], "carol")


def test_trace_tells_of_it_step_by_step(trunk_lab):
    lab = trunk_lab
    shown = lab.tapctl("trace", "alice", BOB, "--src", ALICE).stdout
    assert "filled up" in shown, "14 bytes of header alone are too short"
    shown = lab.tapctl("trace", "alice", "--frame", frame(ALICE, BOB).hex()).stdout
    assert "goes by the kernel path" in shown


def test_port_that_its_user_keeps_off_the_path_stays_off(path_lab):
    lab = path_lab
    join(lab, "alice", kernel_path=False)
    join(lab, "bob")
    introduce(lab, {"alice": (ALICE, []), "bob": (BOB, [])})
    sent = [frame(ALICE, BOB)]
    assert "kernel_path" in port_of(lab, "alice")["kernel_path"]["reason"]
    assert port_of(lab, "bob")["kernel_path"] == ON
    assert crossing_without_daemon(lab, "alice", sent, "bob") == []
    ports = lab.call("config.get")["switches"]["sw0"]["ports"]
    assert ports["alice"]["kernel_path"] is False and "kernel_path" not in ports["bob"]
    lab.tapctl("port", "set", "alice", "--kernel-path", "yes")
    assert port_of(lab, "alice")["kernel_path"] == ON
    assert crossing_without_daemon(lab, "alice", sent, "bob") == sent
    lab.tapctl("port", "set", "alice", "--kernel-path", "no")
    assert crossing_without_daemon(lab, "alice", sent, "bob") == []


def test_each_port_says_why_it_is_off_the_path(path_lab):
    lab = path_lab
    join(lab, "alice")
    join(lab, "bob", offload=False)
    lab.join("carol", "10.0.0.3/24")
    lab.call("port.add", {"name": "dave", "type": "veth", "carrier": False})
    lab.call("port.add", {"name": "erin", "type": "veth"})
    lab.exec("switch", "ip", "link", "del", "tsw-erin")
    expected = {"alice": "looks", "bob": "offloads", "carol": "kind", "dave": "link"}
    with Capturing(lab, "alice", "-w", lab.directory / "captured.pcapng"):
        for name, word in expected.items():
            assert word in port_of(lab, name)["kernel_path"]["reason"]
    wait_until(lambda: port_of(lab, "erin")["kernel_path"].get("reason"), "erin is off the path")
