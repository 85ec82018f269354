# SPDX-License-Identifier: Apache-2.0
"""What strangers do to a daemon, for some seconds each, while a pair of stations pings and an
operator calls: neither notices anything, memory keeps its bound, SIGTERM ends the daemon.

Each attack found a fault once. It lasts TAPSWITCH_ATTACK_SECONDS (default 3; the nightly step of
tools/check has 30, and a tighter bound for the operator's calls). The strangers of sockets are
ordinary users."""

import contextlib
import ctypes
import json
import os
import random
import signal
import socket
import struct
import time

import pytest

from bystanders import IS_STRICT, NOBODY, Attackers, Bystanders, Reader
from lab import CLONE_NEWNET

# By night it has the machine for itself.
SECONDS_TO_END = 5 if IS_STRICT else 30
# A daemon with these ports and no client has this resident, with what all its sessions may hold.
MEMORY_MIB = 192
CROWD_OF_PORTS = 100
ETHERTYPE = {"ipv4": b"\x08\x00", "ipv6": b"\x86\xdd"}
SOL_PACKET, PACKET_VNET_HDR = 263, 15
VDE_MAGIC = 0xFEEDFACE


@pytest.fixture
def target(empty_lab):
    """A lab with stations alice and bob, the attacker's station mallory on a port that carries
    tags, and a door of each kind that strangers can reach: lab.readonly, lab.metrics, lab.machine,
    lab.vde."""
    lab = empty_lab
    lab.directory.chmod(0o711)
    lab.readonly = lab.directory / "readonly.sock"
    lab.metrics = lab.directory / "metrics.sock"
    lab.machine = lab.directory / "machine.sock"
    lab.vde = lab.directory / "vde"
    lab.start("--socket-readonly", lab.readonly, "--metrics", f"unix:{lab.metrics}")
    lab.metrics.chmod(0o666)
    lab.join("alice", "10.0.0.1/24")
    lab.join("bob", "10.0.0.2/24")
    lab.join("mallory", "10.0.0.66/24", vlan=66)
    lab.call("port.add", {"name": "machine", "type": "qemu", "listen": f"unix:{lab.machine}",
                          "socket_mode": "0666",
                          "vlan": {"mode": "trunk", "native": 1, "allowed": "1,66"}})
    lab.call("port.add", {"name": "lan", "type": "vde", "directory": str(lab.vde),
                          "socket_mode": "0777"})
    lab.call("port.add", {"name": "plain", "offload": False,
                          "vlan": {"mode": "trunk", "native": 1, "allowed": "1,66"}})
    return lab


def withstand(lab, attackers, memory_mib=MEMORY_MIB, meanwhile=lambda: None):
    """Has the attackers attack, and holds the daemon to its word, with SIGTERM at the end."""
    assert lab.ping("alice", "bob")
    with attackers:
        with Bystanders(lab) as bystanders:
            bystanders.watch(meanwhile)
        daemon = lab.daemon
        daemon.send_signal(signal.SIGTERM)
        began = time.monotonic()
        status = daemon.wait(SECONDS_TO_END)
        ended = time.monotonic() - began
    print(f"{bystanders.report()}; ended in {ended:.2f} s")
    attackers.assert_effective()
    assert status == 0, lab.log()
    assert ended < SECONDS_TO_END
    bystanders.assert_undisturbed(memory_mib)


def connect(path):
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(5)
    connection.connect(str(path))
    return connection


def batch(method, params, count=256):
    calls = [{"jsonrpc": "2.0", "id": number, "method": method, "params": params}
             for number in range(count)]
    return json.dumps(calls).encode() + b"\n"


# ---- frames ------------------------------------------------------------------------------------


