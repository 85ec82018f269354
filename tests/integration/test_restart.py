# SPDX-License-Identifier: Apache-2.0
"""A restart under a service manager that keeps descriptors (FDSTORE=1 of sd_notify(3)): TAPs stay
up, and frames wait in them."""

import fcntl
import json
import os
import re
import signal
import socket
import threading
import time

import pytest

from lab import DEADLINE, SANITIZER_REPORT, run, wait_until
from test_offloads import python
from transfer import Transfer, passed_through

RECEIVE_ONE = """
import socket, sys
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind((sys.argv[1], 5003))
server.settimeout(20)
print("ready", flush=True)
print(server.recv(100).decode())
"""
SEND_ONE = """
import socket, sys
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.sendto(b"it has waited", (sys.argv[1], 5003))
"""


class Keeper:
    """The service manager: what it is given, by its name, and whether it was asked to hear all."""

    def __init__(self, directory):
        self.path = directory / "notify"
        self.kept = {}
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(self.path))
        self._thread = threading.Thread(target=self._hear, daemon=True)
        self._thread.start()

    def _hear(self):
        while True:
            words, fds, _, _ = socket.recv_fds(self._socket, 4096, 4)
            fields = dict(line.split("=", 1) for line in words.decode().splitlines())
            if "END" in fields:
                return
            if "FDSTORE" in fields:
                # Out of the way of the numbers that the next daemon inherits them by.
                self.kept[fields["FDNAME"]] = fcntl.fcntl(fds[0], fcntl.F_DUPFD_CLOEXEC, 500)
            elif "FDSTOREREMOVE" in fields:
                os.close(self.kept.pop(fields["FDNAME"]))
            for fd in fds:
                os.close(fd)

    def close(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.sendto(b"END=1\n", str(self.path))
        self._thread.join()
        self._socket.close()
        for fd in self.kept.values():
            os.close(fd)


@pytest.fixture(name="keeper")
def keeping_manager(empty_lab):
    keeper = Keeper(empty_lab.directory)
    yield keeper
    try:
        if empty_lab.daemon is not None:
            end(empty_lab)
    finally:
        keeper.close()
    assert not empty_lab.taps(), "TAPs are left that nobody keeps"


def start(lab, keeper, *options):
    kept = dict(keeper.kept)
    moves = " ".join(f"{3 + i}<&{fd}-" for i, fd in enumerate(kept.values()))
    lab.start(*options, fds=tuple(kept.values()),
              environment={"NOTIFY_SOCKET": str(keeper.path), "LISTEN_FDS": str(len(kept)),
                           "LISTEN_FDNAMES": ":".join(kept)},
              under=["bash", "-c", f'LISTEN_PID=$$ exec "$@" {moves}', "bash"])


def end(lab):
    daemon, lab.daemon = lab.daemon, None
    daemon.send_signal(signal.SIGTERM)
    assert daemon.wait(DEADLINE) == 0, lab.log()
    assert not SANITIZER_REPORT.search(lab.log()), lab.log()


def told_outage(lab):
    """For how many milliseconds nobody forwarded, at most, as the new daemon says."""
    return float(re.search(r"nobody forwarded for at most ([\d.]+) ms", lab.log()).group(1))


def index_of(lab, short, interface):
    return json.loads(run("ip", "-n", lab.name_of(short), "-json", "link", "show",
                          interface).stdout)[0]["ifindex"]


def test_taps_outlive_a_restart(empty_lab, keeper):
    lab, file = empty_lab, empty_lab.directory / "lab.json"
    start(lab, keeper, "--config", file, "--autosave")
    lab.join("alice", "10.0.0.1/24", vlan=10)
    lab.join("bob", "10.0.0.2/24", vlan=10)
    before = lab.call("config.get")["switches"]
    assert lab.ping("alice", "bob")
    index = index_of(lab, "bob", "bob")
    end(lab)
    assert (lab.name_of("bob"), "bob") in lab.taps()
    start(lab, keeper, "--config", file, "--autosave")
    wait_until(lambda: not keeper.kept, "nothing is kept any longer")
    assert index_of(lab, "bob", "bob") == index
    assert lab.call("config.get")["switches"] == before
    assert lab.ping("alice", "bob")
    lab.call("port.remove", {"name": "bob"})
    assert (lab.name_of("bob"), "bob") not in lab.taps(), "somebody still has it open"


def test_veths_outlive_a_restart(empty_lab, keeper):
    lab, file = empty_lab, empty_lab.directory / "lab.json"
    start(lab, keeper, "--config", file, "--autosave")
    for number, short in enumerate(("alice", "bob"), start=1):
        lab.join(short, f"10.0.0.{number}/24", type="veth")
    assert lab.ping("alice", "bob")
    index = index_of(lab, "bob", "bob")
    receiver = python(lab, "bob", RECEIVE_ONE, "10.0.0.2")
    end(lab)
    lab.exec("alice", "python3", "-c", SEND_ONE, "10.0.0.2")
    start(lab, keeper, "--config", file, "--autosave")
    assert receiver.communicate(timeout=30)[0] == "it has waited\n"
    assert index_of(lab, "bob", "bob") == index
    assert lab.ping("alice", "bob")
    for short in ("alice", "bob"):
        lab.call("port.remove", {"name": short})
    assert not lab.near_ends()


def test_frame_waits_while_no_daemon_runs(empty_lab, keeper):
    lab, file = empty_lab, empty_lab.directory / "lab.json"
    start(lab, keeper, "--config", file, "--autosave")
    lab.join("alice", "10.0.0.1/24")
    lab.join("bob", "10.0.0.2/24")
    assert lab.ping("alice", "bob")
    receiver = python(lab, "bob", RECEIVE_ONE, "10.0.0.2")
    end(lab)
    lab.exec("alice", "python3", "-c", SEND_ONE, "10.0.0.2")
    start(lab, keeper, "--config", file, "--autosave")
    assert receiver.communicate(timeout=30)[0] == "it has waited\n"


def test_transfer_survives_a_restart(empty_lab, keeper, capsys):
    lab, file = empty_lab, empty_lab.directory / "lab.json"
    start(lab, keeper, "--config", file, "--autosave")
    lab.join("alice", "10.0.0.1/24")
    lab.join("bob", "10.0.0.2/24")
    transfer = Transfer(lab, "alice", "bob", "10.0.0.2")
    try:
        wait_until(lambda: passed_through(lab, "alice") > 10_000_000, "the transfer goes on")
        begin = time.monotonic()
        end(lab)
        start(lab, keeper, "--config", file, "--autosave")
        answered = time.monotonic()
        wait_until(lambda: passed_through(lab, "alice") > 10_000_000, "the transfer goes on")
        size, stalls = transfer.end()
    finally:
        transfer.kill()
    outage = max(seconds for seconds, since in stalls if begin - seconds < since < answered) * 1000
    with capsys.disabled():
        print(f"\n{size >> 20} MiB of TCP arrived whole across a restart; the outage was "
              f"{outage:.1f} ms, and the daemon says it forwarded nothing for at most "
              f"{told_outage(lab):.1f} ms")
    assert outage < 10_000


def test_port_of_another_kind_is_made_anew_beside_what_was_kept(empty_lab, keeper):
    lab, file = empty_lab, empty_lab.directory / "lab.json"
    start(lab, keeper, "--config", file, "--autosave")
    lab.call("port.add", {"name": "alice"})
    lab.call("port.add", {"name": "vm", "type": "qemu", "listen": f"unix:{lab.directory}/vm.sock"})
    before = lab.call("config.get")["switches"]
    index = index_of(lab, "switch", "alice")
    end(lab)
    start(lab, keeper, "--config", file, "--autosave")
    assert lab.call("config.get")["switches"] == before
    assert index_of(lab, "switch", "alice") == index


def test_without_a_file_what_was_kept_counts(empty_lab, keeper):
    lab = empty_lab
    start(lab, keeper, "--port", "alice", "--port", "bob")
    lab.call("port.remove", {"name": "bob"})
    lab.call("port.set", {"name": "alice", "isolated": True})
    index = index_of(lab, "switch", "alice")
    end(lab)
    start(lab, keeper, "--port", "alice", "--port", "bob")
    assert lab.call("port.get", {"name": "alice"})["isolated"]
    assert index_of(lab, "switch", "alice") == index
    assert lab.call("port.get", {"name": "bob"})["state"] == "up"


def test_file_that_was_edited_counts(empty_lab, keeper):
    lab, file = empty_lab, empty_lab.directory / "lab.json"
    file.write_text(json.dumps({"version": 1, "switches": {"sw0": {"ports": {
        "alice": {}, "bob": {}}}}}))
    start(lab, keeper, "--config", file)
    index = index_of(lab, "switch", "alice")
    end(lab)
    file.write_text(json.dumps({"version": 1, "switches": {"sw0": {"ports": {
        "alice": {"isolated": True}, "carol": {}}}}}))
    start(lab, keeper, "--config", file)
    assert [port["name"] for port in lab.call("port.list")["ports"]] == ["alice", "carol"]
    assert lab.call("port.get", {"name": "alice"})["isolated"]
    assert index_of(lab, "switch", "alice") == index
    wait_until(lambda: (lab.switch, "bob") not in lab.taps(), "what the file lacks is gone")


def test_what_is_not_complete_is_told_and_made_anew(empty_lab, keeper):
    lab, file = empty_lab, empty_lab.directory / "lab.json"
    start(lab, keeper, "--config", file, "--autosave")
    lab.call("port.add", {"name": "alice"})
    end(lab)
    os.close(keeper.kept.pop("network-1-0"))
    start(lab, keeper, "--config", file, "--autosave")
    assert "FileDescriptorStoreMax" in lab.log()
    assert lab.call("port.get", {"name": "alice"})["state"] == "up"
