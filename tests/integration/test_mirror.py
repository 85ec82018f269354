# SPDX-License-Identifier: Apache-2.0
"""Mirrors: who gets copies of which frames, on real devices, and what a destination is not."""

import contextlib
import json
import socket
import time

import pytest

from capturing import IN, OUT, Capturing, read
from frames import ALICE, BOB, EVERYBODY, Capture, deliver, frame
from lab import wait_until
from rpc_client import RpcError
from test_interface_port import veth
from test_offloads import sent_and_received

IPV4 = 0x0800


def refusal(lab, method, **params):
    """The error of a call that must be refused, and change nothing."""
    before = lab.call("config.get")
    with pytest.raises(RpcError) as caught:
        lab.call(method, params)
    assert lab.call("config.get") == before
    return caught.value


def mirror(lab, name="m", to_port="ids", **params):
    return lab.call("mirror.add", {"name": name, "to_port": to_port, **params})


@pytest.fixture
def three(pair):
    """Two stations who know each other, and a third port to which things are mirrored."""
    pair.join("ids", "10.0.0.9/24")
    return pair


def test_both_directions_of_a_ping_arrive_once(three):
    with contextlib.closing(Capture(three, "ids")) as heard:
        done = three.tapctl("mirror", "add", "m", "--from-port", "alice", "--direction", "both",
                            "--to-port", "ids")
        assert done.stdout == "mirrors to ids\n"
        assert three.ping("alice", "bob")
        messages = [data[34] for data in heard.arrived(IPV4)]
    assert messages == [8, 0], "an echo request and its answer"


def test_mirror_of_everything_is_listed_and_removed(three):
    mirror(three)
    table = three.tapctl("mirror", "list").stdout.splitlines()
    assert table[0].split() == ["MIRROR", "SWITCH", "FROM", "VLAN", "DIRECTION", "TO", "FILTER"]
    assert table[1].split() == ["m", "sw0", "all", "all", "both", "ids", "-"]
    assert three.call("mirror.list") == {"mirrors": [
        {"name": "m", "switch": "sw0", "from_port": [], "from_vlan": "", "direction": "both",
         "to_port": "ids", "snaplen": 0, "filter": ""}]}
    assert not three.ping("alice", "10.0.0.9"), "it carries nothing else"
    assert three.tapctl("mirror", "remove", "m").stdout == "removed mirror m\n"
    wait_until(lambda: three.ping("alice", "10.0.0.9"), "it is a port as any other again")
    assert three.call("mirror.list") == {"mirrors": []}


def test_destination_sends_nothing_in(three):
    mirror(three)
    assert deliver(three, "ids", [frame(BOB, EVERYBODY)], ("alice", "bob")) == {"alice": [],
                                                                               "bob": []}
    assert three.call("fdb.list", {"port": "ids"})["entries"] == []
    traced = three.call("frame.trace", {"port": "ids", "frame": {"src": ALICE, "dst": BOB}})
    assert traced["reason"] == "mirror_destination"


def test_no_name_server_is_asked_for_a_filter(empty_lab):
    """By TCP one could be, whatever the filter of system calls says; it never answers here."""
    resolver = empty_lab.directory / "resolv.conf"
    resolver.write_text("nameserver 127.0.0.1\noptions use-vc timeout:20\n", encoding="utf-8")
    with contextlib.closing(empty_lab.in_namespace("switch", socket.socket)) as silent:
        empty_lab.in_namespace("switch", lambda: silent.bind(("127.0.0.1", 53)))
        silent.listen()
        empty_lab.start(under=("unshare", "-m", "sh", "-c",
                               f'mount --bind {resolver} /etc/resolv.conf; exec "$0" "$@"'))
        empty_lab.call("port.add", {"name": "ids"})
        begin = time.monotonic()
        with pytest.raises(RpcError, match="unknown host 'nowhere.example'"):
            mirror(empty_lab, filter="host nowhere.example")
        assert time.monotonic() - begin < 5


