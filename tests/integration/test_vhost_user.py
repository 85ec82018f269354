# SPDX-License-Identifier: Apache-2.0
"""Virtual machines plug in by shared memory: with real guests of QEMU, and with front ends that no
machine has."""

import fcntl
import hashlib
import json
import os
import socket
import subprocess
import sys
import time

import pytest

from front_end import GUEST_BASE, RING_SIZE, TO_GUEST, FROM_GUEST, FrontEnd
from lab import drops, run, state, wait_until
from machine import Machine
from port_checks import assert_in_document, assert_mistake
from rpc_client import RpcError

RUN_SECONDS = float(os.environ.get("TAPSWITCH_QEMU_CHURN_SECONDS", "3"))
MEGABYTES = 8
# The memory is shared with the switch.
SHARED = ["-object", "memory-backend-memfd,id=memory,size=96M,share=on",
          "-machine", "memory-backend=memory"]


@pytest.fixture
def host(lab):
    """A station that is no machine: the namespace 'host', 10.0.0.1."""
    lab.join("host", "10.0.0.1/24")
    return lab


def add(lab, name="vm", **params):
    return lab.call("port.add", {"name": name, "type": "vhost-user", **params})


def machine(name, address, path, end="server=off,reconnect=1"):
    # QEMU 7.2 without KVM does not survive vhost-user with interrupts by message.
    return Machine(name, address, "vhost-user,id=n,chardev=c", device=",vectors=0", arguments=[
        *SHARED, "-chardev", f"socket,id=c,path={path},{end}"])


def counters(lab, name):
    return lab.call("stats.get", {"port": name})["ports"][name]


def reaches(lab, vm, address="10.0.0.2"):
    """Both ways, with frames of all sizes that fit."""
    vm.wait_until_ready()
    assert vm.run("ping -c 3 -W 10 10.0.0.1"), vm.console
    assert vm.run("ping -c 1 -W 10 -s 1472 10.0.0.1"), vm.console
    assert lab.exec("host", "ping", "-n", "-c", 3, "-W", 10, address, timeout=60).returncode == 0


SEND = """
import hashlib, os, socket, sys
server = socket.create_server((sys.argv[1], 5001))
print("ready", flush=True)
connection, _ = server.accept()
data, back = os.urandom(int(sys.argv[2])), b""
connection.sendall(data)
while len(back) < len(data) and (part := connection.recv(1 << 20)):
    back += part
print(hashlib.sha256(data).hexdigest(), hashlib.sha256(back).hexdigest())
"""


def exchange(lab, vm):
    """Sends a file to the machine by TCP, and has it send it back; every byte is compared."""
    command = lab.command_in("host", "python3", "-c", SEND, "10.0.0.1", MEGABYTES << 20)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout.readline() == "ready\n"
            # Once all of the file has come, it goes back by the same connection.
            assert vm.run(f"mkfifo /tmp/in; (head -c {MEGABYTES << 20} > /tmp/file; "
                          "cat /tmp/file) < /tmp/in | nc 10.0.0.1 5001 > /tmp/in"), vm.console
            sent, back = server.stdout.readline().split()
        finally:
            server.kill()
    assert sent == back, "what came back is not what was sent"


def test_machine_connects_pings_and_transfers(host):
    path = host.directory / "vm.sock"
    port = add(host, listen=str(path))
    assert port["state"] == "no_carrier" and port["offloads"] == []
    with machine("vm", "10.0.0.2/24", path) as vm:
        reaches(host, vm)
        port = host.call("port.get", {"name": "vm"})
        assert port["state"] == "up"
        assert {"checksum", "tso4", "tso6"} <= set(port["offloads"])
        before = counters(host, "vm")
        exchange(host, vm)
        after = counters(host, "vm")
        frames = after["in_unicast"] - before["in_unicast"]
        # Full frames there and acknowledgements back would be far more.
        assert frames < (MEGABYTES << 20) / 1448, "super-frames cross whole"
        assert set(drops(host, "vm")) <= {"no_egress", "link_down"}
        vm.kill()
    wait_until(lambda: state(host, "vm") == "no_carrier", "the port has no carrier")
    assert host.call("port.get", {"name": "vm"})["offloads"] == []


