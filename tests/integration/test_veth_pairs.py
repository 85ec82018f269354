# SPDX-License-Identifier: Apache-2.0
"""Pairs of ports of type veth: whose they are, and who finds them as they were."""

import json
import re
import signal

import pytest

from lab import program, status_at_end, wait_until
from rpc_client import RpcError
from test_veth import ADDRESSES, has_carrier, join, links, near_ends, port_of, refused
from transfer import Transfer, passed_through


def pair_of(lab, short, near="mine"):
    """A pair that somebody else has made, for the port of that name."""
    lab.namespace(short)
    lab.exec("switch", "ip", "link", "add", near, "type", "veth", "peer", "name", short, "netns",
             lab.name_of(short))


def seen_of(lab, short, near="mine"):
    """All that a port might change about a pair."""
    texts = [lab.exec("switch", "ip", "-d", "address", "show", "dev", near).stdout,
             lab.exec(short, "ip", "-d", "address", "show", "dev", short).stdout,
             lab.exec("switch", "tc", "qdisc", "show", "dev", near).stdout,
             lab.exec("switch", "tc", "filter", "show", "dev", near, "ingress", check=False).stdout]
    # The kernel counts the seconds for which addresses are good; a queue it has made stays.
    return "".join(re.sub(r" qdisc \w+", "", line) for text in texts
                   for line in text.splitlines(keepends=True) if "valid_lft" not in line and
                   not line.startswith("qdisc noqueue"))


def test_pair_that_is_there_is_adopted_and_stays(lab):
    pair_of(lab, "alice")
    join_again = {"name": "alice", "type": "veth", "namespace": lab.name_of("alice"),
                  "addresses": ["10.0.0.1/24"]}
    lab.call("port.add", join_again)
    join(lab, "bob")
    assert lab.ping("bob", "10.0.0.1")
    assert sorted(near_ends(lab)) == ["mine", "tsw-bob"]
    lab.call("port.remove", {"name": "alice"})
    assert "mine" in near_ends(lab), "it was not ours"
    lab.call("port.add", join_again)
    assert lab.ping("bob", "10.0.0.1")
    lab.call("port.set", {"name": "alice", "persist": False})
    lab.call("port.remove", {"name": "alice"})
    assert near_ends(lab) == ["tsw-bob"], "now it goes with the port"


def test_persistent_pair_stays(lab):
    join(lab, "alice", persist=True)
    lab.call("port.remove", {"name": "alice"})
    assert near_ends(lab) == ["tsw-alice"]
    lab.call("port.add", {"name": "other", "type": "veth", "namespace": lab.name_of("alice"),
                          "interface": "alice"})
    assert near_ends(lab) == ["tsw-alice"]
    assert "10.0.0.1/24" in lab.exec("alice", "ip", "address").stdout
    lab.call("port.set", {"name": "other", "persist": False})
    lab.call("port.remove", {"name": "other"})
    assert near_ends(lab) == []


def test_refused_port_leaves_nothing(lab):
    alice = lab.namespace("alice")
    ipv6 = "2001:db8::1/64"  # has been turned off there
    assert refused(lab, name="alice", namespace=alice, addresses=["10.0.0.1/24", ipv6])
    assert near_ends(lab) == [] and "alice" not in lab.exec("alice", "ip", "link").stdout
    pair_of(lab, "bob")
    before = seen_of(lab, "bob")
    assert refused(lab, name="bob", namespace=lab.name_of("bob"), mtu=1400,
                   addresses=["10.0.0.1/24", ipv6])
    assert seen_of(lab, "bob") == before


def test_undo_of_a_change_leaves_pairs_as_they_were(lab):
    pair_of(lab, "alice")
    lab.exec("alice", "ip", "address", "add", "192.0.2.7/24", "dev", "alice")
    before = seen_of(lab, "alice")
    bob = lab.namespace("bob")
    ports = {"alice": {"type": "veth", "namespace": lab.name_of("alice"), "mtu": 1300,
                       "mac": "02:00:00:00:00:0a", "addresses": ["10.0.0.1/24"]},
             "bob": {"type": "veth", "namespace": bob},
             "last": {"type": "interface", "interface": "missing"}}
    document = {"version": 1, "switches": {"sw0": {"ports": ports}}}
    plan = lab.call("config.apply", {"config": document, "dry_run": True})
    assert len(plan["plan"]) == 3
    assert seen_of(lab, "alice") == before and near_ends(lab) == ["mine"]
    with pytest.raises(RpcError):
        lab.call("config.apply", {"config": document})
    assert seen_of(lab, "alice") == before
    assert near_ends(lab) == ["mine"]
    del ports["last"]
    lab.call("config.apply", {"config": document})
    assert not lab.call("config.apply", {"config": document})["plan"]
    far = lab.exec("alice", "ip", "-d", "address", "show", "dev", "alice").stdout
    # A change of one that runs is taken back too.
    changed = {**ports, "alice": {**ports["alice"], "mtu": 1200, "addresses": ["10.0.0.5/24"]},
               "last": {"type": "interface", "interface": "missing"}}
    with pytest.raises(RpcError):
        lab.call("config.apply", {"config": {"version": 1, "switches": {"sw0": {"ports": changed}}}})
    assert lab.exec("alice", "ip", "-d", "address", "show", "dev", "alice").stdout == far


