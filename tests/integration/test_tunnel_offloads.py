# SPDX-License-Identifier: Apache-2.0
"""TAPs with offloads for tunnels (Linux 6.17): streams inside VXLAN and Geneve cross whole. An older
kernel's cross as segments.
"""

import fcntl
import os
import struct
import sys
from pathlib import Path

import pytest

from lab import wait_until
from test_offloads import sent_and_received
from test_wire import IPV4, make_tunnel

sys.path.append(str(Path(__file__).resolve().parents[2] / "tools/python"))

import tapswitch  # noqa: E402

TUNGETVNETHDRSZ, TUNSETVNETHDRSZ, TUNSETPERSIST = 0x800454D7, 0x400454D8, 0x400454CB
INSIDE = {"alice": "10.1.0.1/24", "bob": "10.1.0.2/24"}
FEATURES = ("tx-udp_tnl-segmentation", "tx-udp_tnl-csum-segmentation", "tx-tcp-segmentation")


def header_size(tap):
    return struct.unpack("i", fcntl.ioctl(tap, TUNGETVNETHDRSZ, bytes(4)))[0]


def features(lab, short):
    """Those that are on, of a station's interface."""
    lines = lab.exec(short, "ethtool", "-k", short).stdout.splitlines()
    return {name for name, _, value in (line.strip().partition(": ") for line in lines)
            if name in FEATURES and value.startswith("on")}


def has_tunnels(lab, port):
    return "udp_tunnels" in lab.call("port.get", {"name": port})["offloads"]


def sent_to(lab, port):
    """Octets and frames that have left by it, and how many were lost there."""
    counters = lab.call("stats.get", {"port": port})["ports"][port]
    lost = sum(count for reason, count in counters["drops"].items() if reason != "no_egress")
    return counters["out_octets"], counters["out_unicast"] + counters["out_broadcast"], lost


def check_streams_inside(lab):
    """Both ways; the frames are large if both TAPs have the offloads."""
    wait_until(lambda: lab.ping("alice", "10.1.0.2"), "the tunnel stands")
    for source, to in (("alice", "bob"), ("bob", "alice")):
        before = sent_to(lab, to)
        sent, received = sent_and_received(lab, source, to, INSIDE[to])
        assert sent == received
        octets, frames, lost = (now - then for now, then in zip(sent_to(lab, to), before))
        assert lost == 0
        is_whole = has_tunnels(lab, "alice") and has_tunnels(lab, "bob")
        assert (octets / frames > 3000) == is_whole


def connect(lab, kind):
    for short, peer in (("alice", "bob"), ("bob", "alice")):
        assert make_tunnel(lab, short, peer, kind, True) or kind != "vxlan"


@pytest.fixture(name="passed")
def passed_tap(lab):
    """Bob's TAP, as another program has opened it; that program has headers of 12 octets."""
    lab.namespace("bob")
    tap = lab.open_tap("bob", "bob")
    fcntl.ioctl(tap, TUNSETVNETHDRSZ, struct.pack("i", 12))
    with tapswitch.Client(str(lab.socket), timeout=10) as client:
        client.port_add(name="bob", fd=0, fds=[tap], addresses=[IPV4["bob"]], up=True)
    yield tap
    os.close(tap)


def test_streams_inside_tunnels_cross_whole(lab):
    for short in ("alice", "bob"):
        lab.join(short, IPV4[short])
    connect(lab, "vxlan")
    check_streams_inside(lab)


def test_successor_reads_on_behind_headers_as_long(lab):
    for short in ("alice", "bob"):
        lab.join(short, IPV4[short])
    connect(lab, "vxlan")
    for _ in range(2):
        lab.take_over()
        check_streams_inside(lab)


def test_passed_tap_has_them_and_is_given_back_as_it_was(lab, passed):
    lab.join("alice", IPV4["alice"])
    connect(lab, "vxlan")
    check_streams_inside(lab)
    assert header_size(passed) == 24
    lab.take_over()
    check_streams_inside(lab)
    lab.call("port.remove", {"name": "bob"})
    assert header_size(passed) == 12
    assert not features(lab, "bob")


def test_tap_that_stays_is_left_with_short_headers_and_no_offloads(lab):
    """Whoever opens it next expects the one, and could not read with the others."""
    lab.join("alice", IPV4["alice"], persist=True)
    assert features(lab, "alice")
    lab.call("port.remove", {"name": "alice"})
    assert not features(lab, "alice")
    tap = lab.open_tap("alice", "alice")
    assert header_size(tap) == 10
    fcntl.ioctl(tap, TUNSETPERSIST, 0)
    os.close(tap)


def test_refused_port_leaves_the_tap_as_it_was(lab):
    lab.namespace("bob")
    tap = lab.open_tap("bob", "bob")
    try:
        fcntl.ioctl(tap, TUNSETVNETHDRSZ, struct.pack("i", 12))
        with tapswitch.Client(str(lab.socket), timeout=10) as client:
            with pytest.raises(tapswitch.Refused, match="cannot add address"):  # there is no IPv6
                client.port_add(name="bob", fd=0, fds=[tap], addresses=["fd00::2/64"])
        assert header_size(tap) == 12
    finally:
        os.close(tap)


def test_offloads_change_while_a_stream_in_a_tunnel_runs(lab):
    """What waits in a TAP while they are turned off cannot be told of any more and is lost; nothing
    else is."""
    for short in ("alice", "bob"):
        lab.join(short, IPV4[short])
    connect(lab, "vxlan")
    wait_until(lambda: lab.ping("alice", "10.1.0.2"), "the tunnel stands")
    for offload in (False, True, False, True):
        lab.call("port.set", {"name": "alice", "offload": offload})
        sent, received = sent_and_received(lab, "alice", "bob", INSIDE["bob"], megabytes=2)
        assert sent == received
    assert lab.call("port.get", {"name": "alice"})["state"] == "up"
    check_streams_inside(lab)
