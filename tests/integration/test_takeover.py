# SPDX-License-Identifier: Apache-2.0
"""tapswitchd --takeover: a successor takes the place of a daemon, and frames go on."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lab import program, run, status_at_end, wait_until
from rpc_client import RpcError
from transfer import Transfer, passed_through

sys.path.append(str(Path(__file__).resolve().parents[2] / "tools/python"))

import tapswitch  # noqa: E402

TAKEOVERS = 5


def take_all(path):
    """What a successor would be given: (words of a message, its descriptors), and the two sockets,
    whose other ends wait for it to be ready."""
    session = socket.socket(socket.AF_UNIX)
    session.connect(str(path))
    ours, theirs = socket.socketpair()
    request = {"jsonrpc": "2.0", "id": 1, "method": "system.hand_over", "params": {"fd": 0}}
    socket.send_fds(session, [json.dumps(request).encode() + b"\n"], [theirs.fileno()])
    theirs.close()
    return session, ours


def receive_all(ours):
    """The descriptors of all that a successor is told; the words are thrown away."""
    received, told = [], b""
    while b'{"about":"end"}\n' not in told:
        words, fds, _, _ = socket.recv_fds(ours, 65536, 65)
        assert words, "the daemon tells no more"
        received += fds
        told = (told + words)[-65536:]
    return received


def say_ready(ours):
    """From here on everything is the successor's."""
    ours.settimeout(15)
    ours.sendall(b"ready\n")
    assert ours.recv(64) == b"yours\n"


def answer_of(session):
    session.settimeout(15)
    with session.makefile("rb") as lines:
        return json.loads(lines.readline())


def interface_index(lab, short, interface):
    return json.loads(run("ip", "-n", lab.name_of(short), "-json", "link", "show",
                          interface).stdout)[0]["ifindex"]


def test_everything_is_there_afterwards(lab):
    lab.join("alice", "10.0.0.1/24", vlan=10, isolated=False)
    lab.join("bob", "10.0.0.2/24", vlan=10, persist=True)
    lab.call("switch.add", {"name": "sw1"})
    lab.call("port.add", {"name": "carol", "switch": "sw1", "offload": False})
    lab.call("vlan.set", {"switch": "sw0", "vid": 10, "name": "office"})
    lab.call("fdb.add", {"mac": "02:00:00:00:00:77", "vlan": 10, "port": "alice"})
    assert lab.ping("alice", "bob")
    index = interface_index(lab, "bob", "bob")
    before = lab.call("config.get")
    stations = lab.call("fdb.list", {"switch": "sw0"})["entries"]
    pid = lab.call("system.info")["pid"]

    lab.take_over()

    assert lab.call("system.info")["pid"] == lab.daemon.pid != pid
    assert lab.call("config.get") == before
    assert interface_index(lab, "bob", "bob") == index
    places = {(entry["mac"], entry["vlan"], entry["port"], entry["kind"]) for entry in stations}
    now = lab.call("fdb.list", {"switch": "sw0"})["entries"]
    assert places <= {(entry["mac"], entry["vlan"], entry["port"], entry["kind"]) for entry in now}
    assert Path(f"{lab.socket}.lock").read_text() == f"{lab.daemon.pid}\n"
    assert lab.ping("alice", "bob")
    lab.call("port.set", {"name": "alice", "mtu": 1400})
    assert lab.call("port.get", {"name": "alice"})["link"]["mtu"] == 1400
    lab.call("port.remove", {"name": "carol"})
    lab.call("port.remove", {"name": "bob"})
    assert (lab.name_of("bob"), "bob") in lab.taps(), "what was to persist does not"
    lab.stop(persistent=["bob"])
    assert not Path(f"{lab.socket}.lock").exists()


def told_times(lab):
    """What each successor has said: (ms for which both forwarded, ms that requests waited)."""
    return [tuple(map(float, times)) for times in
            re.findall(r"both forwarded for ([\d.]+) ms, requests waited ([\d.]+) ms", lab.log())]