def test_machines_reach_each_other_by_super_frames(host):
    paths = {name: host.directory / f"{name}.sock" for name in ("one", "two")}
    for name, path in paths.items():
        add(host, name, listen=str(path))
    with machine("one", "10.0.0.2/24", paths["one"]) as one, \
            machine("two", "10.0.0.3/24", paths["two"]) as two:
        one.wait_until_ready()
        two.wait_until_ready()
        assert two.run("ping -c 2 -W 10 10.0.0.2"), two.console
        assert one.run("head -c 4194304 /dev/urandom > /tmp/file; nc -l -p 5001 < /tmp/file & true")
        assert one.run("sha256sum /tmp/file > /dev/null"), one.console
        assert two.run("sleep 1; nc 10.0.0.2 5001 > /tmp/file")
        sums = []
        for vm in (one, two):
            assert vm.run("sha256sum /tmp/file")
            sums.append(vm.console.split("  /tmp/file")[-2].split()[-1])
        assert sums[0] == sums[1] and len(sums[0]) == 64
        assert counters(host, "one")["in_unicast"] < (4 << 20) / 1448


def test_machine_that_boots_again_is_back(host):
    path = host.directory / "vm.sock"
    add(host, listen=str(path))
    # Without -no-reboot, which Machine has: the guest's driver is unbound and bound again instead,
    # which says the same to the switch as a boot does.
    with machine("vm", "10.0.0.2/24", path) as vm:
        reaches(host, vm)
        assert vm.run("ip link set eth0 down; cd /sys/bus/virtio/drivers/virtio_net; "
                      "echo virtio0 > unbind"), vm.console
        wait_until(lambda: state(host, "vm") == "no_carrier", "its rings are stopped")
        assert vm.run("echo virtio0 > bind; ip link set eth0 up; "
                      "ip address add 10.0.0.2/24 dev eth0"), vm.console
        wait_until(lambda: state(host, "vm") == "up", "it is there again")
        reaches(host, vm)


def kill_and_restart(lab, document):
    lab.daemon.kill()
    lab.daemon.wait()
    lab.daemon = None
    lab.start("--config", document)


@pytest.mark.parametrize("end", ["listen", "connect"])
def test_network_of_a_machine_survives_the_switch(lab, end):
    path = lab.directory / "vm.sock"
    lab.join("host", "10.0.0.1/24", persist=True)
    add(lab, **{end: str(path)})
    document = lab.directory / "config.json"
    document.write_text(json.dumps(lab.call("config.get")))
    how = "server=off,reconnect=1" if end == "listen" else "server=on"
    with machine("vm", "10.0.0.2/24", path, how) as vm:
        reaches(lab, vm)
        kill_and_restart(lab, document)
        wait_until(lambda: state(lab, "vm") == "up", "the machine is there again")
        reaches(lab, vm)
    lab.stop(persistent=("host",))


# ---- without a machine ---------------------------------------------------------------------------

FRAME = bytes.fromhex("ffffffffffff" "020000000099" "88b5") + bytes(46)


def test_frames_cross_between_two_front_ends(host):
    paths = [host.directory / name for name in ("a", "b")]
    for path in paths:
        add(host, path.name, listen=str(path))
    with FrontEnd(paths[0]) as one, FrontEnd(paths[1]) as two:
        one.start()
        two.start()
        wait_until(lambda: state(host, "a") == state(host, "b") == "up", "both are up")
        for number in range(300):
            frame = FRAME[:14] + number.to_bytes(4, "big") + bytes(42)
            one.put(frame)
            assert two.wait_for_frame() == frame
            two.give_buffers(1)


def test_events_tell_of_front_ends_that_come_and_go(host):
    path = host.directory / "vm.sock"
    add(host, listen=str(path))
    reader = host.client()
    reader.call("event.subscribe", {"topics": ["port"]})
    with FrontEnd(path) as guest:
        guest.start()
        event = reader.read()["params"]
        assert (event["event"], event["data"]["state"]) == ("up", "up")
    event = reader.read()["params"]
    assert (event["event"], event["data"]["state"]) == ("down", "no_carrier")


def test_guest_that_gives_no_buffers_is_busy_and_others_are_not(host):
    paths = [host.directory / name for name in ("a", "b", "c")]
    for path in paths:
        add(host, path.name, listen=str(path))
    with FrontEnd(paths[0]) as sender, FrontEnd(paths[1]) as busy, FrontEnd(paths[2]) as other:
        sender.start()
        busy.start(buffers=0)
        other.start()
        for _ in range(100):
            sender.put(FRAME)
            assert other.wait_for_frame() == FRAME
        wait_until(lambda: drops(host, "b").get("busy") == 100, "all are counted")
        assert "busy" not in drops(host, "c")


