# SPDX-License-Identifier: Apache-2.0
"""Virtual machines of QEMU plug in by its own sockets: with real guests, and with programs that come
and go as no machine does."""

import json
import os
import socket
import struct
import subprocess
import time

import pytest

from lab import die_with_the_test, drops, program, run, state, wait_until
from machine import Machine
from port_checks import assert_in_document, assert_mistake
from rpc_client import RpcError, listens

RUN_SECONDS = float(os.environ.get("TAPSWITCH_QEMU_CHURN_SECONDS", "3"))


@pytest.fixture
def host(lab):
    """A station that is no machine: the namespace 'host', 10.0.0.1."""
    lab.join("host", "10.0.0.1/24")
    return lab


def add(lab, name="vm", **params):
    return lab.call("port.add", {"name": name, "type": "qemu", **params})


def reaches(lab, vm, address="10.0.0.2"):
    """Both ways, with frames of all sizes that fit."""
    vm.wait_until_ready()
    assert vm.run("ping -c 3 -W 10 10.0.0.1"), vm.console
    assert vm.run("ping -c 1 -W 10 -s 1472 10.0.0.1"), vm.console
    assert lab.exec("host", "ping", "-n", "-c", 3, "-W", 10, address, timeout=60).returncode == 0


def test_machine_connects_to_a_port_that_listens(host):
    path = host.directory / "vm.sock"
    port = add(host, listen=f"unix:{path}")
    assert port["state"] == "no_carrier" and port["offloads"] == []
    with Machine("vm", "10.0.0.2/24",
                 f"stream,id=n,server=off,addr.type=unix,addr.path={path}") as vm:
        reaches(host, vm)
        assert state(host, "vm") == "up"
        # A machine that loses its power, in the midst of talking.
        vm.kill()
    wait_until(lambda: state(host, "vm") == "no_carrier", "the port has no carrier")
    with Machine("second", "10.0.0.3/24",
                 f"stream,id=n,server=off,addr.type=unix,addr.path={path}") as vm:
        reaches(host, vm, "10.0.0.3")


def test_port_connects_to_a_machine_that_listens_and_to_the_next_one(host):
    path = host.directory / "vm.sock"
    add(host, connect=f"unix:{path}")
    assert state(host, "vm") == "no_carrier"
    for number in (2, 3):
        with Machine("vm", f"10.0.0.{number}/24",
                     f"stream,id=n,server=on,addr.type=unix,addr.path={path}") as vm:
            reaches(host, vm, f"10.0.0.{number}")


def test_machine_connects_by_tcp_with_the_older_netdev(host):
    place = "127.0.0.1:4711"  # in the lab's own namespace, where nobody else is
    add(host, listen=f"tcp:{place}")
    with Machine("vm", "10.0.0.2/24", f"socket,id=n,connect={place}",
                 command_prefix=host.command_in("switch")) as vm:
        reaches(host, vm)


def test_machine_and_port_exchange_datagrams(host):
    local, remote = host.directory / "port.sock", host.directory / "vm.sock"
    add(host, datagram={"local": str(local), "remote": str(remote)})
    assert state(host, "vm") == "no_carrier"
    with Machine("vm", "10.0.0.2/24", "dgram,id=n,local.type=unix,remote.type=unix,"
                 f"local.path={remote},remote.path={local}") as vm:
        reaches(host, vm)
        wait_until(lambda: state(host, "vm") == "up", "the port has a carrier")


def kill_and_restart(lab, document):
    lab.daemon.kill()
    lab.daemon.wait()
    lab.daemon = None
    lab.start("--config", document)


def restartable(lab, **params):
    """A lab whose daemon can be killed: its station's TAP stays, and the document has the rest."""
    lab.join("host", "10.0.0.1/24", persist=True)
    add(lab, **params)
    document = lab.directory / "config.json"
    document.write_text(json.dumps(lab.call("config.get")))
    return document


