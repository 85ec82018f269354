# SPDX-License-Identifier: Apache-2.0
"""Ports of type vxlan: with the kernel's own device, with Open vSwitch and with another daemon, over
IPv4 and IPv6; and what nobody should send."""

import contextlib
import json
import socket
import struct

import pytest

from frames import ALICE, BOB, CAROL, EVERYBODY, frame
from lab import DEADLINE, Lab, drops, state, wait_until
from open_vswitch import OpenVSwitch
from rpc_client import RpcError
from sites import ADDRESSES, Sited, lay_cable
from transfer import measured_by_iperf3

PORT, VNI = 4789, 100
OURS, THEIRS = "127.0.0.1", "127.0.0.2"
FRAME = frame(ALICE, EVERYBODY)
HEADER = 8
IP_RECVTTL = 12
MTU = {4: 1450, 6: 1430}


def add(lab, name="net", vni=VNI, local=OURS, remote=(THEIRS,), **params):
    return lab.call("port.add", {"name": name, "type": "vxlan", "vni": vni, "local": local,
                                 "remote": list(remote), **params})


def encapsulated(data, vni=VNI, flags=0x08, reserved=(0, 0)):
    return struct.pack("!II", flags << 24 | reserved[0], vni << 8 | reserved[1]) + data


def udp_socket(lab, host=THEIRS, port=PORT):
    """A socket where the lab's daemon is."""
    made = lab.in_namespace("switch", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    made.settimeout(DEADLINE)
    made.bind((host, port))
    return made


def in_frames(lab, name="net"):
    counters = lab.call("stats.get", {"port": name})["ports"][name]
    return sum(counters[f"in_{kind}"] for kind in ("unicast", "multicast", "broadcast"))


def tunnel(lab, name="net"):
    return lab.call("port.get", {"name": name})["tunnel"]


def remotes(lab, name="net"):
    return {each["address"]: each for each in tunnel(lab, name)["remotes"]}


# ---- what speaks VXLAN besides -------------------------------------------------------------------


@contextlib.contextmanager
def kernel_device(lab, version, learning):
    """A vxlan device of the kernel, which is a station."""
    near, far = ADDRESSES[version]
    lab.namespace("bob", ipv6=True)
    lay_cable(lab, "switch", lab, "bob")
    lab.exec("bob", "ip", "link", "add", "net", "type", "vxlan", "id", VNI, "local", far, "remote",
             near, "dstport", PORT, "dev", "cable", "learning" if learning else "nolearning")
    lab.exec("bob", "ip", "address", "add", "10.0.0.2/24", "dev", "net")
    lab.exec("bob", "ip", "link", "set", "net", "up")
    yield lab


@contextlib.contextmanager
def open_vswitch(lab, version, learning):
    """A bridge of Open vSwitch, which is a station by its own interface. Its way out goes through a
    bridge of its own too."""
    near, far = ADDRESSES[version]
    lab.namespace("bob", ipv6=True)
    lay_cable(lab, "switch", lab, "bob")
    lab.exec("bob", "ip", "address", "flush", "dev", "cable")
    # Open vSwitch drops what a veth has left unfinished, also the checksum of the datagram.
    lab.exec("switch", "ethtool", "-K", "cable", "tx", "off")
    with OpenVSwitch(lab, "bob") as ovs:
        for bridge in ("out", "br0"):
            ovs.configure("add-br", bridge, "--", "set", "bridge", bridge, "datapath_type=netdev")
        ovs.configure("add-port", "out", "cable")
        lab.exec("bob", "ip", "address", "add", f"{far}/{24 if version == 4 else 64}", "dev", "out",
                 *(["nodad"] if version == 6 else []))
        lab.exec("bob", "ip", "link", "set", "out", "up")
        wait_until(lambda: lab.ping("switch", far), "its bridge is there")
        ovs.configure("add-port", "br0", "net", "--", "set", "interface", "net", "type=vxlan",
                      f"options:local_ip={far}", f"options:remote_ip={near}", f"options:key={VNI}")
        if not learning:
            ovs.say("ovs-ofctl", "del-flows", "br0")
            ovs.say("ovs-ofctl", "add-flow", "br0", "actions=flood")
        lab.exec("bob", "ip", "link", "set", "br0", "mtu", MTU[version], "up")
        lab.exec("bob", "ip", "address", "add", "10.0.0.2/24", "dev", "br0")
        yield lab


@contextlib.contextmanager
def another_daemon(lab, version, learning):
    near, far = ADDRESSES[version]
    other = Lab()
    try:
        other.start()
        lay_cable(lab, "switch", other, "switch")
        add(other, local=far, remote=[near], learning=learning)
        other.join("bob", "10.0.0.2/24", mtu=MTU[version])
        yield Sited(lab, other)
        assert set(drops(other, "net")) <= {"busy", "no_egress"}, drops(other, "net")
        other.stop()
    finally:
        other.remove()


PEERS = {"kernel": kernel_device, "open_vswitch": open_vswitch, "tapswitch": another_daemon}


@pytest.mark.parametrize("learning", [True, False], ids=["learning", "nolearning"])
@pytest.mark.parametrize("version", [4, 6], ids=["ipv4", "ipv6"])
@pytest.mark.parametrize("peer", PEERS)
def test_stations_reach_those_behind_a_peer(lab, peer, version, learning):
    near, far = ADDRESSES[version]
    with PEERS[peer](lab, version, learning) as site:
        added = add(lab, local=near, remote=[far], learning=learning)
        assert added["link"]["mtu"] == MTU[version]
        assert str(MTU[version]) in added["warnings"][0]
        lab.join("alice", "10.0.0.1/24", mtu=MTU[version])
        wait_until(lambda: lab.ping("alice", "10.0.0.2"), "both know the way")
        assert lab.ping("alice", "10.0.0.2", "-s", MTU[version] - 28, "-M", "do")
        for reverse in ((), ("-R",)):
            report = measured_by_iperf3(site, "alice", "bob", "10.0.0.2", "-n", "20M", *reverse)
            assert report["sum_received"]["bytes"] > 10_000_000, report
        known = lab.call("fdb.list", {"port": "net"})["entries"]
        assert bool(known) == learning
        counted = remotes(lab)[far]
        assert counted["in_frames"] > 0 and counted["out_frames"] > 0
        assert counted["way_mtu"] == 1500 and not counted["learned"]
    assert set(drops(lab, "net")) <= {"busy", "no_egress"}, drops(lab, "net")


# ---- several other ends --------------------------------------------------------------------------


def test_frames_go_where_their_station_was_heard_and_nowhere_else(lab):
    lab.join("alice", "10.0.0.1/24")
    add(lab, remote=["127.0.0.2", "127.0.0.3", "127.0.0.4"])
    with contextlib.ExitStack() as stack:
        two, three, four = (stack.enter_context(udp_socket(lab, f"127.0.0.{number}"))
                            for number in (2, 3, 4))
        three.sendto(encapsulated(frame(BOB, EVERYBODY)), (OURS, PORT))
        wait_until(lambda: remotes(lab)["127.0.0.3"]["stations"] == 1, "he is known")
        mac = lab.call("port.get", {"name": "alice"})["link"]["mac"]
        send = stack.enter_context(packets_of(lab, "alice"))
        send(frame(mac, BOB))
        send(frame(mac, EVERYBODY))
        assert three.recv(2000) == encapsulated(frame(mac, BOB))
        for each in (two, three, four):
            assert each.recv(2000) == encapsulated(frame(mac, EVERYBODY))
        # Bob has moved.
        four.sendto(encapsulated(frame(BOB, EVERYBODY)), (OURS, PORT))
        wait_until(lambda: remotes(lab)["127.0.0.4"]["stations"] == 1, "he is known there")
        send(frame(mac, BOB))
        assert four.recv(2000) == encapsulated(frame(mac, BOB))
        # Nothing that comes from one goes to another.
        send(frame(mac, EVERYBODY, size=47))
        for each in (two, three, four):
            assert each.recv(2000) == encapsulated(frame(mac, EVERYBODY, size=47))
    assert tunnel(lab)["stations_moved"] == 1
    counted = remotes(lab)
    assert [counted[f"127.0.0.{number}"]["out_frames"] for number in (2, 3, 4)] == [2, 3, 3]
    assert counted["127.0.0.3"]["out_octets"] == 60 * 2 + 61


@contextlib.contextmanager
def packets_of(lab, station):
    """Yields what sends a frame of the station."""
    made = lab.in_namespace(station, lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0))
    with made:
        made.bind((station, 0))
        yield made.send


