# SPDX-License-Identifier: Apache-2.0
"""What docs/peers says of programs that plug in: each is asked itself, as Debian has it.

QEMU has test_qemu.py, clients of VDE have test_vde.py.
"""

import contextlib
import re
import socket
import subprocess

import pytest

from frames import ALICE, EVERYBODY, Capture, deliver, frame, transmit
from far_ends import Datagrams
from super_frames import Sent
from lab import DEADLINE, die_with_the_test, run, wait_until

LEASE = """#!/bin/sh
[ "$1" = bound ] && echo "ip=$ip mtu=$mtu router=$router"
"""


@contextlib.contextmanager
def running(*command, **options):
    """A program that goes on until the end of the 'with'."""
    with subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE,
                          preexec_fn=die_with_the_test,
                          **{"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL,
                             **options}) as process:
        try:
            yield process
        finally:
            process.kill()


def lease(lab, station):
    """What a DHCP server offers a station, which does not take it: {} if there is none."""
    script = lab.directory / "lease"
    script.write_text(LEASE)
    script.chmod(0o755)
    done = lab.exec(station, "busybox", "udhcpc", "-i", station, "-n", "-q", "-f", "-t", 4, "-T", 1,
                    "-O", "mtu", "-s", script, check=False)
    return dict(re.findall(r"(\w+)=(\S+)", done.stdout))


def answers_arp(lab, station, address):
    """Whether somebody says that the address is his."""
    return lab.exec(station, "busybox", "arping", "-c", 1, "-w", 2, "-I", station, address,
                    check=False).returncode == 0


def join_without_address(lab, short):
    """A station that asks for its address."""
    lab.call("port.add", {"name": short, "namespace": lab.namespace(short)})


# ---- passt ---------------------------------------------------------------------------------------

LEASED = "10.0.2.15"


@contextlib.contextmanager
def passt(lab, *options):
    """Passt in the namespace 'home', which it takes for the host's network, behind the port 'way'."""
    place = lab.directory / "passt"
    place.mkdir(mode=0o777, exist_ok=True)
    place.chmod(0o777)
    lab.directory.chmod(0o711)
    path = place / "socket"
    with running(*lab.command_in("home", "passt", "-f", "-4", "-s", path, "-a", LEASED, "-n", 24,
                                 "-g", "10.0.2.2", "-t", "none", "-u", "none", *options)):
        lab.call("port.add", {"name": "way", "type": "qemu", "connect": f"unix:{path}"})
        wait_until(lambda: lab.call("port.get", {"name": "way"})["state"] == "up", "passt is there")
        yield
    lab.call("port.remove", {"name": "way"})
    path.unlink(missing_ok=True)


@pytest.fixture
def home(lab):
    """A lab with a namespace that has a default route, without which passt does not begin."""
    lab.namespace("home")
    lab.exec("home", "ip", "tuntap", "add", "dev", "out", "mode", "tap")
    for words in (("address", "add", "192.0.2.1/24", "dev", "out"), ("link", "set", "out", "up"),
                  ("route", "add", "default", "via", "192.0.2.2")):
        lab.exec("home", "ip", *words)
    yield lab
    lab.exec("home", "ip", "link", "del", "out")


def test_passt_is_for_one_station(home):
    for short in ("alice", "bob"):
        join_without_address(home, short)
    with passt(home):
        offers = [lease(home, short) for short in ("alice", "bob")]
        assert [offer["ip"] for offer in offers] == [LEASED, LEASED], "the same for all"
        assert offers[0]["mtu"] == "65520"
        assert answers_arp(home, "alice", "10.0.2.77"), "for any address"
        assert not answers_arp(home, "alice", LEASED), "but for the one that it leases"


def test_passt_says_the_mtu_that_it_is_told(home):
    join_without_address(home, "alice")
    with passt(home, "--mtu", 1500):
        offer = lease(home, "alice")
        assert (offer["ip"], offer["mtu"], offer["router"]) == (LEASED, "1500", "10.0.2.2")


# ---- slirpvde ------------------------------------------------------------------------------------


def test_slirpvde_has_sixteen_leases_in_its_life(lab):
    place = lab.directory / "vde"
    lab.call("port.add", {"name": "lan", "type": "vde", "directory": str(place)})
    join_without_address(lab, "alice")
    with running("slirpvde", "-s", place, "--dhcp"):
        wait_until(lambda: any(port.get("door") == "lan" for port in
                               lab.call("port.list")["ports"]), "slirpvde is in")
        offered = []
        for number in range(17):
            lab.call("port.set", {"name": "alice", "mac": f"02:00:00:00:01:{number:02x}"})
            offered.append(lease(lab, "alice").get("ip"))
        assert offered == [f"10.0.2.{number}" for number in range(15, 31)] + [None]
        lab.call("port.set", {"name": "alice", "mac": "02:00:00:00:01:03"})
        assert lease(lab, "alice")["ip"] == "10.0.2.18", "a station that comes back has its own"
        lab.exec("alice", "ip", "address", "add", "10.0.2.18/24", "dev", "alice")
        assert lab.ping("alice", "10.0.2.2")
        assert not lab.ping("alice", "10.0.2.3"), "the name server"