# Kind of -netdev, members of the port: what heals by itself when the switch is back.
HEALING = {
    "server=on": ("stream,id=n,server=on,addr.type=unix,addr.path={vm}", {"connect": "unix:{vm}"}),
    "dgram": ("dgram,id=n,local.type=unix,remote.type=unix,local.path={vm},remote.path={port}",
              {"datagram": {"local": "{port}", "remote": "{vm}"}}),
}


def filled_in(value, **paths):
    if isinstance(value, dict):
        return {key: filled_in(each, **paths) for key, each in value.items()}
    return value.format(**paths)


@pytest.mark.parametrize("kind", HEALING)
def test_network_of_a_machine_survives_the_switch(lab, kind):
    paths = {"vm": lab.directory / "vm.sock", "port": lab.directory / "port.sock"}
    netdev, params = HEALING[kind]
    document = restartable(lab, **filled_in(params, **paths))
    with Machine("vm", "10.0.0.2/24", netdev.format(**paths)) as vm:
        reaches(lab, vm)
        kill_and_restart(lab, document)
        wait_until(lambda: state(lab, "vm") == "up", "the machine is there again")
        reaches(lab, vm)
        lab.call("port.set", {"name": "vm", "carrier": False})
        assert not vm.run("ping -c 1 -W 1 10.0.0.1")
        lab.call("port.set", {"name": "vm", "carrier": True})
        wait_until(lambda: state(lab, "vm") == "up", "it is plugged in")
        reaches(lab, vm)
        assert set(drops(lab, "vm")) <= {"link_down", "no_egress"}, "no half frame was delivered"
    lab.stop(persistent=("host",))


def test_machine_that_connects_once_is_lost_with_the_switch(lab):
    """QEMU 7.2 does not connect again, nor tell its guest; later ones can (reconnect)."""
    path = lab.directory / "vm.sock"
    document = restartable(lab, listen=f"unix:{path}")
    with Machine("vm", "10.0.0.2/24",
                 f"stream,id=n,server=off,addr.type=unix,addr.path={path}") as vm:
        reaches(lab, vm)
        kill_and_restart(lab, document)
        assert not vm.run("ping -c 1 -W 2 10.0.0.1")
        assert vm.run("grep -q 1 /sys/class/net/eth0/carrier"), "the guest sees nothing of it"
        assert state(lab, "vm") == "no_carrier"
    lab.stop(persistent=("host",))


def test_machines_are_in_vlans_as_other_ports_are(host):
    first, second = host.directory / "1.sock", host.directory / "2.sock"
    add(host, "vm1", listen=f"unix:{first}", vlan={"mode": "access", "pvid": 10})
    add(host, "vm2", listen=f"unix:{second}")
    connect = "stream,id=n,server=off,addr.type=unix,addr.path="
    with Machine("vm1", "10.0.1.1/24", f"{connect}{first}") as one, \
            Machine("vm2", "10.0.1.2/24", f"{connect}{second}", words=["vm.eth0.vlan=10"]) as two:
        one.wait_until_ready()
        two.wait_until_ready()
        assert two.run("ping -c 2 -W 10 10.0.1.1"), two.console


# ---- without a machine ---------------------------------------------------------------------------

def plug_in(path):
    peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    peer.connect(str(path))  # waits for its turn
    peer.settimeout(10)
    return peer


def framed(frame):
    return struct.pack(">I", len(frame)) + frame


FRAME = bytes.fromhex("ffffffffffff" "020000000099" "88b5") + bytes(46)


def test_events_tell_of_machines_that_come_and_go(host):
    path = host.directory / "vm.sock"
    add(host, listen=f"unix:{path}")
    reader = host.client()
    reader.call("event.subscribe", {"topics": ["port"]})
    with plug_in(path):
        event = reader.read()["params"]
        assert (event["event"], event["data"]["state"]) == ("up", "up")
    event = reader.read()["params"]
    assert (event["event"], event["data"]["state"]) == ("down", "no_carrier")


def test_garbage_and_broken_frames_are_counted(host):
    path = host.directory / "vm.sock"
    add(host, listen=f"unix:{path}")
    for number, garbage in enumerate((bytes(4), b"\xff" * 4, framed(FRAME)[:20]), start=1):
        peer = plug_in(path)
        peer.sendall(garbage)
        peer.shutdown(socket.SHUT_WR)
        assert peer.recv(1) == b""
        peer.close()
        wait_until(lambda: drops(host, "vm").get("framing_invalid") == number, "it is counted")