def test_lies_in_a_ring_are_counted_and_end_the_connection(host):
    path = host.directory / "vm.sock"
    add(host, listen=str(path))
    for number in range(1, 4):
        with FrontEnd(path) as guest:
            guest.start()
            guest.offer(FROM_GUEST, GUEST_BASE + (1 << 40), 100, 0)
            guest.kick(FROM_GUEST)
            assert guest.connection.recv(1) == b""
        wait_until(lambda: drops(host, "vm").get("framing_invalid") == number, "it is counted")


def test_port_whose_guests_memory_is_taken_away_is_lost_and_the_daemon_lives(host):
    paths = [host.directory / name for name in ("a", "b")]
    for path in paths:
        add(host, path.name, listen=str(path))
    with FrontEnd(paths[0]) as victim, FrontEnd(paths[1]) as other:
        victim.start()
        other.start()
        os.ftruncate(victim.file, 0)
        other.put(FRAME)
        wait_until(lambda: state(host, "a") == "lost", "it is lost")
        assert not paths[0].exists()
        assert state(host, "b") == "up"
    host.call("port.remove", {"name": "a"})
    add(host, "a", listen=str(paths[0]))
    with FrontEnd(paths[0]) as guest:
        guest.start()
        wait_until(lambda: state(host, "a") == "up", "it is up")


def test_front_end_that_has_the_switch_wait_is_lost_and_others_go_on(host):
    paths = [host.directory / name for name in ("a", "b", "c")]
    for path in paths:
        add(host, path.name, listen=str(path))
    with FrontEnd(paths[0]) as villain, FrontEnd(paths[1]) as one, FrontEnd(paths[2]) as two:
        for guest in (villain, one, two):
            guest.start()
        call = villain.calls[TO_GUEST]
        wait_until(lambda: state(host, "a") == "up", "it is up")
        fcntl.fcntl(call, fcntl.F_SETFL, 0)
        with open(f"/proc/self/fdinfo/{call}", encoding="ascii") as info:
            count = int(next(line for line in info if "eventfd-count" in line).split()[1], 16)
        os.eventfd_write(call, 0xFFFF_FFFF_FFFF_FFFE - count)
        for _ in range(10):
            one.put(FRAME)
            assert two.wait_for_frame() == FRAME
        wait_until(lambda: state(host, "a") == "lost", "it is lost")


def test_sixty_four_front_ends_come_and_die_in_a_loop(host):
    """For a few seconds; TAPSWITCH_QEMU_CHURN_SECONDS=60 for longer."""
    paths = [host.directory / f"{number}.sock" for number in range(64)]
    for number, path in enumerate(paths):
        add(host, f"vm{number}", listen=str(path))

    def turn():
        guests = [FrontEnd(path) for path in paths]
        for guest in guests[::2]:
            guest.start(buffers=4)
            guest.put(FRAME)
        for guest in guests:
            guest.close()

    def settled():
        return all(state(host, f"vm{number}") == "no_carrier" for number in range(64))

    def maps():
        with open(f"/proc/{host.daemon.pid}/maps", encoding="ascii") as file:
            return sum("memfd:guest" in line for line in file)

    turn()
    wait_until(settled, "all have gone")
    descriptors, memory = host.daemon_descriptors(), host.daemon_memory()
    end = time.monotonic() + RUN_SECONDS
    while time.monotonic() < end:
        turn()
    wait_until(settled, "all have gone")
    wait_until(lambda: host.daemon_descriptors() == descriptors, "no descriptor is left over")
    wait_until(lambda: maps() == 0, "no mapping is left over")
    assert host.daemon_memory() < memory + 4 * 1024, "KiB of memory are left over"


def waits_for_ports(lab, task):
    epoll_calls = {"232", "281", "441"} if os.uname().machine == "x86_64" else {"22", "441"}
    with open(f"/proc/{lab.daemon.pid}/task/{task}/syscall", encoding="ascii") as file:
        return file.read().split()[0] in epoll_calls