def test_transfer_survives(lab, capsys):
    lab.join("alice", "10.0.0.1/24")
    lab.join("bob", "10.0.0.2/24")
    transfer = Transfer(lab, "alice", "bob", "10.0.0.2")
    takeovers = []
    try:
        for _ in range(TAKEOVERS):
            wait_until(lambda: passed_through(lab, "alice") > 10_000_000, "the transfer goes on")
            begin = time.monotonic()
            lab.take_over()
            takeovers.append((begin, time.monotonic()))
        wait_until(lambda: passed_through(lab, "alice") > 10_000_000, "the transfer goes on")
        size, stalls = transfer.end()
    finally:
        transfer.kill()
    within = [seconds for seconds, since in stalls
              for begin, end in takeovers if begin - seconds < since < end]
    outage = max(within, default=0) * 1000
    told = told_times(lab)
    with capsys.disabled():
        print(f"\n{size >> 20} MiB of TCP arrived whole across {TAKEOVERS} takeovers; the longest "
              f"outage was {outage:.1f} ms; the daemons say (ms of both forwarding, of requests "
              f"waiting): {told}")
    assert len(told) == TAKEOVERS and all(both > 0 for both, _ in told), lab.log()
    assert outage < 1000


def test_no_ping_is_lost(lab, capsys):
    lab.join("alice", "10.0.0.1/24")
    lab.join("bob", "10.0.0.2/24")
    done = lab.directory / "done"
    ping = "while [ ! -e $0 ]; do ping -q -n -c 200 -i 0.001 10.0.0.2; done"
    flood = subprocess.Popen(lab.command_in("alice", "sh", "-c", ping, done),
                             stdout=subprocess.DEVNULL)
    for _ in range(TAKEOVERS):
        wait_until(lambda: passed_through(lab, "alice") > 10_000, "pings cross")
        lab.take_over()
    wait_until(lambda: passed_through(lab, "alice") > 10_000, "pings cross")
    done.touch()
    assert flood.wait(timeout=60) in (0, 1)
    # The kernel is asked, for ping gives up an answer that comes a little late.
    sent = lab.icmp_of("alice")["OutEchos"]
    with capsys.disabled():
        print(f"\n{sent} pings, one a millisecond, across {TAKEOVERS} takeovers")
    assert sent >= 200
    wait_until(lambda: lab.icmp_of("alice")["InEchoReps"] == sent, "every ping is answered")


def test_successor_after_successor_leaves_nothing_behind(lab):
    lab.join("alice", "10.0.0.1/24")
    lab.join("bob", "10.0.0.2/24")
    lab.take_over()
    lab.call("system.info")
    before = lab.daemon_descriptors()
    for _ in range(5):
        lab.take_over()
    lab.call("system.info")
    wait_until(lambda: lab.daemon_descriptors() == before, "it has as many descriptors as before")
    assert lab.ping("alice", "bob")


def test_queues_passed_and_lost_taps_come_along(empty_lab):
    lab = empty_lab
    lab.start("--workers", "2")
    lab.join("alice", "10.0.0.1/24", queues=2)
    lab.namespace("bob")
    tap = lab.open_tap("bob", "vnet0")
    with tapswitch.Client(str(lab.socket), timeout=10) as client:
        client.port_add(name="bob", fd=0, fds=[tap], addresses=["10.0.0.2/24"])
    os.close(tap)
    lab.call("port.add", {"name": "gone"})
    run("ip", "-n", lab.switch, "link", "del", "gone")
    wait_until(lambda: lab.call("port.get", {"name": "gone"})["state"] == "lost", "it is lost")
    lab.take_over("--workers", "2")
    assert lab.call("port.get", {"name": "alice"})["queues"] == 2
    assert lab.call("port.get", {"name": "bob"})["passed"]
    wait_until(lambda: lab.call("port.get", {"name": "gone"})["state"] == "lost", "it is lost")
    assert lab.ping("alice", "10.0.0.2")


def test_offloads_that_the_far_end_has_turned_off_stay_off(lab):
    lab.join("alice", "10.0.0.1/24")
    lab.exec("alice", "ethtool", "-K", "alice", "tso", "off")
    before = lab.exec("alice", "ethtool", "-k", "alice").stdout
    assert "tcp-segmentation-offload: off" in before
    offloads = lab.call("port.get", {"name": "alice"})["offloads"]
    lab.take_over()
    assert lab.exec("alice", "ethtool", "-k", "alice").stdout == before
    assert lab.call("port.get", {"name": "alice"})["offloads"] == offloads


def test_patches_come_along(lab):
    lab.join("alice", "10.0.0.1/24")
    lab.call("switch.add", {"name": "sw1"})
    lab.join("bob", "10.0.0.2/24", switch="sw1")
    lab.call("port.add", {"name": "east", "switch": "sw0", "type": "patch", "peer": "west"})
    lab.call("port.add", {"name": "west", "switch": "sw1", "type": "patch", "peer": "east"})
    assert lab.ping("alice", "bob")
    before = lab.call("config.get")
    lab.take_over()
    assert lab.call("config.get") == before
    assert lab.ping("alice", "bob")