def test_trace_tells_where_copies_go(three):
    mirror(three, from_port=["bob"])
    seen = {"port": "alice", "frame": {"src": ALICE, "dst": EVERYBODY}}
    traced = three.call("frame.trace", seen)
    assert traced["mirrored"] == ["ids"]
    assert [egress["port"] for egress in traced["egress"]] == ["bob"]
    assert "a mirror sends a copy to port ids" in three.tapctl(
        "trace", "alice", EVERYBODY).stdout
    three.call("mirror.remove", {"name": "m"})
    mirror(three, from_port=["bob"], direction="in")
    assert three.call("frame.trace", seen)["mirrored"] == []


def test_copies_have_the_tag_of_the_source(lab):
    """In: as it came. Out: as it leaves."""
    lab.join("alice", "10.0.0.1/24", vlan=10)
    lab.join("trunk", "10.0.0.2/24")
    lab.join("ids", "10.0.0.9/24")
    mirror(lab, from_port=["trunk"])
    tagged = frame(BOB, EVERYBODY, 10)
    heard = deliver(lab, "trunk", [tagged], ("alice", "ids"))
    assert heard == {"alice": [frame(BOB, EVERYBODY)], "ids": [tagged]}
    heard = deliver(lab, "alice", [frame(ALICE, EVERYBODY)], ("trunk", "ids"))
    assert heard == {"trunk": [frame(ALICE, EVERYBODY, 10)], "ids": [frame(ALICE, EVERYBODY, 10)]}


def test_only_a_vlan_is_mirrored(lab):
    for name, vlan in (("ten", 10), ("twenty", 20)):
        lab.join(name, "10.0.0.1/24", vlan=vlan)
    lab.join("ids", "10.0.0.9/24")
    mirror(lab, from_vlan=[10])
    assert deliver(lab, "ten", [frame(ALICE, EVERYBODY)], ["ids"]) == {
        "ids": [frame(ALICE, EVERYBODY)]}
    assert deliver(lab, "twenty", [frame(ALICE, EVERYBODY)], ["ids"]) == {"ids": []}


def test_filter_and_snap_length(three):
    three.tapctl("mirror", "add", "m", "--filter", f"ether src {ALICE}", "--snaplen", 20,
                 "--to-port", "ids")
    sent = [frame(ALICE, EVERYBODY), frame(BOB, EVERYBODY)]
    assert deliver(three, "alice", sent, ["ids"]) == {"ids": [sent[0][:20]]}


def test_capture_and_mirror_of_one_port(three):
    path = three.directory / "alice.pcapng"
    mirror(three, from_port=["alice"])
    with Capturing(three, "alice", "ids", "-w", path) as capturing:
        assert deliver(three, "alice", [frame(ALICE, EVERYBODY)], ["ids"])["ids"]
        wait_until(lambda: capturing.told()["frames"] >= 2, "both are written")
        capturing.end()
    seen = {}
    for each in read(path):
        seen.setdefault(each["frame.packet_id"], []).append(
            (each["frame.interface_name"], each["frame.packet_flags_direction"]))
    assert [("sw0/alice", IN), ("sw0/ids", OUT)] in [sorted(each) for each in seen.values()]


def test_stream_is_cut_for_a_destination_that_takes_no_offloads(pair):
    """And is none the worse for it."""
    pair.join("ids", "10.0.0.9/24", offload=False)
    mirror(pair, from_port=["alice"], direction="in")
    with contextlib.closing(Capture(pair, "ids")) as heard:
        sent, received = sent_and_received(pair, "alice", "bob", "10.0.0.2", 1)
        assert sent == received
        sizes = [len(data) for data in heard.arrived(IPV4)]
    assert sizes and max(sizes) == 1514


