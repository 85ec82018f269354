# SPDX-License-Identifier: Apache-2.0
"""How tapswitchd begins and ends, and what it says when it cannot."""

import json
import os
import random
import resource
import signal
import socket
import stat
import subprocess
import threading
import time

import pytest

from lab import DEADLINE, program, run, status_at_end, wait_until
from rpc_client import RpcClient, RpcError, listens


def tapswitchd(*options, before=()):
    """Runs it to its end and returns what subprocess.run() does."""
    return run(*before, program("TAPSWITCHD"), *options, check=False)


@pytest.mark.parametrize("options, says", [
    (("--workers", "0"), "--workers"),
    (("--workers", "many"), "--workers"),
    (("--workers", "-1"), "--workers: -1 is out of range (1..64)"),
    (("--busy-poll", "-1"), "--busy-poll: -1 is out of range (0..10000 microseconds)"),
    (("--log-level", "loud"), "--log-level"),
    (("--no-such-option",), "no-such-option"),
    (("word",), "positional"),
    (("--port", "a b"), "--port"),
])
def test_wrong_usage_is_told_and_ends_with_2(empty_lab, options, says):
    done = tapswitchd("--socket", empty_lab.socket, *options)
    assert done.returncode == 2, done
    assert says in done.stderr
    assert not empty_lab.socket.exists()


def test_help_and_version_are_no_errors():
    for option, says in (("--help", "--socket"), ("--version", "tapswitchd")):
        done = tapswitchd(option)
        assert (done.returncode, done.stderr) == (0, "")
        assert says in done.stdout