def test_port_that_does_not_learn_sends_to_all(lab):
    lab.join("alice", "10.0.0.1/24")
    add(lab, remote=["127.0.0.2", "127.0.0.3"], learning=False)
    with udp_socket(lab, "127.0.0.2") as two, udp_socket(lab, "127.0.0.3") as three, \
            packets_of(lab, "alice") as send:
        two.sendto(encapsulated(frame(BOB, EVERYBODY)), (OURS, PORT))
        wait_until(lambda: in_frames(lab) == 1, "it came in")
        send(frame(CAROL, BOB))
        assert two.recv(2000) == three.recv(2000) == encapsulated(frame(CAROL, BOB))
        lab.call("port.set", {"name": "net", "learning": True})
        two.sendto(encapsulated(frame(BOB, EVERYBODY)), (OURS, PORT))
        wait_until(lambda: remotes(lab)["127.0.0.2"]["stations"] == 1, "it learns now")


def test_remotes_are_learned_where_that_is_wanted(lab):
    lab.join("alice", "10.0.0.1/24")
    add(lab, remote=[], learn_remotes=True)
    with udp_socket(lab) as two, udp_socket(lab, OURS, 0) as itself, \
            packets_of(lab, "alice") as send:
        itself.sendto(encapsulated(FRAME), (OURS, PORT))
        wait_until(lambda: drops(lab, "net").get("foreign_sender") == 1, "it learns not itself")
        two.sendto(encapsulated(FRAME), (OURS, PORT))
        wait_until(lambda: in_frames(lab) == 1, "it came in")
        assert remotes(lab)[THEIRS]["learned"]
        send(frame(CAROL, EVERYBODY))
        assert two.recv(2000) == encapsulated(frame(CAROL, EVERYBODY))