# ---- vde_switch ----------------------------------------------------------------------------------


@contextlib.contextmanager
def vde_guest(lab, place, name):
    """A client of vde_switch, which sends and hears frames."""
    guest = Datagrams(lab, lab.directory / name)
    with guest.join(place):
        yield guest
    guest.close()


def test_vde_switch_cuts_long_frames_and_lets_reserved_addresses_cross(lab):
    place = lab.directory / "vde_switch"
    with running("vde_switch", "-s", place):
        wait_until((place / "ctl").exists, "vde_switch is there")
        with vde_guest(lab, place, "one") as one, vde_guest(lab, place, "two") as two:
            for size, heard in ((1518, 1518), (1519, 1518), (2000, 1518)):
                data = frame(ALICE, EVERYBODY, size=size - 14)
                one.send(Sent(data))
                assert two.receive().data == data[:heard]
            for last in range(16):
                data = frame(ALICE, f"01:80:c2:00:00:{last:02x}")
                one.send(Sent(data))
                assert two.receive().data == data, f"without -F, {last:02x}"


def test_vde_switch_lets_two_share_a_port_and_a_door_does_not(lab):
    place = lab.directory / "vde_switch"
    with running("vde_switch", "-s", place, "-M", lab.directory / "manage"):
        wait_until((place / "ctl").exists, "vde_switch is there")
        with running("vde_plug", f"{place}[3]") as one, running("vde_plug", f"{place}[3]") as two:
            wait_until(lambda: sharers(lab.directory / "manage", 3) == 2, "both are on port 3")
            assert one.poll() is None and two.poll() is None
    door = lab.directory / "door"
    lab.call("port.add", {"name": "lan", "type": "vde", "directory": str(door)})
    with running("vde_plug", f"{door}[3]"):
        wait_until(lambda: "lan.3" in [port["name"] for port in lab.call("port.list")["ports"]],
                   "the first is in")
        with running("vde_plug", f"{door}[3]") as second:
            assert second.wait(10) != 0


def sharers(management, port):
    """How many clients vde_switch has on a port."""
    with socket.socket(socket.AF_UNIX) as control:
        control.settimeout(DEADLINE)
        control.connect(str(management))
        control.sendall(b"port/allprint\n")
        told = b""
        while b"1000 Success" not in told:
            told += control.recv(1 << 16)
    part = re.search(rf"^Port 0*{port} .*?(?=^Port|^\.|\Z)", told.decode(), re.M | re.S)
    return part[0].lower().count("endpoint") if part else 0


# ---- the kernel's bridge -------------------------------------------------------------------------


def stations_on_a_bridge(lab, *names):
    lab.namespace("bridge")
    lab.exec("bridge", "ip", "link", "add", "br0", "type", "bridge")
    lab.exec("bridge", "ip", "link", "set", "br0", "up")
    for short in names:
        lab.namespace(short)
        lab.exec("bridge", "ip", "link", "add", f"to-{short}", "type", "veth", "peer", "name",
                 short, "netns", lab.name_of(short))
        lab.exec(short, "ip", "link", "set", short, "up")
        lab.exec("bridge", "ip", "link", "set", f"to-{short}", "master", "br0", "up")
        state = f"/sys/class/net/to-{short}/brport/state"
        wait_until(lambda path=state: run(
            "ip", "netns", "exec", lab.name_of("bridge"), "cat", path).stdout == "3\n",
                   "the bridge forwards")


def test_kernel_bridge_forwards_some_reserved_addresses_and_the_switch_none(lab):
    for short in ("alice", "bob"):
        join_without_address(lab, short)
    stations_on_a_bridge(lab, "carol", "dave")
    sent = [frame(ALICE, f"01:80:c2:00:00:{last:02x}") for last in range(16)]
    with contextlib.closing(Capture(lab, "dave")) as capture:
        transmit(lab, "carol", *sent)
        assert capture.arrived() == sent[:1], "without a spanning tree"
    lab.exec("bridge", "ip", "link", "set", "br0", "type", "bridge", "group_fwd_mask", 0xFFF8)
    with contextlib.closing(Capture(lab, "dave")) as capture:
        transmit(lab, "carol", *sent)
        assert capture.arrived() == [sent[0], *sent[3:]], "all that it can be told to"
    assert deliver(lab, "alice", sent, ["bob"])["bob"] == []
    lab.call("switch.set", {"name": "sw0", "forward_reserved": ["stp"]})
    assert deliver(lab, "alice", sent, ["bob"])["bob"] == sent[:1]