def test_frames_to_a_machine_that_reads_nothing_are_counted(host):
    path = host.directory / "vm.sock"
    add(host, listen=f"unix:{path}")
    host.ping("host", "10.0.0.77")
    assert drops(host, "vm").get("link_down", 0) > 0
    peer = plug_in(path)
    wait_until(lambda: state(host, "vm") == "up", "the port is up")
    # As many at once as neither the kernel nor the port keeps.
    flood = ["ping", "-n", "-q", "-b", "-l", 1000, "-c", 1000, "-W", 1, "-s", 1400, "10.0.0.255"]
    host.exec("host", *flood, check=False, timeout=60)
    wait_until(lambda: drops(host, "vm").get("busy", 0) > 0, "it is counted")
    assert len(peer.recv(1 << 16)) > 0
    peer.close()


def test_trace_tells_that_no_machine_is_there(host):
    path = host.directory / "vm.sock"
    add(host, listen=f"unix:{path}")
    asked = {"port": "host", "frame": {"src": "02:00:00:00:00:01", "dst": "ff:ff:ff:ff:ff:ff"}}
    assert host.call("frame.trace", asked)["dropped"] == [{"port": "vm", "reason": "link_down"}]
    with plug_in(path):
        wait_until(lambda: state(host, "vm") == "up", "the port is up")
        traced = host.call("frame.trace", asked)
        assert [each["port"] for each in traced["egress"]] == ["vm"] and not traced["dropped"]


def test_longer_frames_than_the_mtu_are_counted(host):
    path = host.directory / "vm.sock"
    assert add(host, listen=f"unix:{path}", mtu=1280)["link"]["mtu"] == 1280
    with plug_in(path) as peer:
        wait_until(lambda: state(host, "vm") == "up", "the port is up")
        host.exec("host", "ping", "-n", "-b", "-c", 1, "-W", 1, "-s", 1253, "10.0.0.255",
                  check=False)
        wait_until(lambda: drops(host, "vm").get("mtu_exceeded") == 1, "it is counted")
        peer.close()


def test_sixty_four_machines_come_and_die_in_a_loop(host):
    """For a few seconds; TAPSWITCH_QEMU_CHURN_SECONDS=60 for longer."""
    paths = [host.directory / f"{number}.sock" for number in range(64)]
    for number, path in enumerate(paths):
        add(host, f"vm{number}", listen=f"unix:{path}")

    def turn():
        peers = [plug_in(path) for path in paths]
        for number, peer in enumerate(peers):
            peer.sendall(framed(FRAME) + framed(FRAME)[:number])
        for peer in peers:
            peer.close()

    def settled():
        return all(state(host, f"vm{number}") == "no_carrier" for number in range(64))

    turn()
    wait_until(settled, "all have gone")
    descriptors, memory = host.daemon_descriptors(), host.daemon_memory()
    end = time.monotonic() + RUN_SECONDS
    while time.monotonic() < end:
        turn()
    wait_until(settled, "all have gone")
    wait_until(lambda: host.daemon_descriptors() == descriptors, "no descriptor is left over")
    assert host.daemon_memory() < memory + 4 * 1024, "KiB of memory are left over"
    assert len(host.call("port.list")["ports"]) == 65
    for number in range(64):
        host.call("port.remove", {"name": f"vm{number}"})
    assert not any(path.exists() for path in paths)


