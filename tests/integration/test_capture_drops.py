# SPDX-License-Identifier: Apache-2.0
"""tapctl capture --drops: what is dropped, with the reason as its comment."""

import contextlib
import re
import socket
import struct
from pathlib import Path

from capturing import IN, OUT, Capturing, read
from frames import ALICE, BOB, EVERYBODY, NOBODY, frame
from lab import wait_until

# Each reason for a drop that a frame from a station or a machine can provoke; the others need a
# kernel that errs, a device that goes or a moment between two changes: tests/engine/drops_test.cpp
# has them.
PROVOKED = {"runt", "oversize", "tag_truncated", "framing_invalid", "group_source", "zero_source",
            "reserved_address", "vlan_reserved", "tagged_refused", "untagged_refused",
            "vlan_not_allowed", "same_port", "isolated", "no_egress", "mtu_exceeded", "link_down",
            "busy", "condition_loss", "condition_queue_full", "mirror_destination", "storm_control",
            "foreign_sender", "encapsulation_invalid", "foreign_vni", "split_horizon",
            "stp_discarding"}
NOT_PROVOKED = {"offload_invalid", "egress_vlan_not_allowed", "kernel_refused", "port_gone"}
OPERATIONS = Path(__file__).resolve().parents[2] / "docs" / "operations.md"


def vxlan_header(vni):
    return struct.pack(">II", 0x08000000, vni << 8)