def test_networks_share_an_address_and_each_gets_its_own(lab):
    """Also after one of them is gone."""
    lab.join("alice", "10.0.0.1/24")
    vnis = range(1, 41)
    for vni in vnis:
        add(lab, f"net{vni}", vni)
    with udp_socket(lab) as peer:
        def all_come_in(vnis, count):
            for vni in vnis:
                peer.sendto(encapsulated(FRAME, vni), (OURS, PORT))
            for vni in vnis:
                wait_until(lambda name=f"net{vni}": in_frames(lab, name) == count,
                           f"that of {vni} came in")

        all_come_in(vnis, 1)
        for vni in (1, 17, 40):
            lab.call("port.remove", {"name": f"net{vni}"})
        left = [vni for vni in vnis if vni not in (1, 17, 40)]
        all_come_in(left, 2)
        lab.take_over()
        peer.sendto(encapsulated(FRAME, 41), (OURS, PORT))
        for vni in left:
            peer.sendto(encapsulated(FRAME, vni), (OURS, PORT))
        for vni in left:
            wait_until(lambda name=f"net{vni}": in_frames(lab, name) == 1, f"that of {vni} came in")
        lab.call("port.remove", {"name": "net2"})
        add(lab, "net41", 41)
        left = [vni for vni in left if vni != 2]
        for vni in [*left, 41]:
            peer.sendto(encapsulated(FRAME, vni), (OURS, PORT))
        for vni in left:
            wait_until(lambda name=f"net{vni}": in_frames(lab, name) == 2, f"that of {vni} came in")
        wait_until(lambda: in_frames(lab, "net41") == 1, "and that of the new one")


