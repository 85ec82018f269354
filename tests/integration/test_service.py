# SPDX-License-Identifier: Apache-2.0
"""tapswitchd as a service: what the service manager and it say to each other, what it gives up, and
what still works then."""

import fcntl
import os
import re
import socket
import subprocess
from pathlib import Path

import pytest

from lab import IS_SANITIZED, program, run, wait_until
from rpc_client import RpcClient, RpcError, listens

F_SETPIPE_SZ = 1031  # in fcntl since Python 3.10

# Runs a program with the pid that LISTEN_PID is to name.
WITH_SOCKETS = ["sh", "-c", 'LISTEN_PID=$$ exec "$@"', "sh"]


def status_of(lab):
    """{field: value} of /proc/PID/status of a daemon that has answered, so is done with its start."""
    pid = lab.call("system.info")["pid"]
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def capabilities(mask):
    """The names of the capabilities in a mask of /proc/PID/status."""
    names = run("setpriv", "--list-caps").stdout.split()
    return {name for number, name in enumerate(names) if int(mask, 16) >> number & 1}


class Notifications:
    """The service manager's end of sd_notify(3)."""

    def __init__(self, directory):
        self.path = directory / "notify"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.settimeout(10)
        self._socket.bind(str(self.path))

    def next(self):
        return self._socket.recv(4096).decode()

    def until(self, word):
        while word not in (words := self.next()):
            pass
        return words

    def close(self):
        self._socket.close()


@pytest.fixture
def notifications(empty_lab):
    notifications = Notifications(empty_lab.directory)
    yield notifications
    notifications.close()


def test_service_manager_hears_that_it_is_ready_alive_and_ends(empty_lab, notifications):
    empty_lab.start(environment={"NOTIFY_SOCKET": str(notifications.path)}.items())
    assert str(empty_lab.socket) in notifications.until("READY=1")
    notifications.until("WATCHDOG=1")
    notifications.until("WATCHDOG=1")
    empty_lab.stop()
    notifications.until("STOPPING=1")


class Activated:
    """A daemon that was given its sockets, in the lab's namespace."""

    def __init__(self, lab, names, *options):
        self.sockets = {}
        for name in names:
            listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            listening.bind(str(lab.directory / f"{name}.sock"))
            listening.listen()
            self.sockets[name] = listening
        given = [listening.fileno() for listening in self.sockets.values()]

        def pass_sockets():
            for number, fd in enumerate([os.dup(fd) for fd in given]):
                os.dup2(fd, 3 + number)

        environment = {**os.environ, "LISTEN_FDS": str(len(names)),
                       "LISTEN_FDNAMES": ":".join(names)}
        self.log = lab.directory / "activated.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [*lab.command_in("switch", *WITH_SOCKETS), program("TAPSWITCHD"), *options],
                env=environment, preexec_fn=pass_sockets, close_fds=False, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log)

    def stop(self):
        self.process.terminate()
        assert self.process.wait(10) == 0, self.log.read_text()
        for listening in self.sockets.values():
            listening.close()


def test_sockets_of_the_service_manager_are_used_and_left(empty_lab):
    daemon = Activated(empty_lab, ["control", "readonly"])
    path = empty_lab.directory / "control.sock"
    with RpcClient(path) as client:
        assert client.call("system.info")["socket"] == str(path)
        client.call("port.add", {"name": "p"})
    with RpcClient(empty_lab.directory / "readonly.sock") as client:
        with pytest.raises(RpcError) as refusal:
            client.call("port.remove", {"name": "p"})
        assert refusal.value.kind == "read_only"
    daemon.stop()
    assert path.exists()
    assert not path.with_suffix(".sock.lock").exists()


def test_client_that_comes_while_no_daemon_runs_is_answered_by_the_next(empty_lab):
    first = Activated(empty_lab, ["control"])
    path = empty_lab.directory / "control.sock"
    with RpcClient(path) as client:
        client.call("system.info")
    first.process.terminate()
    assert first.process.wait(10) == 0
    with RpcClient(path) as waiting:  # the socket listens on
        second = Activated.__new__(Activated)
        second.sockets = {}
        second.log = empty_lab.directory / "second.log"
        fd = first.sockets["control"].fileno()
        second.process = subprocess.Popen(
            [*WITH_SOCKETS, program("TAPSWITCHD")], env={**os.environ, "LISTEN_FDS": "1"},
            preexec_fn=lambda: os.dup2(fd, 3), close_fds=False, stderr=subprocess.DEVNULL)
        assert waiting.call("system.info")["pid"] == second.process.pid
    second.stop()
    first.sockets["control"].close()


def test_what_is_no_listening_socket_is_refused(empty_lab):
    with open("/dev/null", "rb") as nothing:
        done = subprocess.run([*WITH_SOCKETS, program("TAPSWITCHD")],
                              env={**os.environ, "LISTEN_FDS": "1"}, close_fds=False, timeout=10,
                              preexec_fn=lambda: os.dup2(nothing.fileno(), 3), text=True,
                              capture_output=True, check=False)
    assert done.returncode == 1
    assert "is no Unix socket that listens" in done.stderr


def test_gives_up_what_it_does_not_need(lab):
    status = status_of(lab)
    kept = {"net_admin", "net_raw", "net_broadcast", "sys_admin", "sys_ptrace", "dac_override",
            "chown"}
    for mask in ("CapEff", "CapPrm", "CapBnd"):
        assert capabilities(status[mask]) <= kept, mask
    assert "net_admin" in capabilities(status["CapEff"])
    assert status["NoNewPrivs"] == "1"
    if not IS_SANITIZED:
        assert status["Seccomp"] == "2"
    # A port in another namespace, adding of which takes the most.
    lab.join("alice", "10.0.0.1/24", owner="nobody")
    lab.call("port.set", {"name": "alice", "mtu": 1400})