@pytest.mark.parametrize("params, field", [
    ({}, "listen"),
    ({"listen": "unix:relative"}, "listen"),
    ({"listen": "tcp:localhost:1"}, "listen"),
    ({"listen": "unix:/tmp/a", "connect": "unix:/tmp/b"}, "connect"),
    ({"listen": "unix:/tmp/a", "datagram": {"local": "/a", "remote": "/b"}}, "datagram"),
    ({"datagram": {"local": "/tmp/a", "remote": "/tmp/a"}}, "datagram"),
    ({"datagram": {"local": "/tmp/a"}}, "datagram.remote"),
    ({"listen": "unix:/tmp/a", "reconnect_seconds": 5}, "reconnect_seconds"),
    ({"connect": "unix:/tmp/a", "reconnect_seconds": 0}, "reconnect_seconds"),
    ({"connect": "unix:/tmp/a", "group": "root"}, "group"),
    ({"listen": "tcp:127.0.0.1:1", "socket_mode": "0600"}, "socket_mode"),
    ({"listen": "unix:/tmp/a", "socket_mode": "0888"}, "socket_mode"),
    ({"listen": "unix:/tmp/a", "owner": "no-such-user"}, "owner"),
    ({"listen": "unix:/tmp/a", "interface": "tap0"}, "interface"),
    ({"listen": "unix:/tmp/a", "mtu": 10}, "mtu"),
])
def test_mistakes_are_told_by_their_field_and_nothing_is_left(module_lab, params, field):
    assert_mistake(module_lab, field, {"name": "vm", "type": "qemu", **params})


def test_what_cannot_be_had_is_refused(host):
    path = host.directory / "vm.sock"
    path.write_text("precious")
    with pytest.raises(RpcError) as refusal:
        add(host, listen=f"unix:{path}")
    assert refusal.value.data["errno_name"] == "EEXIST"
    assert path.read_text() == "precious"
    path.unlink()
    add(host, listen=f"unix:{path}")
    with pytest.raises(RpcError) as refusal:
        add(host, "second", listen=f"unix:{path}")
    assert refusal.value.kind == "already_exists"
    with pytest.raises(RpcError) as refusal:
        host.call("port.set", {"name": "vm", "mtu": 1400})
    assert refusal.value.data["field"] == "mtu"
    host.call("port.remove", {"name": "vm"})
    assert not path.exists()


def test_socket_is_for_whom_it_is_meant(host):
    path = host.directory / "vm.sock"
    add(host, listen=f"unix:{path}", owner="nobody", group="nogroup")
    assert run("stat", "-c", "%U %G %a", path).stdout.split() == ["nobody", "nogroup", "660"]
    path = host.directory / "everybody.sock"
    port = add(host, "second", listen=f"unix:{path}", socket_mode="666")
    assert port["socket_mode"] == "0666"
    assert run("stat", "-c", "%a", path).stdout == "666\n"


def test_document_has_all_of_it_and_brings_it_back(host):
    ports = {"a": {"type": "qemu", "listen": f"unix:{host.directory}/a", "group": "nogroup"},
             "b": {"type": "qemu", "connect": "tcp:127.0.0.1:9", "reconnect_seconds": 7,
                   "mtu": 9000},
             "c": {"type": "qemu", "datagram": {"local": f"{host.directory}/c",
                                                "remote": f"{host.directory}/d"}}}
    document = assert_in_document(host, ports)
    # One that is changed is opened anew in its place.
    document["switches"]["sw0"]["ports"]["a"]["mtu"] = 1400
    host.call("config.apply", {"config": document, "mode": "replace"})
    with plug_in(host.directory / "a"):
        wait_until(lambda: state(host, "a") == "up", "the port is up")


def test_without_any_privilege(empty_lab):
    """A daemon that may do nothing has machines on its switch, and needs nothing for that."""
    without = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
    with subprocess.Popen([*without, program("TAPSWITCHD"), "--socket", empty_lab.socket],
                          stderr=subprocess.DEVNULL, preexec_fn=die_with_the_test) as daemon:
        try:
            wait_until(lambda: listens(empty_lab.socket), "it listens")
            paths = [empty_lab.directory / name for name in ("one", "two")]
            for path in paths:
                add(empty_lab, path.name, listen=f"unix:{path}")
            with plug_in(paths[0]) as one, plug_in(paths[1]) as two:
                wait_until(lambda: state(empty_lab, "one") == state(empty_lab, "two") == "up",
                           "both are up")
                one.sendall(framed(FRAME))
                assert two.recv(1000) == framed(FRAME)
        finally:
            daemon.terminate()
            assert daemon.wait(10) == 0