def test_tunnels_exchange_nothing_unless_they_are_let(lab):
    add(lab, "west", 1, remote=["127.0.0.2"])
    add(lab, "east", 2, remote=["127.0.0.3"])
    with udp_socket(lab, "127.0.0.2") as west, udp_socket(lab, "127.0.0.3") as east:
        east.sendto(encapsulated(frame(BOB, EVERYBODY), 2), (OURS, PORT))
        wait_until(lambda: lab.call("fdb.list", {"port": "east"})["entries"], "he is known")
        west.sendto(encapsulated(frame(ALICE, BOB), 1), (OURS, PORT))
        wait_until(lambda: drops(lab, "west").get("split_horizon") == 1, "it goes nowhere")
        for name, vni, remote in (("west", 1, "127.0.0.2"), ("east", 2, "127.0.0.3")):
            lab.call("port.remove", {"name": name})
            add(lab, name, vni, remote=[remote], split_horizon=False)
        west.sendto(encapsulated(frame(ALICE, EVERYBODY), 1), (OURS, PORT))
        assert east.recv(2000) == encapsulated(frame(ALICE, EVERYBODY), 2)


# ---- what nobody should send ---------------------------------------------------------------------


def test_whatever_comes_is_a_frame_of_the_network_or_is_counted(lab):
    lab.join("alice", "10.0.0.1/24")
    add(lab)
    with udp_socket(lab) as peer, udp_socket(lab, "127.0.0.9") as stranger:
        for size in range(61):
            peer.sendto((encapsulated(FRAME) + bytes(60))[:size], (OURS, PORT))
        wait_until(lambda: drops(lab, "net") == {"encapsulation_invalid": 8, "runt": 14} and
                   in_frames(lab) == 39, "each is one or the other")
        peer.sendto(encapsulated(FRAME, flags=0xf7), (OURS, PORT))
        wait_until(lambda: drops(lab, "net")["encapsulation_invalid"] == 9, "it has no VNI")
        # Anything may be reserved [RFC 7348 5].
        peer.sendto(encapsulated(FRAME, flags=0xff, reserved=(0xffffff, 0xff)), (OURS, PORT))
        wait_until(lambda: in_frames(lab) == 40, "it came in")
        for vni in (0, VNI - 1, VNI + 1, (1 << 24) - 1):
            peer.sendto(encapsulated(FRAME, vni), (OURS, PORT))
        wait_until(lambda: drops(lab, "net").get("foreign_vni") == 4, "none is of the network")
        stranger.sendto(encapsulated(frame(BOB, EVERYBODY)), (OURS, PORT))
        wait_until(lambda: drops(lab, "net").get("foreign_sender") == 1, "it is no remote's")
        assert not lab.call("fdb.list", {"mac": BOB})["entries"]
        # The longest that there is.
        peer.sendto(encapsulated(FRAME + bytes(65_507 - HEADER - len(FRAME))), (OURS, PORT))
        wait_until(lambda: in_frames(lab) == 41, "it came in")
    assert remotes(lab)[THEIRS]["in_frames"] == 41 + 14


def test_what_the_network_has_sent_and_comes_back_is_told(lab):
    lab.join("alice", "10.0.0.1/24")
    lab.join("carol", "10.0.0.3/24")
    add(lab)
    with udp_socket(lab) as peer, packets_of(lab, "alice") as send:
        send(frame(ALICE, EVERYBODY))
        peer.sendto(peer.recv(2000), (OURS, PORT))
        wait_until(lambda: in_frames(lab) == 1, "it comes back, and no further round")
        entry, = lab.call("fdb.list", {"mac": ALICE})["entries"]
        assert entry["port"] == "net"