def test_every_thread_has_given_it_up(empty_lab):
    empty_lab.start("--workers", "3")
    of_process = status_of(empty_lab)
    tasks = list(Path(f"/proc/{empty_lab.daemon.pid}/task").iterdir())
    assert len(tasks) >= 4
    for task in tasks:
        text = (task / "status").read_text(encoding="ascii")
        for field in ("CapEff", "CapBnd", "NoNewPrivs", "Seccomp"):
            assert re.search(rf"^{field}:\s*(\S+)", text, re.M)[1] == of_process[field], field


def test_filter_of_system_calls_can_be_left_out(empty_lab):
    empty_lab.start("--no-seccomp")
    assert status_of(empty_lab)["Seccomp"] == "0"


# udev makes the device so that everybody may open it; where there is no udev it is root's.
WITH_TUN = ["unshare", "--mount", "sh", "-c", 'mknod -m 0666 "$0" c 10 200 && '
            'mount --bind "$0" /dev/net/tun && chmod 0666 /dev/net/tun && exec "$@"']


def as_service_user(directory, *granted):
    """The words that run a program as the unit does: no root, and these capabilities alone."""
    plus = ",".join(f"+{name}" for name in granted)
    return [*WITH_TUN, str(directory / "tun"), "setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--no-new-privs",
            f"--inh-caps=-all,{plus}", f"--ambient-caps=-all,{plus}", f"--bounding-set=-all,{plus}"]


@pytest.mark.parametrize("granted", [("net_admin",), ("net_admin", "sys_admin")])
def test_net_admin_alone_serves_its_own_namespace(empty_lab, granted):
    empty_lab.directory.chmod(0o777)
    other = empty_lab.namespace("other")
    daemon = subprocess.Popen(
        empty_lab.command_in("switch", *as_service_user(empty_lab.directory, *granted),
                             program("TAPSWITCHD"),
                             "--socket", empty_lab.socket), stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: listens(empty_lab.socket), "it listens")
        empty_lab.call("port.add", {"name": "here", "addresses": ["10.0.0.1/24"], "mtu": 1400})
        may_enter = empty_lab.call("system.info")["kernel"]["namespaces"]
        assert may_enter == ("sys_admin" in granted)
        there = {"name": "there", "namespace": other, "addresses": ["10.0.0.2/24"]}
        if "sys_admin" in granted:
            assert empty_lab.call("port.add", there)["state"] == "up"
        else:
            with pytest.raises(RpcError) as refusal:
                empty_lab.call("port.add", there)
            assert refusal.value.kind == "permission_denied"
            assert refusal.value.data["missing"] == "CAP_SYS_ADMIN"
    finally:
        daemon.terminate()
        assert daemon.wait(10) == 0


def test_lines_for_the_journal_have_a_priority_and_no_time(empty_lab):
    empty_lab._log.touch()
    status = empty_lab._log.stat()
    journal = f"{status.st_dev}:{status.st_ino}"
    empty_lab.start(environment={"JOURNAL_STREAM": journal}.items())
    wait_until(lambda: "answers on" in empty_lab.log(), "it has logged")
    assert re.match(r"<6>tapswitchd \S+ answers on ", empty_lab.log())


def test_other_lines_have_a_time(empty_lab):
    empty_lab.start(environment={"JOURNAL_STREAM": "1:2"}.items())
    wait_until(lambda: "answers on" in empty_lab.log(), "it has logged")
    assert re.match(r"\[20\d\d-", empty_lab.log())


def test_log_that_nobody_reads_stops_nothing(empty_lab):
    lab = empty_lab
    reader, writer = os.pipe()
    fcntl.fcntl(writer, F_SETPIPE_SZ, 8192)
    words = lab.command_in("switch", program("TAPSWITCHD"), "--socket", lab.socket)
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stderr=writer) as daemon:
        try:
            wait_until(lambda: listens(lab.socket), "it listens")
            with RpcClient(lab.socket) as client:
                for vid in range(2, 102):
                    client.call("vlan.set", {"vid": vid, "name": "a-name-that-takes-some-room"})
            os.read(reader, 1 << 16)
            lab.call("vlan.set", {"vid": 102, "name": "last"})
            later = os.read(reader, 1 << 16).decode()
            assert re.search(r"\d+ lines are left out here.*\n.*last", later), later
        finally:
            daemon.terminate()
            try:
                assert daemon.wait(10) == 0
            except subprocess.TimeoutExpired:
                daemon.kill()
                raise
    os.close(reader)
    os.close(writer)


def test_closed_standard_descriptors_are_nobody_elses(empty_lab):
    empty_lab.start(under=["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh"])
    for fd in range(3):
        assert os.readlink(f"/proc/{empty_lab.daemon.pid}/fd/{fd}") == "/dev/null"


def test_log_is_read_and_set_by_tapctl(lab):
    lab.call("switch.add", {"name": "sw7"})
    assert 'switch.add {"name":"sw7"}' in lab.tapctl("log", "tail").stdout
    lab.tapctl("log", "set", "warning")
    lab.call("switch.add", {"name": "sw8"})
    assert "sw8" not in lab.tapctl("log", "tail", "--lines", "100").stdout
    assert len(lab.call("log.tail", {"lines": 1})["lines"]) == 1
