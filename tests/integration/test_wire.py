# SPDX-License-Identifier: Apache-2.0
"""What crosses, and how: frames on real devices that are no plain TCP of the usual length.

docs/crossing.md tells what of each kind crosses; the tests here and those of test_offloads.py are its
cells.
"""

import socket

import pytest

from frames import ALICE, EVERYBODY, deliver, frame, transmit
from lab import DEADLINE, drops, wait_until
from test_interface_port import join_veth, veth
from test_offloads import EITHER, datagrams_arrive, host, sent_and_received

IPV4 = {"alice": "10.0.0.1/24", "bob": "10.0.0.2/24"}
IPV6 = {"alice": "fd00::1/64", "bob": "fd00::2/64"}


def add_ipv6(lab, short):
    lab.exec(short, "sysctl", "-qw", f"net.ipv6.conf.{short}.disable_ipv6=0")
    lab.exec(short, "ip", "address", "add", IPV6[short], "dev", short, "nodad")


# ---- lengths -----------------------------------------------------------------------------------


def short_frame(*tags, size=28):
    return frame(ALICE, EVERYBODY, *tags, size=size)


def test_short_frames_are_filled_up_towards_veths_and_not_between_taps(lab):
    lab.join("alice", IPV4["alice"])
    lab.join("bob", IPV4["bob"])
    veth(lab, "carol")
    lab.call("port.add", {"name": "carol", "type": "interface", "interface": "to-carol"})
    transmit(lab, "alice", frame(ALICE, EVERYBODY, size=1400, kind=0x88B7))  # what memory holds
    heard = deliver(lab, "alice", [short_frame()], ("bob", "carol"))
    assert heard["bob"] == [short_frame()]
    assert heard["carol"] == [short_frame() + bytes(18)]


def test_tag_that_is_taken_off_leaves_sixty_octets(lab):
    lab.join("alice", IPV4["alice"])
    for short, vlan in (("bob", {"mode": "access", "pvid": 10}),
                        ("carol", {"mode": "trunk", "native": 10})):
        veth(lab, short)
        lab.call("port.add", {"name": short, "type": "interface", "interface": f"to-{short}",
                              "vlan": vlan})
    heard = deliver(lab, "alice", [short_frame(10, size=42)], ("bob", "carol"))
    assert heard["bob"] == heard["carol"] == [short_frame(size=42) + bytes(4)]


def test_virtual_machines_get_no_short_frames(lab):
    lab.join("alice", IPV4["alice"])
    paths = {"local": lab.directory / "ours", "remote": lab.directory / "theirs"}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as guest:
        guest.bind(str(paths["remote"]))
        guest.settimeout(DEADLINE)
        lab.call("port.add", {"name": "vm", "type": "qemu", "datagram": {
            end: str(path) for end, path in paths.items()}})
        transmit(lab, "alice", short_frame())
        assert guest.recv(2000) == short_frame() + bytes(18)


# ---- tags of 0x88a8 and lengths ----------------------------------------------------------------


def tunnels_over_a_veth(lab):
    """Two tunnel ports, whose switches are joined by trunks on the two ends of a veth: its full
    frames have a tag of 0x88a8. Their offloads are off, so that segments come as frames."""
    lab.call("switch.add", {"name": "sw1"})
    lab.exec("switch", "ip", "link", "add", "near", "type", "veth", "peer", "name", "far")
    for end in ("near", "far"):
        lab.exec("switch", "ip", "link", "set", end, "up")
    wait_until(lambda: all("state UP" in lab.exec("switch", "ip", "link", "show", end).stdout
                           for end in ("near", "far")), "the veth has its carrier")
    answers = []
    for name, switch, trunk in (("alice", "sw0", "near"), ("bob", "sw1", "far")):
        answers.append(lab.call("port.add", {"name": trunk, "type": "interface", "switch": switch}))
        answers.append(lab.join(name, IPV4[name], switch=switch, offload=False,
                                vlan={"mode": "dot1q-tunnel", "pvid": 100}))
    return answers


def test_full_segments_with_service_tags_cross_a_veth(lab):
    tunnels_over_a_veth(lab)
    for source, to in (("alice", "bob"), ("bob", "alice")):
        sent, received = sent_and_received(lab, source, to, IPV4[to], megabytes=4)
        assert sent == received
        assert datagrams_arrive(lab, source, to, IPV4[to])
    for port in ("near", "far"):
        assert not set(drops(lab, port)) - {"no_egress"}, drops(lab, port)


def test_other_full_frames_with_service_tags_are_refused_with_the_number_to_set(lab):
    trunk, tunnel, *_ = tunnels_over_a_veth(lab)
    assert "warnings" not in trunk
    warning, = tunnel["warnings"]
    assert "set it to 1504" in warning and "'near'" in warning
    assert lab.ping("alice", "bob")
    assert lab.ping("alice", "bob", "-s", "1468", "-M", "do")
    assert not lab.ping("alice", "bob", "-s", "1472", "-M", "do")
    assert drops(lab, "near") == {"mtu_exceeded": 1}
    again = lab.call("port.set", {"name": "near", "description": "as before"})
    assert again["warnings"] == [warning]
    for end in ("near", "far"):
        lab.exec("switch", "ip", "link", "set", end, "mtu", "1504")
    wait_until(lambda: lab.call("port.get", {"name": "near"})["link"]["mtu"] == 1504,
               "the new MTU is seen")
    wait_until(lambda: lab.ping("alice", "bob", "-s", "1472", "-M", "do"), "full frames cross")
    assert "warnings" not in lab.call("port.set", {"name": "near", "description": "after"})