class Machines:
    """Ports of type qemu, and connections to them."""

    def __init__(self, lab):
        self._lab, self._connections = lab, {}

    def plug(self, name, connects=True, **params):
        path = self._lab.directory / f"{name}.sock"
        self._lab.call("port.add", {"name": name, "type": "qemu", "listen": f"unix:{path}",
                                    **params})
        if connects:
            self._connections[name] = connection = socket.socket(socket.AF_UNIX)
            connection.connect(str(path))
            wait_until(lambda: self._lab.call("port.get", {"name": name})["state"] == "up",
                       f"{name} is up")

    def plug_by_datagrams(self, name, **params):
        """A runt comes by no stream."""
        local, remote = (str(self._lab.directory / f"{name}.{end}") for end in ("port", "vm"))
        self._connections[name] = connection = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        connection.bind(remote)
        self._lab.call("port.add", {"name": name, "type": "qemu",
                                    "datagram": {"local": local, "remote": remote}, **params})
        # A capture follows a new port after port.add is answered, and before the next call is.
        self._lab.call("port.get", {"name": name})
        connection.connect(local)

    def plug_by_udp(self, name, **params):
        """Only a stranger writes to it."""
        own = ("127.0.0.1", 10_000)
        self._lab.call("port.add", {"name": name, "type": "udp", "local": "%s:%d" % own,
                                    "remote": "127.0.0.1:10001", **params})
        self._lab.call("port.get", {"name": name})
        self._connections[name] = stranger = self._lab.in_namespace(
            "switch", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        stranger.connect(own)

    def plug_tunnels(self, first, second, **params):
        """Of VNIs 1 and 2, with Bob behind the second. What is sent to the first comes from its
        remote."""
        for vni, name in enumerate((first, second), 1):
            self._lab.call("port.add", {"name": name, "type": "vxlan", "vni": vni,
                                        "local": f"127.0.0.{vni}", "remote": ["127.0.0.9"],
                                        **params})
        self._connections[first] = remote = self._lab.in_namespace(
            "switch", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        remote.bind(("127.0.0.9", 4789))
        remote.sendto(vxlan_header(2) + frame(BOB, EVERYBODY), ("127.0.0.2", 4789))
        wait_until(lambda: self._lab.call("fdb.list", {"port": second})["entries"], "Bob is known")
        remote.connect(("127.0.0.1", 4789))

    def send(self, name, *frames):
        for each in frames:
            self.send_raw(name, struct.pack(">I", len(each)) + each)

    def send_raw(self, name, data):
        self._connections[name].sendall(data)

    def close(self):
        for connection in self._connections.values():
            connection.close()


def provoke_drops(lab, machines):
    """A frame for each reason of PROVOKED, or several."""
    machines.plug("trunk", vlan={"mode": "trunk", "native": None, "allowed": "10"})
    machines.plug("access", vlan={"mode": "access", "pvid": 10})
    machines.plug("alone", vlan={"mode": "access", "pvid": 99})
    machines.plug("nobody", connects=False, vlan={"mode": "access", "pvid": 11})
    machines.plug("eleven", vlan={"mode": "access", "pvid": 11})
    for name in ("left", "right"):
        machines.plug(name, isolated=True, vlan={"mode": "access", "pvid": 12})
    lab.join("station", "10.0.0.9/24", vlan=14)
    machines.plug("fourteen", vlan={"mode": "access", "pvid": 14})
    machines.plug("still", vlan={"mode": "access", "pvid": 15})
    machines.plug("fifteen", vlan={"mode": "access", "pvid": 15})
    machines.plug("lossy", vlan={"mode": "access", "pvid": 17},
                  conditions={"in": {"loss": "100%"}})
    machines.plug("narrow", vlan={"mode": "access", "pvid": 18},
                  conditions={"in": {"delay": "60s", "queue": "1b"}})
    machines.plug("ids", vlan={"mode": "access", "pvid": 19})
    lab.call("mirror.add", {"name": "m", "from_port": ["still"], "to_port": "ids"})
    machines.plug("stormy", vlan={"mode": "access", "pvid": 20},
                  storm_control={"broadcast": {"rate": "1pps", "burst": 1}})
    machines.plug_by_udp("tunnel", vlan={"mode": "access", "pvid": 21})
    machines.send_raw("tunnel", frame(ALICE, EVERYBODY))
    machines.plug_tunnels("west", "east", vlan={"mode": "access", "pvid": 22})
    for header in (bytes(8), vxlan_header(3), vxlan_header(1)):
        machines.send_raw("west", header + frame(ALICE, BOB))
    with_tag = frame(ALICE, EVERYBODY, 10)
    machines.plug_by_datagrams("sixteen", vlan={"mode": "access", "pvid": 16})
    machines.send_raw("sixteen", frame(ALICE, BOB)[:13])
    machines.send("trunk", with_tag[:15], frame(ALICE, EVERYBODY), frame(ALICE, EVERYBODY, 20),
                  frame(ALICE, EVERYBODY, 4095))
    machines.send("access", frame("03:00:00:00:00:01", BOB), frame(NOBODY, BOB), with_tag,
                  frame(ALICE, "01:80:c2:00:00:00"), frame(ALICE, ALICE),
                  frame(ALICE, EVERYBODY, size=65_544))
    machines.send("alone", frame(ALICE, EVERYBODY))
    machines.send("eleven", frame(ALICE, EVERYBODY))
    machines.send("left", frame(ALICE, EVERYBODY))
    wait_until(lambda: lab.call("fdb.list", {"vlan": 12})["entries"], "the switch has heard left")
    machines.send("right", frame(BOB, ALICE))
    machines.send("ids", frame(ALICE, EVERYBODY))
    machines.send("stormy", *[frame(ALICE, EVERYBODY)] * 3)
    machines.send("lossy", frame(ALICE, EVERYBODY))
    machines.send("narrow", *[frame(ALICE, EVERYBODY)] * 2)
    machines.send("fourteen", frame(ALICE, EVERYBODY, size=1_501))
    machines.send("fifteen", *[frame(ALICE, EVERYBODY, size=60_000)] * 40)
    machines.send_raw("alone", b"\xff\xff\xff\xff")
    # Last, for with a second switch each call would have to say which.
    lab.call("switch.add", {"name": "tree", "stp": {"mode": "rstp"}})
    machines.plug("blocked", switch="tree", stp={"auto_edge": False})
    machines.send("blocked", frame(ALICE, EVERYBODY))


def test_drops_are_shown_with_their_reasons(empty_lab):
    """As many as the counters say."""
    lab = empty_lab
    lab.start()
    path = lab.directory / "drops.pcapng"
    with contextlib.closing(Machines(lab)) as machines, \
            Capturing(lab, "--drops", "--uncut", "-w", path) as capturing:
        provoke_drops(lab, machines)

        def drops():
            ports = lab.call("stats.get")["ports"]
            return {(name, reason): count for name, port in ports.items()
                    for reason, count in port["drops"].items() if count}
        wait_until(lambda: {reason for _, reason in drops()} >= PROVOKED, "all are provoked")
        wait_until(lambda: capturing.told()["frames"] == sum(drops().values()), "all are written")
        capturing.end()
        counted_drops = drops()
    shown = {}
    for each in read(path):
        reason = re.match(r"dropped as (\w+): ", each["frame.comment"])[1]
        key = (each["frame.interface_name"].rpartition("/")[2], reason)
        shown[key] = shown.get(key, 0) + 1
        is_at_egress = reason in ("mtu_exceeded", "link_down", "busy", "oversize")
        assert each["frame.packet_flags_direction"] == (OUT if is_at_egress else IN), each
    assert shown == counted_drops
    told = OPERATIONS.read_text().partition("<!-- drop reasons: begin -->")[2]
    told = told.partition("<!-- drop reasons: end -->")[0]
    assert PROVOKED | NOT_PROVOKED == set(re.findall(r"^\| `(\w+)` \|", told, re.M))