def test_ports_leave_the_kernel_path(path_lab):
    for name in ("alice", "bob", "ids"):
        veth(path_lab, name)
        path_lab.call("port.add", {"name": name, "type": "interface", "interface": f"to-{name}"})

    def path_of(name):
        return path_lab.call("port.get", {"name": name})["kernel_path"]
    wait_until(lambda: path_of("alice")["state"] == "on", "alice is on the path")
    mirror(path_lab, from_port=["alice"])
    assert path_of("alice") == {"state": "off", "reason": "its frames are mirrored"}
    assert path_of("ids") == {"state": "off", "reason": "it is the destination of a mirror"}
    assert path_of("bob")["state"] == "on"
    path_lab.call("mirror.remove", {"name": "m"})
    wait_until(lambda: path_of("alice")["state"] == "on", "alice is on the path again")


# ---- bad input -----------------------------------------------------------------------------------


def test_what_no_mirror_can_be(three):
    lab = three
    lab.call("switch.add", {"name": "other"})
    lab.call("port.add", {"name": "far", "switch": "other", "type": "tap"})
    lab.call("port.add", {"name": "door", "switch": "sw0", "type": "vde",
                          "directory": str(lab.directory / "door")})
    lab.call("port.add", {"name": "slow", "switch": "sw0", "type": "tap",
                          "conditions": {"delay": "5ms"}})
    for params, field, problem in (
            ({"from_port": ["ids"]}, "from_port", "port 'ids' would be mirrored to itself"),
            ({"from_port": ["far"]}, "from_port", "port 'far' is on switch 'other'"),
            ({"to_port": "door"}, "to_port", "port 'door' is a door"),
            ({"to_port": "slow"}, "to_port", "port 'slow' has conditions"),
            ({"filter": "tcp prot 80"}, "filter", "syntax error"),
            ({"snaplen": 13}, "snaplen", ""),
            ({"direction": "inout"}, "direction", ""),
            ({"from_vlan": [4095]}, "from_vlan", "")):
        error = refusal(lab, "mirror.add", **{"name": "m", "to_port": "ids", **params})
        assert error.kind == "invalid_params", params
        assert error.data["field"].startswith(field), params
        assert problem in error.data["problem"], params
    for params in ({"to_port": "nobody"}, {"to_port": "ids", "from_port": ["nobody"]}):
        error = refusal(lab, "mirror.add", name="m", **params)
        assert (error.kind, error.data["object"]) == ("not_found", "nobody")
    assert refusal(lab, "mirror.remove", name="m").kind == "not_found"


def test_mirrors_do_not_follow_one_another(three):
    three.join("carol", "10.0.0.3/24")
    mirror(three, from_port=["alice"])
    assert refusal(three, "mirror.add", name="m", to_port="carol").kind == "already_exists"
    error = refusal(three, "mirror.add", name="n", to_port="carol", from_port=["ids"])
    assert error.data["problem"] == "port 'ids' is the destination of mirror 'm'"
    error = refusal(three, "mirror.add", name="n", to_port="alice")
    assert error.data["problem"] == "port 'alice' is mirrored by mirror 'm'"
    for port in ("alice", "ids"):
        error = refusal(three, "port.remove", name=port)
        assert (error.kind, error.data["mirror"]) == ("in_use", "m")
    error = refusal(three, "port.set", name="ids", conditions={"loss": "1%"})
    assert error.data["problem"] == "port 'ids' is the destination of mirror 'm'"
    three.call("port.remove", {"name": "bob"})


def test_there_is_a_limit(three):
    for number in range(32):
        mirror(three, name=f"m{number}")
    assert refusal(three, "mirror.add", name="m", to_port="ids").kind == "limit_reached"


def test_dry_run_changes_nothing(three):
    assert mirror(three, from_port=["alice", "bob"], dry_run=True) == {
        "plan": ["+ mirror m of alice, bob to ids"]}
    assert three.call("mirror.list") == {"mirrors": []}