def test_type_of_a_port_changes_and_back(lab):
    lab.join("alice", ADDRESSES["alice"], mac="02:00:00:00:00:01")
    join(lab, "bob")
    ports = lab.call("config.get")["switches"]["sw0"]["ports"]
    for kind in ("veth", "tap", "veth"):
        ports["alice"]["type"] = kind
        lab.call("config.apply", {"config": {"version": 1, "switches": {"sw0": {"ports": ports}}}})
        assert port_of(lab, "alice")["type"] == kind
        wait_until(lambda: lab.ping("alice", "bob"), f"alice is there by a {kind}")
    assert sorted(near_ends(lab)) == ["tsw-alice", "tsw-bob"]
    wanted = {**ports, "alice": {**ports["alice"], "type": "tap"},
              "last": {"type": "interface", "interface": "missing"}}
    with pytest.raises(RpcError):
        lab.call("config.apply", {"config": {"version": 1, "switches": {"sw0": {"ports": wanted}}}})
    assert port_of(lab, "alice")["type"] == "veth"
    wait_until(lambda: lab.ping("alice", "bob"), "a change that failed is taken back")
    assert sorted(near_ends(lab)) == ["tsw-alice", "tsw-bob"]


def test_successor_has_the_same_pair(lab):
    for short in ("alice", "bob"):
        join(lab, short)
    lab.call("port.add", {"name": "stay", "type": "veth", "persist": True})
    assert lab.ping("alice", "bob")
    before = [links(lab, short, short)[0]["ifindex"] for short in ("alice", "bob")]
    for _ in range(3):
        lab.take_over()
        assert [links(lab, short, short)[0]["ifindex"] for short in ("alice", "bob")] == before
        assert port_of(lab, "alice")["state"] == "up"
        assert lab.ping("alice", "bob")
    lab.call("port.set", {"name": "alice", "mtu": 1400, "carrier": False})
    assert not has_carrier(lab, "alice") and links(lab, "alice", "alice")[0]["mtu"] == 1400
    lab.take_over()
    assert port_of(lab, "alice")["state"] == "no_carrier" and not has_carrier(lab, "alice")
    lab.call("port.remove", {"name": "alice"})
    assert sorted(near_ends(lab)) == ["stay", "tsw-bob", "tsw-stay"]
    lab.stop()
    assert sorted(near_ends(lab)) == ["stay", "tsw-stay"], "what was made goes with the successor"


def test_pairs_outlive_a_successor_that_fails(empty_lab):
    """It has taken them in already when it finds that it has too few workers."""
    lab = empty_lab
    lab.start("--workers", "2")
    for short in ("alice", "bob"):
        join(lab, short)
    lab.call("port.add", {"name": "wide", "queues": 2})
    done = lab.exec("switch", program("TAPSWITCHD"), "--socket", lab.socket, "--takeover",
                    "--workers", "1", check=False)
    assert done.returncode == 1 and "queues" in done.stderr, done.stderr
    assert lab.call("system.info")["pid"] == lab.daemon.pid
    assert sorted(near_ends(lab)) == ["tsw-alice", "tsw-bob"]
    assert lab.ping("alice", "bob")


def test_transfer_goes_on_across_a_takeover(lab):
    for short in ("alice", "bob"):
        join(lab, short)
    transfer = Transfer(lab, "alice", "bob", "10.0.0.2")
    for _ in range(2):
        wait_until(lambda: passed_through(lab, "alice") > 1 << 20, "it is under way")
        lab.take_over()
    wait_until(lambda: passed_through(lab, "alice") > 1 << 20, "it goes on")
    received, _ = transfer.end()  # every byte
    assert received > 3 << 20


def test_killed_daemon_leaves_pairs_that_a_restart_finds(lab):
    document = lab.directory / "network.json"
    ports = {short: {"type": "veth", "namespace": lab.namespace(short),
                     "addresses": [ADDRESSES[short]]} for short in ("alice", "bob")}
    document.write_text(json.dumps({"version": 1, "switches": {"sw0": {"ports": ports}}}))
    lab.stop()
    lab.start("--config", document)
    assert lab.ping("alice", "10.0.0.2")
    before = [links(lab, short, short)[0]["ifindex"] for short in ("alice", "bob")]
    lab.daemon.kill()
    status_at_end(lab.daemon, "killed")
    lab.daemon = None
    assert sorted(near_ends(lab)) == ["tsw-alice", "tsw-bob"], "that is what is left"
    assert not lab.ping("alice", "10.0.0.2")
    lab.exec("alice", "ip", "link", "del", "alice")  # one of them has gone meanwhile
    lab.start("--config", document)
    assert [port_of(lab, short)["state"] for short in ("alice", "bob")] == ["up", "up"]
    wait_until(lambda: lab.ping("alice", "10.0.0.2"), "they reach each other again")
    after = [links(lab, short, short)[0]["ifindex"] for short in ("alice", "bob")]
    assert after[1] == before[1], "the pair that was left has been adopted"
    lab.stop()
    assert near_ends(lab) == [], "and goes with its port, as if nothing had been"


def test_what_a_killed_daemon_leaves_can_be_removed_by_its_group(lab):
    for short in ("alice", "bob"):
        join(lab, short)
    lab.exec("switch", "ip", "link", "add", "mine", "type", "veth", "peer", "name", "too")
    lab.daemon.send_signal(signal.SIGKILL)
    status_at_end(lab.daemon, "killed")
    lab.daemon = None
    lab.socket.unlink()
    lab.exec("switch", "ip", "link", "del", "group", 7631735)
    assert sorted(near_ends(lab)) == ["mine", "too"]
