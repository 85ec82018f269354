# SPDX-License-Identifier: Apache-2.0
"""Streams of TCP and UDP arrive whole, whatever each port finishes by itself.

The kernel is sender, receiver and judge here: it cuts nothing for a TAP with offloads, checks every
checksum, and drops what it does not like.
"""

import contextlib
import fcntl
import itertools
import os
import struct
import subprocess

import pytest

from lab import older_kernel, run, wait_until

MEGABYTES = 24
DATAGRAMS = 400
DATAGRAM_SIZE = 1200

RECEIVE_STREAM = """
import hashlib, socket, sys
server = socket.create_server((sys.argv[1], 5001), family=int(sys.argv[2]))
print("ready", flush=True)
connection, _ = server.accept()
digest, size = hashlib.sha256(), 0
while data := connection.recv(1 << 20):
    digest.update(data)
    size += len(data)
print(size, digest.hexdigest())
"""
SEND_STREAM = """
import hashlib, random, socket, sys
stream = random.Random(1)
connection = socket.create_connection((sys.argv[1], 5001))
digest, size = hashlib.sha256(), 0
for _ in range(int(sys.argv[2])):
    data = stream.randbytes(1 << 20)
    connection.sendall(data)
    digest.update(data)
    size += len(data)
print(size, digest.hexdigest())
"""
# Each datagram tells its number; many are given to the kernel at once (UDP_SEGMENT).
RECEIVE_DATAGRAMS = """
import socket, sys
count, size = int(sys.argv[3]), int(sys.argv[4])
server = socket.socket(int(sys.argv[2]), socket.SOCK_DGRAM)
SO_RCVBUFFORCE = 33
server.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 26)
server.bind((sys.argv[1], 5001))
server.settimeout(10)
print("ready", flush=True)
for number in range(count):
    data = server.recv(65536)
    assert data == number.to_bytes(4, "big") * (size // 4), (number, len(data), data[:8])
print("all")
"""
SEND_DATAGRAMS = """
import socket, sys
count, size = int(sys.argv[2]), int(sys.argv[3])
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
client = socket.socket(family, socket.SOCK_DGRAM)
SOL_UDP, UDP_SEGMENT = 17, 103
client.setsockopt(SOL_UDP, UDP_SEGMENT, size)
client.connect((sys.argv[1], 5001))
numbers = iter(range(count))
while batch := [number for _, number in zip(range(40), numbers)]:
    client.send(b"".join(number.to_bytes(4, "big") * (size // 4) for number in batch))
"""

EITHER = (True, False)
IPV4 = ("10.0.0.1/24", "10.0.0.2/24")
IPV6 = ("fd00::1/64", "fd00::2/64")
BOTH_WAYS = [("alice", "bob"), ("bob", "alice")]