def internet_frame(family, header_size, payload):
    """(frame, offset of TCP, size of its headers): TCP whose headers have 'header_size' bytes in
    all, as near as options and an extension header of IPv6 allow."""
    ethernet = b"\xff" * 6 + b"\x02\0\0\0\0\x66" + ETHERTYPE[family]
    room = max(0, header_size - 14 - 20 - (40 if family == "ipv6" else 20))
    options = b"\x01" * (room % 8 // 4 * 4)
    tcp = struct.pack("!HHIIBBHHH", 4711, 80, 1, 1, (20 + len(options)) << 2, 0x10, 1024, 0,
                      0) + options
    if family == "ipv6":
        extension_size = min(room // 8 * 8, 2048)
        extension = b""
        if extension_size >= 8:
            # Padding options fill it [RFC 8200 4.2].
            filling, left = b"", extension_size - 2
            while left:
                size = min(left, 255)
                filling += b"\0" if size == 1 else bytes([1, size - 2]) + bytes(size - 2)
                left -= size
            extension = bytes([6, extension_size // 8 - 1]) + filling
        length = len(extension) + len(tcp) + len(payload)
        network = struct.pack("!IHBB", 6 << 28, length & 0xFFFF, 0 if extension else 6, 64)
        network += bytes(15) + b"\x01" + bytes(15) + b"\x02" + extension
    else:
        options = b"\x01" * (min(room, 40) // 4 * 4)
        network = struct.pack("!BBHHHBBHII", 4 << 4 | (20 + len(options)) // 4, 0,
                              (20 + len(options) + len(tcp) + len(payload)) & 0xFFFF, 1, 0, 64, 6,
                              0, 0x0A000042, 0x0A0000FF) + options
    start = len(ethernet) + len(network)
    return ethernet + network + tcp + payload, start, start + len(tcp)


def virtio_header(flags, kind, size, segment, start, offset):
    return struct.pack("<BBHHHH", flags, kind, size, segment, start, offset)


def lying_frames(seed):
    """For ever: frames around every limit, with headers that tell the truth or lie."""
    chance = random.Random(seed)
    sizes = [14, 60, 1021, 1022, 1023, 1024, 1025, *range(54, 1100, 37)]
    while True:
        family = chance.choice(["ipv4", "ipv6"])
        payload = bytes(chance.choice([0, 1, 1000, 1448, 4000, 30_000, 64_000]))
        data, start, headers = internet_frame(family, chance.choice(sizes), payload)
        for _ in range(chance.choice([0, 0, 0, 1, 2, 5])):
            data = data[:12] + b"\x81\x00" + struct.pack("!H", 66) + data[12:]
            start, headers = start + 4, headers + 4
        kind = 1 if family == "ipv4" else 4
        truth = (1, kind, headers, chance.choice([1, 536, 1000, 1448]), start, 16)
        lie = (chance.choice([0, 1, 2, 3]), chance.choice([0, 1, 3, 4, 5, 0x81, 0x84]),
               chance.choice([0, 14, headers, 0xFFFF]), chance.choice([0, 1, 1448, 0xFFFF]),
               chance.choice([0, 13, 14, 33, 34, 38, start, 0xFFFF]),
               chance.choice([0, 6, 8, 16, 0xFFFF]))
        yield virtio_header(*(truth if chance.random() < 0.5 else lie)) + data


def test_lying_frames(target):
    namespace = f"/run/netns/{target.name_of('mallory')}"

    def attack(number, stop):
        with open(namespace, "rb") as there:
            # Python 3.11 has no os.setns().
            assert ctypes.CDLL(None).setns(there.fileno(), CLONE_NEWNET) == 0
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as station:
            station.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
            station.bind(("mallory", 0))
            sent = 0
            for data in lying_frames(number):
                if stop.is_set():
                    return sent
                with contextlib.suppress(OSError):  # the kernel refuses some of the lies itself
                    station.send(data)
                    sent += 1
                time.sleep(0.0005)

    target.call("port.set", {"name": "mallory", "mtu": 65521})
    # Somebody hears them behind the port without offloads and behind the socket of a machine.
    listener = connect(target.machine)
    Reader(listener)
    withstand(target, Attackers(attack))
    listener.close()


# ---- descriptors -------------------------------------------------------------------------------


def slow_to_close():
    """A TCP socket whose closing waits for its peer to read, and that peer, which does not."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        sender = socket.create_connection(server.getsockname())
        peer = server.accept()[0]
    sender.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            sender.send(bytes(1 << 16))
    sender.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 5))
    return sender, peer


def pass_slow_ones(path, first_bytes):
    """Attacks a stream socket: each connection brings a descriptor, and goes."""
    def attack(_, stop):
        tried = 0
        while not stop.is_set():
            sender, peer = slow_to_close()
            with contextlib.suppress(OSError), connect(path) as connection:
                tried += 1
                # Since Linux 6.16 the kernel refuses it by itself where the daemon wants none.
                socket.send_fds(connection, [first_bytes], [sender.fileno()])
                sender.close()
                connection.settimeout(0.2)
                connection.recv(1)
            sender.close()
            peer.close()
        return tried
    return attack


@pytest.mark.parametrize("door, first_bytes", [
    ("readonly.sock", b"{"), ("metrics.sock", b"GET"), ("machine.sock", b"\0\0\0\x3c"),
    ("vde/ctl", struct.pack("=I", VDE_MAGIC)),
], ids=["the read-only socket", "the metrics", "a machine's socket", "a VDE door"])
def test_descriptors_that_are_slow_to_close(target, door, first_bytes):
    withstand(target, Attackers(pass_slow_ones(target.directory / door, first_bytes), count=4,
                                uid=NOBODY))


# ---- sessions ----------------------------------------------------------------------------------


def test_dear_batches_on_the_readonly_socket(target):
    for number in range(CROWD_OF_PORTS):
        target.call("port.add", {"name": f"crowd{number}"})
    dear = batch("frame.trace", {"port": "alice", "frame": {
        "src": "02:00:00:00:00:66", "dst": "ff:ff:ff:ff:ff:ff", "ethertype": 2048}})

    def attack(_, stop):
        sent = 0
        while not stop.is_set():
            with contextlib.suppress(OSError), connect(target.readonly) as session:
                Reader(session)
                session.settimeout(0.2)
                while not stop.is_set():
                    session.sendall(dear)
                    sent += 1
        return sent

    withstand(target, Attackers(attack, count=20, uid=NOBODY))


def test_crowd_of_idle_sessions(target):
    def attack(_, stop):
        sessions = []
        while not stop.is_set():
            with contextlib.suppress(OSError):
                sessions.append(connect(target.readonly))
            if len(sessions) > 300:
                sessions.pop(random.randrange(len(sessions))).close()
            time.sleep(0.001)
        return len(sessions)

    withstand(target, Attackers(attack, count=2, uid=NOBODY))


def test_replies_that_nobody_reads(target):
    dear = batch("rpc.discover", {}, count=64)

    def attack(_, stop):
        sessions = []
        while not stop.is_set():
            with contextlib.suppress(OSError):
                session = connect(target.readonly)
                session.settimeout(0.05)
                sessions.append(session)
                session.sendall(dear)
            if len(sessions) > 300:
                sessions.pop(0).close()
        return len(sessions)

    withstand(target, Attackers(attack, count=2, uid=NOBODY))


def test_subscribers_that_never_read(target):
    subscribe = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "event.subscribe", "params": {
        "topics": ["port", "fdb", "stats", "log"], "snapshot": True}}).encode() + b"\n"

    def attack(_, stop):
        sessions = []
        with contextlib.suppress(OSError):
            for _ in range(30):
                session = connect(target.readonly)
                session.sendall(subscribe * 8)
                sessions.append(session)
        stop.wait()
        return len(sessions)

    withstand(target, Attackers(attack, count=2, uid=NOBODY))


def test_silent_connections_for_metrics(target):
    def scrape():
        with connect(target.metrics) as connection:
            connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(64).startswith(b"HTTP/1.1 200"), "a scrape was refused"

    def attack(_, stop):
        connections = []
        while not stop.is_set():
            with contextlib.suppress(OSError):
                connections.append(connect(target.metrics))
            if len(connections) > 40:
                connections.pop(0).close()
            time.sleep(0.02)
        return len(connections)

    withstand(target, Attackers(attack, count=2, uid=NOBODY), meanwhile=scrape)


# ---- doors -------------------------------------------------------------------------------------


def test_vde_requests_that_name_the_daemons_own_sockets(target):
    def ask(path):
        """Comes in by the door as the one whose datagram socket is 'path'; (session, answer)."""
        session = connect(target.vde / "ctl")
        request = struct.pack("=IIIH108s", VDE_MAGIC, 3, 0, socket.AF_UNIX, str(path).encode())
        session.sendall(request + b"mallory\0")
        with contextlib.suppress(OSError):
            answer = session.recv(256)
            return session, answer[2:].split(b"\0")[0].decode()
        return session, ""

    def attack(number, stop):
        own = f"/tmp/mallory-{os.getpid()}-{number}"
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as station:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(own)
            station.bind(own)
            os.chmod(own, 0o777)
            asked = 0
            while not stop.is_set():
                with contextlib.suppress(OSError), contextlib.ExitStack() as sessions:
                    path = own
                    for _ in range(4):
                        session, path = ask(path)
                        sessions.enter_context(session)
                        asked += 1
                        if not path:
                            break
                        with contextlib.suppress(OSError):
                            station.sendto(b"\xff" * 6 + b"\x02\0\0\0\0\x66\x88\xb5" + bytes(46),
                                           path)
                    time.sleep(0.05)
            os.unlink(own)
            return asked

    withstand(target, Attackers(attack, uid=NOBODY))


# ---- successors --------------------------------------------------------------------------------


def test_successors_under_traffic(empty_lab):
    lab = empty_lab
    lab.start()
    lab.join("alice", "10.0.0.1/24")
    lab.join("bob", "10.0.0.2/24")
    for number in range(CROWD_OF_PORTS):
        lab.call("port.add", {"name": f"crowd{number}"})
    taken = []

    def take_over():
        lab.take_over()
        taken.append(lab.daemon.pid)

    withstand(lab, Attackers(lambda number, stop: stop.wait()), meanwhile=take_over)
    assert len(taken) > 1
