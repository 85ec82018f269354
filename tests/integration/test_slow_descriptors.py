# SPDX-License-Identifier: Apache-2.0
"""Nobody is held up by descriptors that come with a message unasked for, and whose end waits for a
peer that does not read: by none of the sockets, whether the kernel refuses them or not."""

import contextlib
import socket
import struct
import time

import pytest

from lab import older_kernel, wait_until
from rpc_client import RpcClient
from slow_descriptors import SlowDescriptors, kernel_can_refuse
from test_qemu import FRAME, framed

# More than the threads that may wait for them.
MANY = 20

# An answer that had to wait for such a descriptor would take as long as the linger time. Seconds; far
# more than an answer takes on a busy machine.
SOON = 5.0

INFO = b'{"jsonrpc":"2.0","id":1,"method":"system.info"}\n'


@pytest.fixture(params=["newest", "older"])
def attacked(request, empty_lab):
    """A lab with two stations, on a kernel that refuses descriptors and on one that does not."""
    lab = empty_lab
    lab.refuses = request.param == "newest" and kernel_can_refuse()
    lab.read_only = lab.directory / "read-only.sock"
    lab.metrics = lab.directory / "metrics.sock"
    lab.start("--socket-readonly", lab.read_only, "--metrics", f"unix:{lab.metrics}",
              environment=older_kernel("passrights") if request.param == "older" else {})
    lab.join("alice", "10.0.0.1/24")
    lab.join("bob", "10.0.0.2/24")
    return lab


@pytest.fixture
def slow(attacked):
    with SlowDescriptors(attacked.daemon) as made:
        yield made


def check_all_is_well(lab):
    for _ in range(3):
        began = time.monotonic()
        lab.call("system.info")
        assert lab.ping("alice", "bob", "-W", "5")
        assert time.monotonic() - began < 2 * SOON


@contextlib.contextmanager
def connected(path):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(str(path))
        yield connection


@pytest.mark.parametrize("count", [1, 17, 40])
def test_by_the_control_socket(attacked, slow, count):
    """Few enough for a line to have, too many, and more than can be waited for at once."""
    with connected(attacked.socket) as connection:
        assert slow.send(connection, INFO, count)
        assert connection.recv(1)
        check_all_is_well(attacked)
    check_all_is_well(attacked)


def test_with_a_request_that_does_not_want_them(attacked, slow):
    line = (b'{"jsonrpc":"2.0","id":1,"method":"port.add","params":{"name":"x","type":"tap",'
            b'"fd":0}}\n')
    with connected(attacked.socket) as connection:
        assert slow.send(connection, line)
        assert b"and no TAP" in connection.recv(1 << 16)
    check_all_is_well(attacked)


def test_with_a_line_that_is_never_answered(attacked, slow):
    for _ in range(MANY):
        with connected(attacked.socket) as connection:
            assert slow.send(connection, b"half a li")
    check_all_is_well(attacked)


def test_behind_a_line_that_ends_the_session(attacked, slow):
    with connected(attacked.socket) as connection:
        connection.sendall(b"x" * ((1 << 20) + 1))
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for words in (b"more", b"and more"):
                wait_until(lambda words=words: can_send(slow, connection, words), "there is room")
        check_all_is_well(attacked)
    check_all_is_well(attacked)


def test_in_a_session_that_does_not_read(attacked, slow):
    """They are in the kernel's queue when the session ends."""
    with connected(attacked.socket) as connection:
        # The answers are more than may be unsent.
        connection.sendall(b'{"jsonrpc":"2.0","id":1,"method":"rpc.discover"}\n' * 100)
        wait_until(lambda: can_send(slow, connection, b"\n"), "there is room for a message")
    check_all_is_well(attacked)


def can_send(slow, connection, words):
    connection.setblocking(False)
    try:
        return slow.send(connection, words)
    except BlockingIOError:
        return False


def test_with_an_urgent_byte(attacked, slow):
    """The kernel drops one that a reader passes over."""
    path = attacked.directory / "vm.sock"
    attacked.call("port.add", {"name": "vm", "type": "qemu", "listen": f"unix:{path}"})
    for place in (attacked.socket, attacked.read_only, attacked.metrics, path):
        with connected(place) as connection:
            is_refused = attacked.refuses and place != attacked.socket
            assert slow.send(connection, b"x", flags=socket.MSG_OOB) != is_refused
            connection.sendall(b"more\n")
            check_all_is_well(attacked)
    check_all_is_well(attacked)