def test_port_that_cannot_be_handed_over_is_named(lab):
    lab.call("port.add", {"name": "vm", "type": "qemu", "listen": f"unix:{lab.directory}/vm.sock"})
    done = lab.exec("switch", program("TAPSWITCHD"), "--socket", lab.socket, "--takeover",
                    check=False)
    assert done.returncode == 1
    assert "port 'vm' is of type 'qemu'" in done.stderr, done.stderr
    assert lab.call("port.get", {"name": "vm"})["state"] == "no_carrier"


def test_sockets_come_along(empty_lab):
    lab = empty_lab
    read_only, metrics = lab.directory / "read-only.sock", lab.directory / "metrics.sock"
    lab.start("--socket-readonly", read_only, "--metrics", f"unix:{metrics}")
    lab.take_over()
    with tapswitch.Client(str(read_only), timeout=10) as client:
        assert client.system_info()["pid"] == lab.daemon.pid
        with pytest.raises(tapswitch.Refused) as refused:
            client.switch_add(name="sw1")
        assert refused.value.kind == "read_only"
    with socket.socket(socket.AF_UNIX) as scraper, scraper.makefile("rb") as answer:
        scraper.settimeout(10)
        scraper.connect(str(metrics))
        scraper.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert b"200" in answer.readline()
    lab.stop()
    assert not read_only.exists() and not metrics.exists()


def assert_old_daemon_ends(lab):
    daemon, lab.daemon = lab.daemon, None
    assert status_at_end(daemon, f"the old daemon does not end:\n{lab.log()}") == 0


def drop(session, ours, fds):
    """Closes what a successor has taken."""
    for each in (session, ours):
        each.close()
    for fd in fds:
        os.close(fd)


def test_slow_successor_does_not_keep_the_old_daemon(lab):
    """A second of the clock is over when it has handed over, and what is to be done each second
    waits to be done."""
    session, ours = take_all(lab.socket)
    fds = receive_all(ours)
    begin = time.monotonic()
    wait_until(lambda: time.monotonic() - begin > 1.5, "time goes on")
    say_ready(ours)
    assert_old_daemon_ends(lab)
    drop(session, ours, fds)


def test_successor_with_much_to_do_says_so_and_is_waited_for(lab):
    session, ours = take_all(lab.socket)
    fds = receive_all(ours)
    begin = time.monotonic()
    for second in range(1, 5):
        ours.sendall(b"busy\n")
        wait_until(lambda: time.monotonic() - begin > second, "time goes on")
    say_ready(ours)
    assert_old_daemon_ends(lab)
    drop(session, ours, fds)


def test_silent_successor_is_soon_given_up(lab):
    """Nobody else is answered meanwhile."""
    begin = time.monotonic()
    session, ours = take_all(lab.socket)
    answer = answer_of(session)
    assert answer["error"]["data"]["kind"] == "conflict", answer
    assert time.monotonic() - begin < 5
    for each in (session, ours):
        each.close()
    session, ours = take_all(lab.socket)
    begin = time.monotonic()
    lab.stop()
    assert time.monotonic() - begin < 5
    for each in (session, ours):
        each.close()


def test_old_daemon_takes_no_frame_that_is_its_successors(lab):
    """Also while it still waits for a client to read its replies."""
    lab.join("alice", "10.0.0.1/24")
    lab.join("bob", "10.0.0.2/24")
    assert lab.ping("alice", "bob")
    with socket.socket(socket.AF_UNIX) as slow:
        slow.connect(str(lab.socket))
        slow.sendall(b'{"jsonrpc": "2.0", "id": 1, "method": "rpc.discover"}\n' * 100)
        session, ours = take_all(lab.socket)
        fds = receive_all(ours)
        say_ready(ours)
        assert not lab.ping("alice", "bob"), "the old daemon forwards on"
        assert_old_daemon_ends(lab)
    drop(session, ours, fds)


def test_successor_that_dies_at_the_last_moment_changes_nothing(lab):
    """It is ready, and gone before it hears that all is its own."""
    lab.join("alice", "10.0.0.1/24")
    lab.join("bob", "10.0.0.2/24")
    session, ours = take_all(lab.socket)
    for fd in receive_all(ours):
        os.close(fd)
    ours.sendall(b"ready\n")
    ours.close()
    # Whether it went before or after the last word was sent is for the kernel to say.
    if "error" in answer_of(session):
        assert lab.ping("alice", "bob")
    else:
        daemon, lab.daemon = lab.daemon, None
        assert status_at_end(daemon, f"the old daemon does not end:\n{lab.log()}") == 0
    session.close()


