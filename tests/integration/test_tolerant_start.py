# SPDX-License-Identifier: Apache-2.0
"""A start with ports that cannot be opened yet: everything else runs, and they come to life when what
they need is there."""

import json
import os

import pytest

from far_ends import Stream
from frames import BOB, EVERYBODY, frame
from lab import program, run, state, wait_until
from super_frames import Sent


def write(lab, ports):
    file = lab.directory / "lab.json"
    file.write_text(json.dumps({"version": 1, "switches": {"sw0": {"ports": ports}}}))
    return file


def port_of(lab, name):
    return lab.call("port.get", {"name": name})


def becomes(lab, name, wanted):
    wait_until(lambda: state(lab, name) == wanted, f"{name} is {wanted}")


def station(lab, short, address):
    return {"type": "tap", "namespace": lab.name_of(short), "addresses": [address]}


def write_all_kinds(lab):
    """A document of a port that can be opened, and of one for each thing that is not there."""
    return write(lab, {
        "host": {"type": "tap", "addresses": ["10.0.0.1/24"]},
        "alice": station(lab, "alice", "10.0.0.2/24"),
        "card": {"type": "interface", "interface": "enp9"},
        "vm": {"type": "qemu", "listen": f"unix:{lab.directory}/place/vm.sock"},
        "lan": {"type": "vde", "directory": f"{lab.directory}/place/lan"},
        "taken": {"type": "tap", "addresses": ["10.0.0.9/24"]}})


def test_ports_come_to_life_when_what_they_need_is_there(empty_lab):
    lab = empty_lab
    file = write_all_kinds(lab)
    document = json.loads(file.read_text())["switches"]["sw0"]["ports"]
    owner = lab.open_tap("switch", "taken")
    lab.start("--config", file)
    assert state(lab, "host") == "up"
    for name, why in {"alice": "ip netns add", "card": "enp9", "vm": "No such file",
                      "lan": "No such file", "taken": "busy"}.items():
        port = port_of(lab, name)
        assert port["state"] == "lost" and why in port["lost_because"], port
        assert f"port {name} is lost until it can be opened: " in lab.log()
    assert "lost_because" not in port_of(lab, "host")
    assert lab.call("config.get")["switches"]["sw0"]["ports"] == document
    lab.call("config.save")
    assert json.loads(file.read_text())["switches"]["sw0"]["ports"] == document

    lab.namespace("alice")
    becomes(lab, "alice", "up")
    assert lab.exec("alice", "ping", "-c", 1, "-W", 1, "10.0.0.1").returncode == 0

    run("ip", "-n", lab.switch, "link", "add", "enp9", "up", "type", "veth", "peer", "name", "there")
    lab.namespace("carol")
    run("ip", "-n", lab.switch, "link", "set", "there", "netns", lab.name_of("carol"))
    run("ip", "-n", lab.name_of("carol"), "link", "set", "there", "up")
    run("ip", "-n", lab.name_of("carol"), "addr", "add", "10.0.0.3/24", "dev", "there")
    becomes(lab, "card", "up")
    assert lab.exec("carol", "ping", "-c", 1, "-W", 1, "10.0.0.2").returncode == 0

    (lab.directory / "place").mkdir()
    becomes(lab, "vm", "no_carrier")
    machine = Stream(lab.directory / "place/vm.sock")
    becomes(lab, "vm", "up")
    before = lab.call("stats.get", {"port": "host"})["ports"]["host"]["out_octets"]
    machine.send(Sent(frame(BOB, EVERYBODY)))
    wait_until(lambda: lab.call("stats.get", {"port": "host"})["ports"]["host"]["out_octets"] > before,
               "the machine's frame has crossed")
    machine.close()
    becomes(lab, "lan", "up")
    assert (lab.directory / "place/lan/ctl").exists()

    os.close(owner)
    becomes(lab, "taken", "up")
    assert not lab.call("port.list", {"state": "lost"})["ports"]
    # Each reason is told once, however often a port is tried.
    assert lab.log().count("port vm is lost until") == 1
    assert "port vm cannot be opened yet" not in lab.log(), lab.log()
    assert lab.call("config.get")["switches"]["sw0"]["ports"] == document


def test_strict_start_is_all_or_nothing(empty_lab):
    lab = empty_lab
    ended = run("nsenter", f"--net=/run/netns/{lab.switch}", program("TAPSWITCHD"), "--socket",
                lab.socket, "--strict", "--config", write_all_kinds(lab), check=False)
    assert ended.returncode == 1 and "+ port alice: " in ended.stderr, ended.stderr
    assert not lab.taps() and not lab.socket.exists()


def test_strict_needs_a_document():
    ended = run(program("TAPSWITCHD"), "--strict", check=False)
    assert ended.returncode == 2 and "--strict" in ended.stderr


@pytest.mark.parametrize("port, complaint", [({"worker": 9}, "there is no worker 9"),
                                             ({"queues": 4}, "--workers"),
                                             ({"owner": "nobody-such"}, "nobody-such"),
                                             ({"mtu": 5}, "out of range"),
                                             ({"colour": "red"}, "unknown field")])
def test_what_is_wrong_with_the_document_itself_ends_the_start(empty_lab, port, complaint):
    lab = empty_lab
    file = write(lab, {"host": {}, "wrong": port})
    ended = run("nsenter", f"--net=/run/netns/{lab.switch}", program("TAPSWITCHD"), "--socket",
                lab.socket, "--config", file, check=False)
    assert ended.returncode == 1 and complaint in ended.stderr, ended.stderr
    assert not lab.taps()


def test_port_of_the_command_line_is_there_or_nothing_is(empty_lab):
    """Whoever asks for it by hand waits for it."""
    lab = empty_lab
    owner = lab.open_tap("switch", "taken")
    ended = run("nsenter", f"--net=/run/netns/{lab.switch}", program("TAPSWITCHD"), "--socket",
                lab.socket, "--port", "host", "--port", "taken", check=False)
    os.close(owner)
    assert ended.returncode == 1 and "taken" in ended.stderr, ended.stderr
    assert not lab.taps()


def test_running_switch_is_changed_whole_or_not_at_all(lab):
    file = write(lab, {"host": {}, "alice": station(lab, "alice", "10.0.0.2/24")})
    refused = lab.tapctl("apply", file, check=False)
    assert refused.returncode == 1 and "port alice" in refused.stderr
    assert not lab.call("port.list")["ports"]


def test_successor_awaits_what_its_predecessor_awaited(empty_lab):
    lab = empty_lab
    lab.start("--config", write(lab, {"host": {"addresses": ["10.0.0.1/24"]},
                                      "alice": station(lab, "alice", "10.0.0.2/24")}))
    before = port_of(lab, "alice")["lost_because"]
    lab.take_over()
    assert port_of(lab, "alice")["lost_because"] == before
    lab.namespace("alice")
    becomes(lab, "alice", "up")
    assert lab.exec("alice", "ping", "-c", 1, "-W", 1, "10.0.0.1").returncode == 0


def test_tapctl_tells_why_a_port_is_lost(empty_lab):
    lab = empty_lab
    lab.start("--config", write(lab, {"alice": station(lab, "alice", "10.0.0.2/24")}))
    assert "lost" in lab.tapctl("port").stdout
    shown = lab.tapctl("port", "get", "alice").stdout
    assert "lost because" in shown and "ip netns add" in shown, shown