# ---- super-frames that are no plain ones -------------------------------------------------------


# Says to the kernel what Debian 12's `ip link set X gso_max_size N gso_ipv4_max_size N` says by half.
ALLOW_BIG_FRAMES = """
import socket, struct, sys
RTM_SETLINK, ACKNOWLEDGED, IFLA_GSO_MAX_SIZE, IFLA_GSO_IPV4_MAX_SIZE = 19, 5, 41, 63
words = b"".join(struct.pack("=HHI", 8, kind, int(sys.argv[2]))
                 for kind in (IFLA_GSO_MAX_SIZE, IFLA_GSO_IPV4_MAX_SIZE))
link = struct.pack("=BxHiII", 0, 0, socket.if_nametoindex(sys.argv[1]), 0, 0)
with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as kernel:
    kernel.send(struct.pack("=IHHII", 16 + len(link + words), RTM_SETLINK, ACKNOWLEDGED, 1, 0)
                + link + words)
    error, = struct.unpack_from("=i", kernel.recv(4096), 16)
assert error == 0, error
"""


@pytest.mark.parametrize("address", (IPV4, IPV6), ids=("ipv4", "ipv6"))
@pytest.mark.parametrize("offload", EITHER)
def test_frames_of_more_than_64_kibibytes_cross(lab, address, offload):
    """BIG TCP at the far end of a veth: one frame has up to 200,000 octets."""
    join_veth(lab, "alice", IPV4["alice"])
    lab.join("bob", IPV4["bob"], offload=offload)
    for short in ("alice", "bob"):
        add_ipv6(lab, short)
    lab.exec("alice", "/usr/bin/python3", "-c", ALLOW_BIG_FRAMES, "alice", 200_000)
    sent, received = sent_and_received(lab, "alice", "bob", address["bob"])
    assert sent == received
    assert not set(drops(lab, "alice")) - {"no_egress"}, drops(lab, "alice")


@pytest.mark.parametrize("offload", EITHER)
@pytest.mark.parametrize("tx", ("on", "off"), ids=("unfinished", "finished"))
def test_segments_that_the_kernel_joined_unseen_cross(lab, tx, offload):
    """rx-gro-list on the port's own interface: their checksums are there, or are still to be."""
    join_veth(lab, "alice", IPV4["alice"])
    lab.join("bob", IPV4["bob"], offload=offload)
    lab.exec("alice", "ethtool", "-K", "alice", "tx", tx, "tso", "off", "gso", "off")
    lab.exec("switch", "ethtool", "-K", "to-alice", "gro", "on", "rx-gro-list", "on",
             "rx-udp-gro-forwarding", "on")
    sent, received = sent_and_received(lab, "alice", "bob", IPV4["bob"])
    assert sent == received
    assert datagrams_arrive(lab, "alice", "bob", IPV4["bob"])
    assert not set(drops(lab, "alice")) - {"no_egress"}, drops(lab, "alice")


# The words that make the end of a tunnel at a station whose own and whose peer's address follow.
TUNNELS = {
    "vxlan": "type vxlan id 7 dstport 4789 dev {dev} local {own} remote {peer} {sum}udpcsum",
    "geneve": "type geneve id 7 remote {peer} {sum}udpcsum",
    "gretap": "type gretap local {own} remote {peer}",
}


def make_tunnel(lab, short, peer, kind, udp_sum):
    """False if this kernel has no such tunnels."""
    words = TUNNELS[kind].format(dev=short, own=host(IPV4[short]), peer=host(IPV4[peer]),
                                 sum="" if udp_sum else "no")
    made = lab.exec(short, "ip", "link", "add", "tunnel", *words.split(), check=False)
    if "Unknown device type" in made.stderr:
        return False
    assert made.returncode == 0, made.stderr
    lab.exec(short, "ip", "address", "add", {"alice": "10.1.0.1/24", "bob": "10.1.0.2/24"}[short],
             "dev", "tunnel")
    lab.exec(short, "ip", "link", "set", "tunnel", "up")
    return True


@pytest.mark.parametrize("udp_sum", EITHER, ids=("summed", "unsummed"))
def test_streams_inside_tunnels_cross_between_a_veth_and_a_tap(lab, udp_sum):
    join_veth(lab, "alice", IPV4["alice"])
    lab.join("bob", IPV4["bob"])
    tried = []
    for kind in TUNNELS:
        if not make_tunnel(lab, "alice", "bob", kind, udp_sum):
            continue
        make_tunnel(lab, "bob", "alice", kind, udp_sum)
        tried.append(kind)
        wait_until(lambda: lab.ping("alice", "10.1.0.2"), f"{kind} stands")
        for source, to, address in (("alice", "bob", "10.1.0.2"), ("bob", "alice", "10.1.0.1")):
            sent, received = sent_and_received(lab, source, to, address)
            assert sent == received, kind
        assert datagrams_arrive(lab, "alice", "bob", "10.1.0.2")
        for short in ("alice", "bob"):
            lab.exec(short, "ip", "link", "del", "tunnel")
    assert "vxlan" in tried
    for port in ("alice", "bob"):
        assert not set(drops(lab, port)) - {"no_egress"}, drops(lab, port)