@pytest.mark.parametrize("messages", [0, 1, 3])
def test_successor_that_dies_half_way_changes_nothing(lab, messages):
    lab.join("alice", "10.0.0.1/24")
    lab.join("bob", "10.0.0.2/24")
    before = lab.call("config.get")
    descriptors = lab.daemon_descriptors()
    session, ours = take_all(lab.socket)
    for _ in range(messages):
        _, fds, _, _ = socket.recv_fds(ours, 65536, 65)
        for fd in fds:
            os.close(fd)
    ours.close()
    answer = answer_of(session)
    session.close()
    assert answer["error"]["data"]["kind"] == "conflict", answer
    assert lab.call("config.get") == before
    assert lab.ping("alice", "bob")
    wait_until(lambda: lab.daemon_descriptors() == descriptors, "nothing is left open")
    lab.take_over()
    assert lab.ping("alice", "bob")


def test_successor_that_says_nonsense_changes_nothing(lab):
    session, ours = take_all(lab.socket)
    ours.sendall(b"what?\n")
    assert answer_of(session)["error"]["data"]["kind"] == "conflict"
    ours.close()
    session.close()
    assert lab.call("system.info")["pid"] == lab.daemon.pid


def test_descriptor_that_is_no_socket_is_refused(lab):
    with tapswitch.Client(str(lab.socket), timeout=10) as client, open("/dev/null", "rb") as file:
        with pytest.raises(tapswitch.Refused) as refused:
            client.system_hand_over(fd=0, fds=[file.fileno()])
        assert refused.value.data["field"] == "fd"


def test_read_only_socket_and_strangers_get_nothing(empty_lab):
    read_only = empty_lab.directory / "read-only.sock"
    empty_lab.start("--socket-readonly", read_only)
    try:
        session, ours = take_all(read_only)
    except PermissionError:
        pass  # since Linux 6.16 nobody can pass a descriptor there
    else:
        assert answer_of(session)["error"]["data"]["kind"] == "read_only"
        ours.close()
        session.close()
    os.chmod(empty_lab.directory, 0o755)
    os.chmod(empty_lab.socket, 0o666)
    done = run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all",
               program("TAPSWITCHD"), "--socket", empty_lab.socket, "--takeover", check=False)
    assert done.returncode == 1
    assert "only root" in done.stderr, done.stderr


def test_nobody_to_take_over_from_is_said(empty_lab):
    done = run(program("TAPSWITCHD"), "--socket", empty_lab.socket, "--takeover", check=False)
    assert done.returncode == 1
    assert "no daemon" in done.stderr, done.stderr


def test_successor_in_another_namespace_is_sent_back(lab):
    done = run(program("TAPSWITCHD"), "--socket", lab.socket, "--takeover", check=False)
    assert done.returncode == 1
    assert f"nsenter --net=/proc/{lab.daemon.pid}/ns/net" in done.stderr, done.stderr
    assert lab.call("system.info")["pid"] == lab.daemon.pid


def test_successor_that_cannot_begin_ends_alone(lab):
    """Its second socket is taken by something else."""
    lab.join("alice", "10.0.0.1/24")
    lab.join("bob", "10.0.0.2/24")
    obstacle = lab.directory / "file"
    obstacle.write_text("no socket")
    done = lab.exec("switch", program("TAPSWITCHD"), "--socket", lab.socket, "--takeover",
                    "--socket-readonly", obstacle, check=False)
    assert done.returncode == 1 and "is not a socket" in done.stderr
    assert lab.call("system.info")["pid"] == lab.daemon.pid
    assert lab.ping("alice", "bob")
    assert Path(f"{lab.socket}.lock").read_text() == f"{lab.daemon.pid}\n"


def test_document_of_the_daemon_counts_and_not_the_file(empty_lab):
    file = empty_lab.directory / "lab.json"
    file.write_text(json.dumps({"version": 1, "switches": {"sw0": {"ports": {"old": {}}}}}))
    empty_lab.start("--config", file)
    empty_lab.call("port.remove", {"name": "old"})
    empty_lab.call("port.add", {"name": "new"})
    revision = empty_lab.call("system.info")["revision"]
    empty_lab.take_over("--config", file, "--autosave")
    assert [port["name"] for port in empty_lab.call("port.list")["ports"]] == ["new"]
    assert empty_lab.call("system.info")["revision"] == revision
    with pytest.raises(RpcError):
        empty_lab.call("port.add", {"name": "new"})
    empty_lab.call("port.add", {"name": "newer"})
    assert set(json.loads(file.read_text())["switches"]["sw0"]["ports"]) == {"new", "newer"}