def test_refusals_say_what_is_wrong_with_which_field(lab):
    add(lab)

    def refusal(**params):
        before = lab.call("config.get")
        with pytest.raises(RpcError) as refused:
            add(lab, "p", **{"vni": 7, **params})
        assert lab.call("config.get") == before
        return refused.value

    for params, field in (({"vni": 1 << 24}, "vni"), ({"vni": -1}, "vni"), ({"vni": VNI}, "vni"),
                          ({"local": "localhost"}, "local"), ({"local": "224.0.0.1"}, "local"),
                          ({"remote": []}, "remote"), ({"remote": [OURS]}, "remote"),
                          ({"remote": ["127.0.0.2", "::1"]}, "remote"),
                          ({"remote": ["127.0.0.2", "127.0.0.2"]}, "remote"),
                          ({"remote": ["239.0.0.1"]}, "remote"),
                          ({"remote": ["0.0.0.0"]}, "remote"),
                          ({"udp_port": 0}, "udp_port"), ({"ttl": 0}, "ttl"),
                          ({"tos": 256}, "tos"), ({"tos": "some"}, "tos"),
                          ({"source_ports": "9-8"}, "source_ports"), ({"mtu": 1}, "mtu"),
                          ({"local": "0.0.0.0", "learn_remotes": True}, "local"),
                          ({"local": "::1", "remote": ["::2"], "checksum": False}, "checksum")):
        problem = refusal(**params).data
        assert problem["field"].startswith(field), params
    assert "local '192.0.2.1:4789'" in str(refusal(local="192.0.2.1"))
    assert "receives there already" in str(refusal(local="0.0.0.0", remote=["127.0.0.3"]))
    add(lab, "other", 8, local=THEIRS, remote=["127.0.0.3"])
    assert "frames would come in again" in str(refusal())


def test_address_of_another_program_is_refused(lab):
    """Also if that shares it with others, as the devices of Linux do."""
    lab.exec("switch", "ip", "link", "add", "theirs", "type", "vxlan", "id", 5, "dstport", PORT,
             "remote", "192.0.2.9", "local", "127.0.0.1", check=False)
    lab.exec("switch", "ip", "link", "set", "theirs", "up")
    with pytest.raises(RpcError) as refused:
        add(lab)
    assert refused.value.data["errno_name"] == "EADDRINUSE"
    lab.exec("switch", "ip", "link", "del", "theirs")
    shared = lab.in_namespace("switch", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    with shared:
        shared.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        shared.bind((OURS, PORT))
        with pytest.raises(RpcError) as refused:
            add(lab)
        assert refused.value.data["errno_name"] == "EADDRINUSE"
    add(lab)


def test_document_has_it_and_brings_it_back(lab):
    document = lab.call("config.get", {"format": "minimal"})
    wanted = {"type": "vxlan", "vni": 100, "local": OURS, "remote": [THEIRS, "127.0.0.3"],
              "udp_port": 8472, "source_ports": "50000-50003", "ttl": 7, "tos": "inherit",
              "checksum": False, "split_horizon": False, "mtu": 1400}
    document["switches"]["sw0"]["ports"]["net"] = wanted
    lab.call("config.apply", {"config": document, "mode": "replace"})
    again = lab.call("config.get", {"format": "minimal"})
    assert again["switches"]["sw0"]["ports"]["net"] == wanted
    assert lab.call("config.diff", {"config": again})["plan"] == []
    lab.take_over()
    assert lab.call("config.get", {"format": "minimal"}) == again
    with udp_socket(lab, port=8472) as peer:
        peer.sendto(encapsulated(FRAME), (OURS, 8472))
        wait_until(lambda: remotes(lab)[THEIRS]["in_frames"] == 1,
                   "the successor has the socket")


def test_datagrams_are_as_their_user_wants_them(lab):
    lab.join("alice", "10.0.0.1/24")
    add(lab, source_ports="50000-50001", ttl=7, tos="inherit")
    with udp_socket(lab) as peer:
        peer.setsockopt(socket.IPPROTO_IP, IP_RECVTTL, 1)
        peer.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)
        lab.ping("alice", "10.0.0.2")
        lab.exec("alice", "ip", "neigh", "replace", "10.0.0.2", "lladdr", BOB, "dev", "alice")
        # A class with marks of congestion, which do not go out: nobody could take them in again.
        lab.exec("alice", "ping", "-c", 1, "-W", 0.1, "-Q", "0xb9", "10.0.0.2", check=False)
        while True:
            data, words, _, source = peer.recvmsg(2000, 200)
            values = {kind: int.from_bytes(value[:1], "little") for _, kind, value in words}
            assert source[0] == OURS and source[1] in (50_000, 50_001)
            assert values[socket.IP_TTL] == 7
            if data[HEADER + 12:HEADER + 16] == b"\x08\x00\x45\xb9":
                assert values[socket.IP_TOS] == 0xb8
                break
            assert values[socket.IP_TOS] == 0