def test_idle_ports_wake_nobody(host):
    """But for the timer of the control thread, which looks for sockets once a second."""
    paths = [host.directory / f"{number}.sock" for number in range(100)]
    for number, path in enumerate(paths):
        add(host, f"vm{number}", listen=str(path))
    guests = [FrontEnd(path) for path in paths]
    try:
        for guest in guests:
            guest.start(buffers=4)
        # The threads that look for files wait for something else.
        workers = wait_until(lambda: [
            task for task in os.listdir(f"/proc/{host.daemon.pid}/task")
            if task != str(host.daemon.pid) and waits_for_ports(host, task)], "a worker waits")

        def work():
            """How often the workers have run, and for how long."""
            done = []
            for task in workers:
                place = f"/proc/{host.daemon.pid}/task/{task}"
                with open(f"{place}/status", encoding="ascii") as file:
                    done += [line for line in file if "voluntary_ctxt" in line]
                with open(f"{place}/stat", encoding="ascii") as file:
                    done.append(file.read().split()[13:15])
            return done

        def work_of(seconds):
            before = work()
            time.sleep(seconds)
            return before, work()

        wait_until(lambda: len(set(map(str, work_of(0.2)))) == 1, "all is settled")
        before, after = work_of(1)
        assert before == after
    finally:
        for guest in guests:
            guest.close()


@pytest.mark.parametrize("params, field", [
    ({}, "listen"),
    ({"listen": "relative"}, "listen"),
    ({"listen": "unix:/tmp/a"}, "listen"),
    ({"listen": "/tmp/a", "connect": "/tmp/b"}, "connect"),
    ({"listen": "/tmp/a", "reconnect_seconds": 5}, "reconnect_seconds"),
    ({"connect": "/tmp/a", "reconnect_seconds": 0}, "reconnect_seconds"),
    ({"connect": "/tmp/a", "group": "root"}, "group"),
    ({"listen": "/tmp/a", "socket_mode": "0888"}, "socket_mode"),
    ({"listen": "/tmp/a", "owner": "no-such-user"}, "owner"),
    ({"listen": "/tmp/a", "interface": "tap0"}, "interface"),
    ({"listen": "/tmp/a", "mtu": 10}, "mtu"),
])
def test_mistakes_are_told_by_their_field_and_nothing_is_left(module_lab, params, field):
    assert_mistake(module_lab, field, {"name": "vm", "type": "vhost-user", **params})


def test_what_cannot_be_had_is_refused(host):
    path = host.directory / "vm.sock"
    path.write_text("precious")
    with pytest.raises(RpcError) as refusal:
        add(host, listen=str(path))
    assert refusal.value.data["errno_name"] == "EEXIST"
    path.unlink()
    path.symlink_to(host.directory / "elsewhere")
    with pytest.raises(RpcError) as refusal:
        add(host, listen=str(path))
    assert refusal.value.data["errno_name"] == "EEXIST"
    path.unlink()
    add(host, listen=str(path))
    with pytest.raises(RpcError) as refusal:
        host.call("port.add", {"name": "second", "type": "qemu", "listen": f"unix:{path}"})
    assert refusal.value.kind == "already_exists"


def test_socket_is_for_whom_it_is_meant(host):
    path = host.directory / "vm.sock"
    add(host, listen=str(path), owner="nobody", group="nogroup")
    assert run("stat", "-c", "%U %G %a", path).stdout.split() == ["nobody", "nogroup", "660"]
    os.chmod(host.directory, 0o755)
    add(host, "own", listen=str(host.directory / "own.sock"))
    refused = run("setpriv", "--reuid", "nobody", "--clear-groups", sys.executable, "-c",
                  "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])",
                  host.directory / "own.sock", check=False)
    assert "PermissionError" in refused.stderr


def test_document_has_all_of_it_and_brings_it_back(host):
    ports = {"a": {"type": "vhost-user", "listen": f"{host.directory}/a", "group": "nogroup"},
             "b": {"type": "vhost-user", "connect": f"{host.directory}/b", "reconnect_seconds": 7,
                   "mtu": 9000}}
    assert_in_document(host, ports)


def test_port_connects_to_a_front_end_that_listens(host):
    path = host.directory / "vm.sock"
    add(host, connect=str(path))
    for _ in range(2):
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
            listener.listen()
            listener.settimeout(10)
            with FrontEnd(connection=listener.accept()[0]) as guest:
                guest.start()
                wait_until(lambda: state(host, "vm") == "up", "it is up")
                guest.put(FRAME)
        path.unlink()
        wait_until(lambda: state(host, "vm") == "no_carrier", "it has gone")