# ---- the document --------------------------------------------------------------------------------


def document_with(lab, **mirrors):
    document = lab.call("config.get")
    document["switches"]["sw0"]["mirrors"] = mirrors
    return document


def plan_of(lab, method, document, **params):
    return [each["step"] for each in lab.call(method, {"config": document, **params})["plan"]]


def test_document_has_the_mirrors(three):
    document = document_with(three, m={"from_port": ["alice"], "to_port": "ids"})
    steps = ["+ mirror m of alice to ids"]
    assert plan_of(three, "config.diff", document) == steps
    assert plan_of(three, "config.apply", document, dry_run=True) == steps
    assert plan_of(three, "config.apply", document) == steps
    assert plan_of(three, "config.diff", three.call("config.get")) == []
    assert plan_of(three, "config.diff", three.call("config.get", {"format": "full"})) == []
    assert deliver(three, "alice", [frame(ALICE, EVERYBODY)], ["ids"])["ids"]
    changed = document_with(three, m={"from_port": ["bob"], "to_port": "ids"})
    assert plan_of(three, "config.apply", changed) == ["~ from_port of mirror m: alice -> bob"]
    assert deliver(three, "alice", [frame(ALICE, BOB)], ["ids"])["ids"] == [frame(ALICE, BOB)]
    assert plan_of(three, "config.apply", document_with(three)) == ["- mirror m"]
    assert three.call("mirror.list") == {"mirrors": []}


def test_document_that_is_refused_leaves_the_mirrors(three):
    mirror(three, from_port=["alice"])
    document = three.call("config.get")
    del document["switches"]["sw0"]["ports"]["ids"]
    error = refusal(three, "config.apply", config=document)
    assert error.data["pointer"] == "/switches/sw0/mirrors/m/to_port"
    document = document_with(three, n={"to_port": "bob"})
    document["switches"]["sw0"]["ports"]["bad"] = {"type": "interface", "interface": "missing"}
    refusal(three, "config.apply", config=document)
    assert deliver(three, "alice", [frame(ALICE, EVERYBODY)], ["ids"])["ids"]


def test_port_that_is_made_anew_is_still_mirrored(empty_lab):
    """Its place in the switch is another."""
    lab = empty_lab
    lab.start("--workers", "2")
    lab.join("alice", "10.0.0.1/24")
    lab.join("ids", "10.0.0.9/24")
    mirror(lab, from_port=["alice"])
    document = lab.call("config.get")
    document["switches"]["sw0"]["ports"]["alice"]["queues"] = 2
    steps = plan_of(lab, "config.apply", document)
    assert "+ port alice" in steps
    assert deliver(lab, "alice", [frame(ALICE, EVERYBODY)], ["ids"])["ids"]


def test_startup_file_brings_mirrors(empty_lab):
    lab = empty_lab
    path = lab.directory / "config.json"
    document = {"version": 1, "switches": {"sw0": {
        "mirrors": {"m": {"from_port": ["alice"], "from_vlan": "10", "to_port": "ids"}},
        "ports": {"alice": {"type": "tap"}, "ids": {"type": "tap"}}}}}
    path.write_text(json.dumps(document), encoding="utf-8")
    lab.start("--config", path)
    assert lab.call("mirror.list")["mirrors"][0]["from_vlan"] == "10"
    lab.call("config.save")
    saved = json.loads(path.read_text(encoding="utf-8"))
    assert saved["switches"]["sw0"]["mirrors"] == document["switches"]["sw0"]["mirrors"]


def test_successor_goes_on_mirroring(three):
    mirror(three, from_port=["alice"], filter="ether proto 0x88b5")
    three.take_over()
    assert three.call("mirror.list")["mirrors"][0]["to_port"] == "ids"
    assert deliver(three, "alice", [frame(ALICE, EVERYBODY)], ["ids"])["ids"] == [
        frame(ALICE, EVERYBODY)]
