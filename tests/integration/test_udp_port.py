# SPDX-License-Identifier: Apache-2.0
"""Ports of type udp: a frame a datagram, between two daemons, with virtual machines of QEMU and with
VPCS, and with programs that send what none of them would."""

import contextlib
import json
import os
import pty
import selectors
import socket
import subprocess
import threading

import pytest

from frames import ALICE, BOB, EVERYBODY, frame
from lab import DEADLINE, Lab, die_with_the_test, drops, program, state, wait_until
from machine import Machine
from rpc_client import RpcError, listens
from sites import Sited, lay_cable
from transfer import measured_by_iperf3

OURS, THEIRS = ("127.0.0.1", 10_000), ("127.0.0.1", 10_001)
FRAME = frame(ALICE, EVERYBODY)


def text_of(address):
    return f"[{address[0]}]:{address[1]}" if ":" in address[0] else "%s:%d" % address


def add(lab, name="far", local=OURS, remote=THEIRS, **params):
    return lab.call("port.add", {"name": name, "type": "udp", "local": text_of(local),
                                 "remote": text_of(remote), **params})


def udp_socket(lab, at=None):
    """A socket where the lab's daemon is."""
    made = lab.in_namespace("switch", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    made.settimeout(DEADLINE)
    if at:
        made.bind(at)
    return made


def in_frames(lab, name="far"):
    counters = lab.call("stats.get", {"port": name})["ports"][name]
    return sum(counters[f"in_{kind}"] for kind in ("unicast", "multicast", "broadcast"))


# ---- two daemons ---------------------------------------------------------------------------------


@pytest.fixture
def sites(lab):
    """Two daemons, each in a namespace of its own, and a cable between these: 192.0.2.1 is the
    first, .2 the second, or 2001:db8::1 and ::2."""
    other = Lab()
    try:
        other.start()
        lay_cable(lab, "switch", other, "switch")
        yield lab, other
        other.stop()
    finally:
        other.remove()


def join_sites(lab, other, one, two, **params):
    add(lab, local=(one, 10_000), remote=(two, 10_001), **params)
    add(other, local=(two, 10_001), remote=(one, 10_000), **params)
    lab.join("alice", "10.0.0.1/24")
    other.join("bob", "10.0.0.2/24")


@pytest.mark.parametrize("one, two", [("192.0.2.1", "192.0.2.2"), ("2001:db8::1", "2001:db8::2")])
def test_two_daemons_are_one_network(sites, one, two):
    lab, other = sites
    join_sites(lab, other, one, two)
    assert lab.ping("alice", "10.0.0.2") and other.ping("bob", "10.0.0.1")
    # A full frame and its datagram are longer than the MTU of the cable: the kernel fragments.
    assert lab.ping("alice", "10.0.0.2", "-s", 1472, "-M", "do")
    for reverse in ((), ("-R",)):
        report = measured_by_iperf3(Sited(lab, other), "alice", "bob", "10.0.0.2", "-t", 1,
                                    *reverse)
        assert report["sum_received"]["bytes"] > 0
    for site in sites:
        assert set(drops(site, "far")) <= {"busy", "no_egress"}, drops(site, "far")
        assert state(site, "far") == "up"


def test_successor_has_the_socket(sites):
    lab, other = sites
    join_sites(lab, other, "192.0.2.1", "192.0.2.2", mtu=1400)
    assert lab.ping("alice", "10.0.0.2")
    before = lab.call("config.get")
    lab.take_over()
    assert lab.call("config.get") == before
    assert lab.ping("alice", "10.0.0.2") and other.ping("bob", "10.0.0.1")
    assert lab.call("port.get", {"name": "far"})["link"]["mtu"] == 1400
    lab.call("port.remove", {"name": "far"})
    add(lab, local=("192.0.2.1", 10_000), remote=("192.0.2.2", 10_001))
    assert lab.ping("alice", "10.0.0.2")


# ---- others' programs ----------------------------------------------------------------------------

NETDEVS = {
    "dgram": "dgram,id=n,local.type=inet,local.host={0[0]},local.port={0[1]},"
             "remote.type=inet,remote.host={1[0]},remote.port={1[1]}",
    "socket": "socket,id=n,udp={1[0]}:{1[1]},localaddr={0[0]}:{0[1]}",
}


@pytest.mark.parametrize("netdev", NETDEVS)
def test_machine_of_qemu_plugs_in(lab, netdev):
    lab.join("host", "10.0.0.1/24")
    add(lab)
    with Machine("vm", "10.0.0.2/24", NETDEVS[netdev].format(THEIRS, OURS),
                 command_prefix=lab.command_in("switch")) as machine:
        machine.wait_until_ready()
        assert machine.run("ping -c 2 -W 10 10.0.0.1"), machine.console
        assert machine.run("ping -c 1 -W 10 -s 1472 10.0.0.1"), machine.console
        assert lab.exec("host", "ping", "-n", "-c", 2, "-W", 10, "10.0.0.2",
                        timeout=60).returncode == 0


class Vpcs:
    """A host of VPCS at THEIRS, which wants a terminal. Use it in a 'with'."""

    def __init__(self, lab):
        self._terminal, its_end = pty.openpty()
        self._process = subprocess.Popen(
            lab.command_in("switch", "vpcs", "-i", 1, "-s", THEIRS[1], "-c", OURS[1], "-t", OURS[0]),
            stdin=its_end, stdout=its_end, stderr=its_end, cwd=lab.directory,
            preexec_fn=die_with_the_test)
        os.close(its_end)
        self._said = ""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        os.close(self._terminal)

    def says(self, words):
        """Waits until it has said them."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._terminal, selectors.EVENT_READ)
            while words not in self._said:
                assert selector.select(DEADLINE), f"not '{words}':\n{self._said}"
                self._said += os.read(self._terminal, 4096).decode(errors="replace")
        self._said = self._said.partition(words)[2]

    def do(self, command):
        self.says("VPCS>")
        os.write(self._terminal, f"{command}\r".encode())


def test_vpcs_plugs_in(lab):
    lab.join("host", "10.0.0.1/24")
    add(lab)
    with Vpcs(lab) as host:
        host.do("ip 10.0.0.3/24")
        host.says("PC1 : 10.0.0.3")
        host.do("ping 10.0.0.1 -c 2")
        host.says("10.0.0.1 icmp_seq=2 ttl=64")
        assert lab.ping("host", "10.0.0.3")
    assert set(drops(lab, "far")) <= {"link_down", "no_egress"}


# ---- what goes wrong -----------------------------------------------------------------------------


def test_what_strangers_send_is_counted_and_goes_nowhere(lab):
    lab.join("host", "10.0.0.1/24")
    add(lab)
    with udp_socket(lab) as stranger:
        for _ in range(3):
            stranger.sendto(FRAME, OURS)
    wait_until(lambda: drops(lab, "far").get("foreign_sender") == 3, "all are counted")
    assert in_frames(lab) == 0
    assert not lab.call("fdb.list", {"port": "far"})["entries"]


def test_datagrams_of_any_length_are_frames_or_are_counted(lab):
    lab.join("host", "10.0.0.1/24")
    add(lab)
    with udp_socket(lab, THEIRS) as peer:
        for size in range(61):
            peer.sendto((FRAME + bytes(60))[:size], OURS)
        wait_until(lambda: drops(lab, "far").get("runt") == 14 and in_frames(lab) == 47,
                   "each is one or the other")
        # The longest that there is: no station here takes it, and it came in whole.
        peer.sendto(FRAME + bytes(65_507 - len(FRAME)), OURS)
        wait_until(lambda: in_frames(lab) == 48, "it came in")
        counters = lab.call("stats.get", {"port": "far"})["ports"]["far"]
        assert counters["in_octets"] == sum(range(61)) + 65_507
        assert drops(lab, "host").get("mtu_exceeded") == 1


def test_nobody_at_the_other_end_is_told_and_waited_for(lab):
    """The kernel tells of some of the frames that were not taken: not of more than a few a second."""
    lab.join("host", "10.0.0.1/24")
    add(lab)
    lab.ping("host", "10.0.0.77")
    wait_until(lambda: drops(lab, "far").get("link_down", 0) > 0, "it is counted")
    assert state(lab, "far") == "up"
    with udp_socket(lab, THEIRS) as peer:
        lab.ping("host", "10.0.0.77")
        assert peer.recv(2000)[:6] == b"\xff" * 6
        peer.sendto(FRAME, OURS)
        wait_until(lambda: in_frames(lab) == 1, "it came in")


def send_back(peer):
    """Returns each frame, until the socket hears of no further one."""
    peer.settimeout(2)
    with contextlib.suppress(TimeoutError):
        while True:
            peer.sendto(peer.recv(2000), OURS)


def test_frames_that_come_back_go_round_once_and_are_told(lab):
    lab.join("alice", "10.0.0.1/24")
    lab.join("bob", "10.0.0.2/24")
    add(lab)
    reader = lab.client()
    reader.call("event.subscribe", {"topics": ["fdb"]})
    with udp_socket(lab, THEIRS) as peer:
        echo = threading.Thread(target=send_back, args=[peer])
        echo.start()
        # Whoever sends seems to move to where it is heard last.
        lab.exec("alice", "ping", "-n", "-q", "-c", 20, "-i", 0.05, "-W", 1, "10.0.0.2", check=False)
        while reader.read()["params"]["event"] != "flapping":
            pass
        echo.join()
    assert drops(lab, "far").get("same_port", 0) > 0


def test_refusals_say_what_is_wrong_with_which_field(lab):
    add(lab)

    def refusal(**params):
        before = lab.call("config.get")
        with pytest.raises(RpcError) as refused:
            lab.call("port.add", {"name": "p", "type": "udp", "local": "127.0.0.1:11000",
                                  "remote": "127.0.0.1:11001", **params})
        assert lab.call("config.get") == before
        return refused.value

    for params, field in (({"local": "127.0.0.1:0"}, "local"),
                          ({"remote": "localhost:7"}, "remote"),
                          ({"remote": "127.0.0.1:11000"}, "remote"),
                          ({"remote": "[::1]:7"}, "remote"),
                          ({"remote": "224.0.0.1:7"}, "remote"),
                          ({"remote": "255.255.255.255:7"}, "remote"),
                          ({"remote": "0.0.0.0:7"}, "remote"),
                          ({"mtu": 1}, "mtu"), ({"offload": True}, "offload"),
                          ({"local": text_of(OURS)}, "local")):
        assert refusal(**params).data["field"] == field, params
    assert "remote '127.255.255.255:7'" in str(refusal(remote="127.255.255.255:7"))
    assert "local '192.0.2.1:7'" in str(refusal(local="192.0.2.1:7"))
    assert "receives there already" in str(refusal(local="0.0.0.0:10000"))
    # Each broadcast would come back for ever.
    assert "frames would come in again" in str(refusal(remote=text_of(OURS)))


def test_address_that_others_have_is_refused_and_free_later(lab):
    with udp_socket(lab, OURS):
        with pytest.raises(RpcError) as refused:
            add(lab)
        assert refused.value.data["errno_name"] == "EADDRINUSE"
    add(lab)
    lab.call("port.set", {"name": "far", "carrier": False})
    udp_socket(lab, OURS).close()
    lab.call("port.set", {"name": "far", "carrier": True})
    assert state(lab, "far") == "up"


def test_document_has_it_and_brings_it_back(lab):
    document = lab.call("config.get", {"format": "minimal"})
    wanted = {"type": "udp", "local": "0.0.0.0:10000", "remote": "127.0.0.1:10001", "mtu": 1400}
    document["switches"]["sw0"]["ports"]["far"] = wanted
    lab.call("config.apply", {"config": document, "mode": "replace"})
    again = lab.call("config.get", {"format": "minimal"})
    assert again["switches"]["sw0"]["ports"]["far"] == wanted
    assert lab.call("config.diff", {"config": again})["plan"] == []
    wanted["remote"] = "127.0.0.1:10002"
    lab.call("config.apply", {"config": document, "mode": "replace"})
    assert lab.call("port.get", {"name": "far"})["remote"] == "127.0.0.1:10002"


def test_frames_that_nobody_took_are_counted_under_conditions_too(lab):
    lab.join("host", "10.0.0.1/24")
    add(lab, conditions={"delay": "1ms", "in": {"delay": "1ms"}})
    lab.ping("host", "10.0.0.77")
    wait_until(lambda: drops(lab, "far").get("link_down", 0) > 0, "it is counted")


def test_trace_and_commands_know_it(lab):
    lab.join("host", "10.0.0.1/24")
    lab.tapctl("port", "add", "far", "--type", "udp", "--local", "127.0.0.1:10000", "--remote",
               "127.0.0.1:10001", "--mtu", 1400)
    port = json.loads(lab.tapctl("--json", "port", "get", "far").stdout)
    assert (port["type"], port["local"], port["remote"], port["link"]["mtu"], port["offloads"]) == \
        ("udp", "127.0.0.1:10000", "127.0.0.1:10001", 1400, [])
    traced = lab.call("frame.trace", {"port": "host", "frame": {"src": ALICE, "dst": BOB}})
    assert [each["port"] for each in traced["egress"]] == ["far"]


def test_without_any_privilege(empty_lab):
    """A daemon that may do nothing has such ports, and needs nothing for that."""
    lab = empty_lab
    without = lab.command_in("switch", "setpriv", "--bounding-set=-all", "--inh-caps=-all")
    with subprocess.Popen([*without, program("TAPSWITCHD"), "--socket", lab.socket],
                          stderr=subprocess.DEVNULL, preexec_fn=die_with_the_test) as daemon:
        try:
            wait_until(lambda: listens(lab.socket), "it listens")
            add(lab)
            add(lab, "near", ("127.0.0.1", 10_002), ("127.0.0.1", 10_003))
            with udp_socket(lab, THEIRS) as one, udp_socket(lab, ("127.0.0.1", 10_003)) as two:
                one.sendto(FRAME, OURS)
                assert two.recv(2000) == FRAME
            with pytest.raises(RpcError) as refused:
                add(lab, "low", ("127.0.0.1", 7))
            assert "ip_unprivileged_port_start" in refused.value.message
        finally:
            daemon.terminate()
            assert daemon.wait(10) == 0