def test_flows_leave_by_different_ports_and_each_by_one(lab):
    lab.join("alice", "10.0.0.1/24")
    add(lab)
    lab.exec("alice", "ip", "neigh", "replace", "10.0.0.2", "lladdr", BOB, "dev", "alice")

    def sources():
        seen = {}
        sender = lab.in_namespace("alice", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        with sender:
            for port in [*range(1000, 1040)] * 2:
                sender.sendto(b"x", ("10.0.0.2", port))
                while True:
                    data, source = peer.recvfrom(2000)
                    if data[HEADER + 36:HEADER + 38] == port.to_bytes(2, "big"):
                        break
                seen.setdefault(port, set()).add(source[1])
        return seen

    with udp_socket(lab) as peer:
        by_flow = sources()
    assert all(len(ports) == 1 for ports in by_flow.values())
    assert 4 <= len(set.union(*by_flow.values())) <= 8


def test_frame_longer_than_the_way_takes_does_not_leave(lab):
    lab.exec("switch", "ip", "link", "set", "lo", "mtu", 1500)
    lab.join("alice", "10.0.0.1/24")
    assert add(lab)["link"]["mtu"] == 1450
    with udp_socket(lab) as peer, packets_of(lab, "alice") as send:
        send(frame(ALICE, EVERYBODY, size=1451))
        send(frame(ALICE, EVERYBODY, 7, size=1447))
        send(frame(ALICE, EVERYBODY, 7, size=1446))
        send(frame(ALICE, EVERYBODY, size=1450))
        assert len(peer.recv(2000)) == len(peer.recv(2000)) == 1450 + 14 + HEADER
    assert drops(lab, "net")["mtu_exceeded"] == 2
    lab.exec("switch", "ip", "link", "set", "lo", "mtu", 1400)
    wait_until(lambda: lab.call("port.get", {"name": "net"})["link"]["mtu"] == 1350,
               "the way has become narrower")


def test_remote_that_receives_nothing_is_told(lab):
    lab.join("alice", "10.0.0.1/24")
    add(lab)
    with packets_of(lab, "alice") as send:
        for _ in range(3):
            send(frame(ALICE, EVERYBODY))
        wait_until(lambda: remotes(lab)[THEIRS]["out_frames"] == 3, "all have left")
    assert remotes(lab)[THEIRS]["refused"] >= 1
    assert state(lab, "net") == "up"


def test_commands_say_what_is_no_remote(lab):
    words = ("port", "add", "p", "--local", "127.0.0.1", "--vni", 1, "--type", "vxlan", "--remote")
    for remote, complaint in (("host", "an address of IPv4 or IPv6"),
                              ("127.0.0.2:1", "an address of IPv4 or IPv6")):
        refused = lab.tapctl(*words, remote, check=False)
        assert refused.returncode != 0 and complaint in refused.stderr, refused.stderr
    refused = lab.tapctl("port", "add", "p", "--type", "udp", "--local", "127.0.0.1:10000",
                         "--remote", "127.0.0.1:1", "--remote", "127.0.0.1:2", check=False)
    assert refused.returncode != 0 and "--remote" in refused.stderr, refused.stderr


def test_commands_know_it(lab):
    lab.join("alice", "10.0.0.1/24")
    lab.tapctl("port", "add", "net", "--type", "vxlan", "--vni", VNI, "--remote", "127.0.0.2",
               "--remote", "127.0.0.3", "--local", OURS, "--udp-port", PORT, "--source-ports",
               "49152-65535", "--ttl", 64, "--tos", "inherit", "--checksum", "--learning", "no")
    port = json.loads(lab.tapctl("--json", "port", "get", "net").stdout)
    assert (port["type"], port["vni"], port["local"], port["remote"], port["learning"]) == \
        ("vxlan", VNI, OURS, ["127.0.0.2", "127.0.0.3"], False)
    assert port["tunnel"]["remotes"][1]["address"] == "127.0.0.3"
    traced = lab.call("frame.trace", {"port": "alice", "frame": {"src": ALICE, "dst": BOB}})
    assert [each["port"] for each in traced["egress"]] == ["net"]