@pytest.mark.parametrize("entrance", ["read_only", "metrics"])
def test_by_a_socket_for_anybody(attacked, slow, entrance):
    path = getattr(attacked, entrance)
    request = INFO if entrance == "read_only" else b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
    for _ in range(MANY):
        with connected(path) as connection:
            assert slow.send(connection, request) != attacked.refuses
            if not attacked.refuses:
                assert connection.recv(1)
    for _ in range(MANY):
        with connected(path) as connection:
            slow.send(connection, b"half")
    check_all_is_well(attacked)


def test_by_a_stream_of_a_machine(attacked, slow):
    path = attacked.directory / "vm.sock"
    attacked.call("port.add", {"name": "vm", "type": "qemu", "listen": f"unix:{path}"})
    with connected(path) as peer, connected(path) as next_peer:
        assert slow.send(peer, framed(FRAME)) != attacked.refuses
        # The one that is turned away may be quicker.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            slow.send(next_peer, framed(FRAME))
        if not attacked.refuses:
            wait_until(lambda: frames_in(attacked, "vm") >= 1, "the frame is received")
        check_all_is_well(attacked)
        attacked.call("port.remove", {"name": "vm"})
        check_all_is_well(attacked)


def test_by_a_stream_to_which_the_port_connects(attacked, slow):
    path = attacked.directory / "vm.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        listener.settimeout(10)
        attacked.call("port.add", {"name": "vm", "type": "qemu", "connect": f"unix:{path}",
                                   "reconnect_seconds": 1})
        with listener.accept()[0] as peer:
            assert slow.send(peer, framed(FRAME)) != attacked.refuses
            # And one with which the port hangs up.
            slow.send(peer, bytes(4))
            if not attacked.refuses:
                assert peer.recv(1) == b""
    check_all_is_well(attacked)


def test_by_datagrams_of_a_machine(attacked, slow):
    path = attacked.directory / "vm.sock"
    attacked.call("port.add", {"name": "vm", "type": "qemu", "datagram": {
        "local": str(path), "remote": str(attacked.directory / "far.sock")}})
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as peer:
        for count in (1, 2, 3):
            assert slow.send(peer, FRAME, count, path) != attacked.refuses
    if not attacked.refuses:
        wait_until(lambda: frames_in(attacked, "vm") >= 3, "the frames are received")
    check_all_is_well(attacked)
    attacked.call("port.remove", {"name": "vm"})
    check_all_is_well(attacked)


def test_by_a_client_of_vde(attacked, slow):
    directory = attacked.directory / "vde"
    attacked.call("port.add", {"name": "lan", "type": "vde", "directory": str(directory)})
    with connected(directory / "ctl") as caller:
        assert slow.send(caller, b"\0" * 300) != attacked.refuses  # is hung up on
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as data, \
            connected(directory / "ctl") as caller:
        own = attacked.directory / "client.sock"
        data.bind(str(own))
        address = struct.pack("=H108s", socket.AF_UNIX, str(own).encode())
        caller.sendall(struct.pack("=III", 0xFEEDFACE, 3, 0) + address + b"a test\0")
        theirs = caller.recv(110)[2:].split(b"\0")[0].decode()
        assert slow.send(data, FRAME, 2, theirs) != attacked.refuses
        assert slow.send(caller, b"x") != attacked.refuses
        check_all_is_well(attacked)
        wait_until(lambda: attacked.call("port.list")["ports"], "the guest is there")
    wait_until(lambda: all("door" not in port for port in attacked.call("port.list")["ports"]),
               "the guest is gone")
    check_all_is_well(attacked)


@pytest.mark.parametrize("attacked", ["older"], indirect=True)
def test_beyond_what_may_wait_a_stranger_waits_and_the_operator_does_not(attacked, slow):
    """Descriptors are cheap for who passes them: one that is slow to close, many times."""
    before = attacked.daemon_descriptors()
    most = 253  # SCM_MAX_FD
    with contextlib.ExitStack() as stack:
        strangers = [stack.enter_context(connected(attacked.read_only)) for _ in range(8)]
        with slow.stopped():
            for stranger in strangers:
                assert slow.send(stranger, INFO, most)
        # From the fifth on there are too many.
        wait_until(lambda: answered(strangers) >= 5, "five are answered")
        check_all_is_well(attacked)
        assert answered(strangers) <= 6
    check_all_is_well(attacked)
    assert attacked.daemon_descriptors() < before + 1_024 + 2 * most
    with RpcClient(attacked.socket) as operator:
        assert operator.call("system.info")


def answered(connections):
    count = 0
    for connection in connections:
        connection.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            count += connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) != b""
    return count


def frames_in(lab, port):
    return lab.call("stats.get", {"port": port})["ports"][port]["in_octets"] // len(FRAME)