def python(lab, short, script, *arguments):
    """Starts a script in a namespace; its first line says that it is ready."""
    process = subprocess.Popen(lab.command_in(short, "python3", "-c", script, *arguments),
                               stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "ready\n"
    return process


def host(address):
    return address.split("/")[0]


def family_of(address):
    return 10 if ":" in address else 2


def sent_and_received(lab, source, to, address, megabytes=MEGABYTES):
    receiver = python(lab, to, RECEIVE_STREAM, host(address), family_of(address))
    sent = lab.exec(source, "python3", "-c", SEND_STREAM, host(address), megabytes,
                    timeout=30).stdout
    received, _ = receiver.communicate(timeout=30)
    return sent, received


def check_streams_of_three(lab, addresses, offload):
    """Streams between alice, bob and carol arrive whole. Those to alice leave by her port uncut if
    it has the offload, cut if not; in any case hers come in uncut."""
    for source, to in (("alice", "bob"), ("bob", "alice"), ("alice", "carol"), ("carol", "alice")):
        sent, received = sent_and_received(lab, source, to, addresses[to])
        assert sent == received
    counters = lab.call("stats.get", {"port": "alice"})["ports"]["alice"]
    size = counters["out_octets"] / (counters["out_unicast"] + counters["out_broadcast"])
    assert (size > 3000) == offload, size


def datagrams_arrive(lab, source, to, address):
    receiver = python(lab, to, RECEIVE_DATAGRAMS, host(address), family_of(address), DATAGRAMS,
                      DATAGRAM_SIZE)
    lab.exec(source, "python3", "-c", SEND_DATAGRAMS, host(address), DATAGRAMS, DATAGRAM_SIZE)
    output, _ = receiver.communicate(timeout=30)
    return output == "all\n"


def join(lab, short, addresses, offload, **params):
    """A station with addresses of both families, which need no detection of duplicates."""
    lab.join(short, addresses[0], offload=offload, **params)
    lab.exec(short, "sysctl", "-qw", f"net.ipv6.conf.{short}.disable_ipv6=0")
    lab.exec(short, "ip", "address", "add", addresses[1], "dev", short, "nodad")


def check_streams(lab, source, to, addresses):
    for address in addresses:
        sent, received = sent_and_received(lab, source, to, address)
        assert sent == received
        assert datagrams_arrive(lab, source, to, address)


def check_no_drops(lab):
    """None but what a first port, alone on its switch, has nowhere to send."""
    for name, port in lab.call("stats.get")["ports"].items():
        assert set(port["drops"]) <= {"no_egress"}, name


@pytest.mark.parametrize("offloads", itertools.product(EITHER, EITHER))
def test_streams_cross_between_ports_with_and_without(lab, offloads):
    join(lab, "alice", (IPV4[0], IPV6[0]), offloads[0])
    join(lab, "bob", (IPV4[1], IPV6[1]), offloads[1])
    check_streams(lab, "alice", "bob", (IPV4[1], IPV6[1]))
    check_streams(lab, "bob", "alice", (IPV4[0], IPV6[0]))
    check_no_drops(lab)
    for short, offload in zip(("alice", "bob"), offloads):
        port = lab.call("port.get", {"name": short})
        assert port["offload"] is offload
        assert ("tso4" in port["offloads"]) is offload


@pytest.mark.parametrize("offloads", itertools.product(EITHER, EITHER))
def test_streams_cross_a_trunk(lab, offloads):
    """Two switches, joined by TAPs under a bridge of the kernel's: it too must like what is tagged
    on the way."""
    station, trunk = offloads
    lab.call("switch.add", {"name": "sw1"})
    run("ip", "-n", lab.switch, "link", "add", "trunk", "type", "bridge")
    lab.exec("switch", "sysctl", "-qw", "net.bridge.bridge-nf-call-iptables=0",
             "net.bridge.bridge-nf-call-ip6tables=0", check=False)  # a module that may be absent
    for name, switch in (("t0", "sw0"), ("t1", "sw1")):
        lab.call("port.add", {"name": name, "switch": switch, "offload": trunk,
                              "vlan": {"mode": "trunk", "native": None, "allowed": "10"}})
        run("ip", "-n", lab.switch, "link", "set", name, "master", "trunk")
    run("ip", "-n", lab.switch, "link", "set", "trunk", "up")
    join(lab, "alice", (IPV4[0], IPV6[0]), station, switch="sw0", vlan=10)
    join(lab, "bob", (IPV4[1], IPV6[1]), station, switch="sw1", vlan=10)
    wait_until(lambda: lab.ping("alice", "bob"), "the bridge forwards")
    check_streams(lab, "alice", "bob", (IPV4[1], IPV6[1]))


def test_station_that_changes_its_offloads_under_a_transfer(lab):
    lab.join("alice", IPV4[0])
    lab.join("bob", IPV4[1])
    receiver = python(lab, "bob", RECEIVE_STREAM, host(IPV4[1]), family_of(IPV4[1]))
    sender = subprocess.Popen(
        lab.command_in("alice", "python3", "-c", SEND_STREAM, host(IPV4[1]), 200),
        stdout=subprocess.PIPE, text=True)
    changes = 0
    for short, (feature, state) in itertools.cycle(
            itertools.product(("alice", "bob"), itertools.product(("tso", "tx"), ("off", "on")))):
        if sender.poll() is not None:
            break
        lab.exec(short, "ethtool", "-K", short, feature, state)
        changes += 1
    assert sender.communicate(timeout=60)[0] == receiver.communicate(timeout=60)[0]
    assert changes > 4
    check_no_drops(lab)


def mean_size(lab, short, before):
    """Of the frames that left by a port since."""
    now = counters(lab, short)
    return (now["out_octets"] - before["out_octets"]) / (now["out_unicast"] - before["out_unicast"])


def counters(lab, short):
    return lab.call("stats.get", {"port": short})["ports"][short]


def test_offloads_of_an_open_tap_change(lab):
    join(lab, "alice", (IPV4[0], IPV6[0]), True)
    join(lab, "bob", (IPV4[1], IPV6[1]), False)
    assert lab.ping("alice", "bob")
    index = lab.exec("bob", "cat", "/sys/class/net/bob/ifindex", check=False).stdout
    for offload in (True, False, True):
        port = lab.call("port.set", {"name": "bob", "offload": offload})
        assert port["offload"] is offload and ("tso4" in port["offloads"]) is offload
        before = counters(lab, "bob")
        check_streams(lab, "alice", "bob", (IPV4[1],))
        assert (mean_size(lab, "bob", before) > 2000) is offload
        check_streams(lab, "bob", "alice", (IPV4[0], IPV6[0]))
        features = lab.exec("bob", "ethtool", "-k", "bob").stdout
        assert ("tcp-segmentation-offload: on" in features) is offload
    assert lab.exec("bob", "cat", "/sys/class/net/bob/ifindex", check=False).stdout == index
    document = lab.call("config.get")
    document["switches"]["sw0"]["ports"]["bob"]["offload"] = False
    plan = lab.call("config.apply", {"config": document})["plan"]
    assert plan == [{"step": "~ offload of bob: true -> false", "disturbs": True}]
    check_streams(lab, "alice", "bob", (IPV4[1],))
    check_no_drops(lab)


@pytest.mark.parametrize("missing, left, notice", [
    ("tunnels", ["checksum", "tso4", "tso6", "tso_ecn", "uso"], "lack offloads for tunnels"),
    ("uso", ["checksum", "tso4", "tso6", "tso_ecn"], "lack UDP segmentation"),
    ("vnet_header", [], "have no offloads"),
])
def test_older_kernel(empty_lab, missing, left, notice):
    """A library between the daemon and the kernel says no as an older kernel would."""
    lab = empty_lab
    lab.start(environment=older_kernel(missing))
    join(lab, "alice", (IPV4[0], IPV6[0]), True)
    join(lab, "bob", (IPV4[1], IPV6[1]), True)
    assert lab.call("port.get", {"name": "bob"})["offloads"] == left
    assert lab.call("system.info")["offloads"] == left
    assert lab.log().count(notice) == 1
    check_streams(lab, "alice", "bob", (IPV4[1], IPV6[1]))


TUNSETOFFLOAD, TUNSETVNETHDRSZ, TUNSETPERSIST = 0x400454D0, 0x400454D8, 0x400454CB
EVERY_OFFLOAD = 0x1FF  # with those inside tunnels (Linux 6.17), for which a header has 24 octets


def test_tap_whose_owner_had_offloads_in_tunnels_is_adopted(lab):
    """As it was, no frame could be read behind a shorter header, not even an ARP."""
    lab.namespace("alice")
    tap = lab.open_tap("alice", "alice")
    try:
        fcntl.ioctl(tap, TUNSETVNETHDRSZ, struct.pack("i", 24))
        with contextlib.suppress(OSError):  # an older kernel knows them not
            fcntl.ioctl(tap, TUNSETOFFLOAD, EVERY_OFFLOAD)
        fcntl.ioctl(tap, TUNSETPERSIST, 1)
    finally:
        os.close(tap)
    lab.call("port.add", {"name": "alice", "namespace": lab.name_of("alice"),
                          "addresses": [IPV4[0]]})
    lab.join("bob", IPV4[1])
    check_streams(lab, "alice", "bob", (IPV4[1],))
    check_streams(lab, "bob", "alice", (IPV4[0],))
    check_no_drops(lab)
    lab.stop(persistent=("alice",))