def test_reader_of_an_answer_may_leave_and_a_full_disk_is_told():
    words = [program("TAPSWITCHD"), "--print-schema"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as writing:
        writing.stdout.close()
        assert (writing.stderr.read(), writing.wait()) == (b"", 0)
    with open("/dev/full", "wb") as full:
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (
        1, "tapswitchd: cannot write: No space left on device\n")


def test_ports_on_the_command_line_are_on_sw0(empty_lab):
    empty_lab.start("--port", "left", "--port", "right")
    ports = empty_lab.call("port.list")["ports"]
    assert [(port["name"], port["switch"]) for port in ports] == [("left", "sw0"), ("right", "sw0")]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_it_in_good_order(lab, number):
    lab.join("alice", "10.0.0.1/24")
    lab.daemon.send_signal(number)
    assert lab.daemon.wait(10) == 0
    assert not lab.socket.exists()
    assert not lab.socket.with_suffix(".sock.lock").exists()
    assert lab.taps() == []


def test_end_of_its_terminal_ends_it_in_good_order(empty_lab):
    empty_lab.start(under=("env", "--default-signal=HUP"))
    empty_lab.daemon.send_signal(signal.SIGHUP)
    assert empty_lab.daemon.wait(10) == 0
    assert not empty_lab.socket.exists()


def test_end_of_its_terminal_is_ignored_under_nohup(empty_lab):
    empty_lab.start(under=("env", "--ignore-signal=HUP"))
    empty_lab.daemon.send_signal(signal.SIGHUP)
    empty_lab.call("system.info")
    empty_lab.stop()


def test_shutdown_is_answered_before_it_ends(lab):
    with lab.client() as client:
        assert client.call("system.shutdown") == {}
        with pytest.raises(EOFError):
            client.read()
    assert lab.daemon.wait(10) == 0


def test_change_asked_for_behind_the_shutdown_is_refused(lab):
    client = lab.client()
    client.send_bytes(b"".join(
        json.dumps({"jsonrpc": "2.0", "id": method, "method": method, "params": params}).encode()
        + b"\n" for method, params in (("system.shutdown", {}),
                                       ("vlan.set", {"vid": 7, "name": "seven"}),
                                       ("vlan.list", {}))))
    assert client.read()["result"] == {}
    assert client.read()["error"]["data"] == {"kind": "shutting_down"}
    assert client.read()["result"]["vlans"] == []
    with pytest.raises(EOFError):
        client.read()
    assert lab.daemon.wait(10) == 0


def test_shutdown_at_the_end_of_a_slow_batch_ends_it(lab):
    """A second of the clock is over when it comes to that, and what is to be done each second waits
    to be done."""
    client = lab.client()
    begin = time.monotonic()
    client.call("rpc.discover")
    count = min(255, int(1.5 / (time.monotonic() - begin)) + 1)
    dear = {"jsonrpc": "2.0", "method": "rpc.discover"}
    client.send([dear] * count + [{"jsonrpc": "2.0", "id": 1, "method": "system.shutdown"}])
    assert client.read() == [{"jsonrpc": "2.0", "id": 1, "result": {}}]
    assert status_at_end(lab.daemon, f"it does not end:\n{lab.log()}") == 0


def allow_more_memory(daemon, size):
    """That many bytes of address space more than it has now."""
    with open(f"/proc/{daemon.pid}/statm", encoding="ascii") as statm:
        pages = int(statm.read().split()[0])
    limit = pages * resource.getpagesize() + size
    resource.prlimit(daemon.pid, resource.RLIMIT_AS, (limit, limit))


@pytest.mark.not_sanitized
@pytest.mark.parametrize("kilobytes", [100, 300, 1_000, 5_000, 9_000])
def test_want_of_memory_refuses_captures_and_leaves_the_daemon(lab, kilobytes):
    line = b'{"jsonrpc": "2.0", "id": 1, "method": "capture.start", "params": {"fd": 0}}\n'
    with socket.socket(socket.AF_UNIX) as session, open("/dev/null", "wb") as nowhere:
        session.settimeout(DEADLINE)
        session.connect(str(lab.socket))
        replies = session.makefile("rb")
        allow_more_memory(lab.daemon, kilobytes << 10)
        for _ in range(8):
            socket.send_fds(session, [line], [nowhere.fileno()])
            reply = replies.readline()
            if not reply:
                break  # the session was ended for want of memory
            reply = json.loads(reply)
            assert "result" in reply or reply["error"]["data"]["kind"] in (
                "limit_reached", "kernel_refused"), reply
    wait_until(lambda: lab.call("system.info")["pid"] == lab.daemon.pid, "it answers")


@pytest.mark.not_sanitized
@pytest.mark.parametrize("kilobytes", range(100, 460, 8))
def test_want_of_memory_while_a_document_is_read_leaves_the_daemon(lab, kilobytes):
    lab.call("port.add", {"name": "door", "type": "vde", "directory": str(lab.directory / "door")})
    vlans = {str(vid): {"name": "n" * 20} for vid in range(2, 300)}
    switches = {f"s{number}": {"vlans": vlans, "ports": {
        f"s{number}p{port}": {"type": "qemu", "listen": f"unix:/tmp/{number}-{port}"}
        for port in range(20)}} for number in range(4)}
    allow_more_memory(lab.daemon, kilobytes << 10)
    for _ in range(4):
        try:
            lab.call("config.diff", {"config": {"version": 1, "switches": switches}})
        except RpcError as refused:
            assert refused.kind == "limit_reached", refused
        except (OSError, EOFError):
            pass  # the session was ended
    wait_until(lambda: lab.call("system.info")["pid"] == lab.daemon.pid, "it answers")


@pytest.mark.not_sanitized  # a sanitizer takes all the address space there is
def test_want_of_memory_ends_sessions_and_not_the_daemon(lab):
    lab.join("alice", "10.0.0.1/24")
    lab.join("bob", "10.0.0.2/24")
    allow_more_memory(lab.daemon, 24 << 20)
    with pytest.raises(RpcError) as refused:
        lab.call("switch.add", {"name": "large", "fdb": {"capacity": 1_048_576}})
    assert refused.value.kind == "limit_reached"
    assert "memory" in refused.value.message
    clients = [lab.client() for _ in range(200)]
    for client in clients:
        try:
            client.send_bytes(b" " * 1_000_000)  # of a line that does not end
        except OSError:
            pass  # it was ended
    for client in clients:
        client.close()
    wait_until(lambda: lab.call("system.info")["pid"] == lab.daemon.pid, "it answers")
    assert lab.ping("alice", "bob")


def test_sigterm_at_any_moment_leaves_nothing(empty_lab):
    def add_ports():
        try:
            with RpcClient(empty_lab.socket) as client:
                for number in range(100):
                    client.call("port.add", {"name": f"p{number}"})
        except (OSError, EOFError, RpcError):
            pass  # the daemon has ended, as it should

    chance = random.Random(4711)
    for _ in range(20):
        empty_lab.start()
        adding = threading.Thread(target=add_ports)
        adding.start()
        ports_at_the_end = chance.randrange(12)
        wait_until(lambda count=ports_at_the_end: len(empty_lab.taps()) >= count, "ports are added")
        empty_lab.stop()  # checks that nothing is left
        adding.join()


def test_socket_of_a_killed_daemon_is_replaced(lab):
    lab.daemon.kill()
    lab.daemon.wait()
    lab.daemon = None
    assert lab.socket.exists()
    lab.start()
    assert lab.call("system.info")["pid"] == lab.daemon.pid


def test_second_daemon_is_told_of_the_first(lab):
    done = tapswitchd("--socket", lab.socket)
    assert done.returncode == 1
    assert f"already running, pid {lab.daemon.pid}" in done.stderr
    assert lab.call("system.info")["pid"] == lab.daemon.pid


@pytest.mark.parametrize("obstacle", ["file", "symlink", "directory"])
def test_what_is_no_socket_is_not_replaced(empty_lab, obstacle):
    target = empty_lab.directory / "precious"
    target.write_text("precious")
    if obstacle == "file":
        empty_lab.socket.write_text("precious")
    elif obstacle == "symlink":
        empty_lab.socket.symlink_to(target)
    else:
        empty_lab.socket.mkdir()
    done = tapswitchd("--socket", empty_lab.socket)
    assert done.returncode == 1
    assert "is not a socket" in done.stderr
    assert target.read_text() == "precious"
    assert os.path.lexists(empty_lab.socket)


def test_socket_has_the_mode_and_group_that_were_asked_for(empty_lab):
    place = empty_lab.directory / "made" / "control.sock"
    empty_lab.socket = place
    empty_lab.start("--socket-group", "daemon")
    status = place.stat()
    assert stat.S_IMODE(status.st_mode) == 0o660
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o750
    assert status.st_gid == int(run("getent", "group", "daemon").stdout.split(":")[2])


def test_read_only_socket_answers_but_changes_nothing(empty_lab):
    public = empty_lab.directory / "public.sock"
    empty_lab.start("--socket-readonly", public)
    assert stat.S_IMODE(public.stat().st_mode) == 0o666
    with RpcClient(public) as client:
        assert client.call("port.list") == {"ports": []}
        with pytest.raises(RpcError) as refusal:
            client.call("port.add", {"name": "p"})
        assert refusal.value.kind == "read_only"
    assert empty_lab.taps() == []


def test_change_is_logged_with_the_user_who_made_it(lab):
    lab.call("switch.add", {"name": "sw7"})
    wait_until(lambda: "switch.add" in lab.log(), "the change is logged")
    line = next(line for line in lab.log().splitlines() if "switch.add" in line)
    assert "uid 0" in line and "sw7" in line


def test_missing_capability_is_named_with_the_way_to_grant_it(empty_lab):
    without = ("setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin")
    done = tapswitchd("--socket", empty_lab.socket, "--port", "p", before=without)
    assert done.returncode == 1
    assert "CAP_NET_ADMIN" in done.stderr
    assert "setcap" in done.stderr or "sudo" in done.stderr


def test_missing_device_is_named(empty_lab):
    command = f"mount -t tmpfs none /dev/net && exec {program('TAPSWITCHD')} --port p " \
              f"--socket {empty_lab.socket}"
    done = run("unshare", "--mount", "sh", "-c", command, check=False)
    assert done.returncode == 1
    assert "/dev/net/tun" in done.stderr


def test_daemon_without_any_right_still_answers(empty_lab):
    without = ["setpriv", "--bounding-set=-net_admin", "--inh-caps=-net_admin"]
    daemon = subprocess.Popen([*without, program("TAPSWITCHD"), "--socket", str(empty_lab.socket)],
                              stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: listens(empty_lab.socket), "it listens")
        with pytest.raises(RpcError) as refusal:
            empty_lab.call("port.add", {"name": "p"})
        assert refusal.value.kind == "permission_denied"
        assert refusal.value.data["missing"] == "CAP_NET_ADMIN"
        assert empty_lab.call("port.list") == {"ports": []}
    finally:
        daemon.terminate()
        assert daemon.wait(10) == 0
