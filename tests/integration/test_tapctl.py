# SPDX-License-Identifier: Apache-2.0
"""tapctl as people type it, against a daemon with TAPs: words, tables, --json, exit statuses."""

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import time

import pytest

from lab import program, run

DONE, REFUSED, WRONG_USAGE, NO_DAEMON = range(4)
STATION = "02:00:00:00:00:0a"


@pytest.fixture
def net(lab):
    """Two access ports and a trunk, as a person makes them."""
    lab.namespace("alice")
    lab.tapctl("port", "add", "alice", "--namespace", lab.name_of("alice"),
               "--address", "10.0.10.1/24", "--vlan", "10")
    lab.tapctl("port", "add", "bob", "--vlan", "10")
    lab.tapctl("port", "add", "uplink", "--trunk", "10,20", "--native", "1")
    return lab


def refusal(lab, *words, status=REFUSED):
    """What tapctl says to stderr where it must fail, with nothing on stdout."""
    done = lab.tapctl(*words, check=False)
    assert (done.returncode, done.stdout) == (status, ""), done
    assert done.stderr.startswith("tapctl: "), done.stderr
    return done.stderr


def as_json(lab, *words):
    return json.loads(lab.tapctl("--json", *words).stdout)


def rows(text):
    """The cells of each line of a table, which two spaces part."""
    return [re.split(r" {2,}", line.strip()) for line in text.splitlines()]


def on_terminal(lab, *words, columns=80):
    """What tapctl prints to a terminal so wide."""
    ours, theirs = pty.openpty()
    try:
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        done = subprocess.run([program("TAPCTL"), "--socket", str(lab.socket), *words],
                              stdin=subprocess.DEVNULL, stdout=theirs, timeout=10, check=False)
        assert done.returncode == DONE
        return os.read(ours, 65536).decode().replace("\r\n", "\n")
    finally:
        os.close(ours)
        os.close(theirs)


# ---- nouns and verbs ---------------------------------------------------------------------------


def test_ports_from_adding_to_removing(lab):
    assert lab.tapctl("port").stdout == "no ports\n"
    assert lab.tapctl("port", "add", "a", "--vlan", "10").stdout.startswith("added port a (")
    assert lab.call("port.get", {"name": "a"})["vlan"]["pvid"] == 10
    assert rows(lab.tapctl("port").stdout)[0] == ["PORT", "SWITCH", "STATE", "VLAN", "RX", "TX",
                                                  "DROPS"]
    assert rows(lab.tapctl("port", "list").stdout)[1][:2] == ["a", "sw0"]
    assert lab.tapctl("port", "list", "--vlan", "20").stdout == "no ports\n"
    assert re.search(r"^vlan pvid: +10$", lab.tapctl("port", "get", "a").stdout, re.M)
    assert lab.tapctl("port", "set", "a", "--mtu", "1400", "--learning", "no").stdout.startswith(
        "changed port a (")
    port = lab.call("port.get", {"name": "a"})
    assert (port["link"]["mtu"], port["learning"]) == (1400, False)
    assert lab.tapctl("port", "set", "a", "--down").stdout == "changed port a (down, VLAN 10)\n"
    assert lab.tapctl("port", "remove", "a", "--dry-run").stdout.startswith("would do: ")
    assert lab.tapctl("port", "remove", "a").stdout == "removed port a\n"
    assert lab.taps() == []


def test_switches_from_adding_to_removing(lab):
    assert lab.tapctl("switch", "add", "sw1", "--ageing-seconds", "60").stdout == \
        "added switch sw1\n"
    assert rows(lab.tapctl("switch").stdout)[2][:2] == ["sw1", "0"]
    assert re.search(r"^fdb ageing seconds: +60$", lab.tapctl("switch", "get", "sw1").stdout, re.M)
    lab.tapctl("switch", "set", "sw1", "--forward-reserved", "lldp,stp")
    assert sorted(lab.call("switch.get", {"name": "sw1"})["forward_reserved"]) == ["lldp", "stp"]
    assert lab.tapctl("switch", "remove", "sw1").stdout == "removed switch sw1\n"


def test_switch_with_ports_goes_with_force_as_the_error_says(net):
    said = refusal(net, "switch", "remove", "sw0")
    assert "has 3 ports" in said and "--force" in said
    assert net.tapctl("switch", "remove", "sw0", "--force").stdout == "removed switch sw0\n"
    assert net.taps() == []


def test_vlans_are_named_and_listed(net):
    assert net.tapctl("vlan", "set", "10", "--name", "office").stdout == \
        "VLAN 10 is called office\n"
    table = rows(net.tapctl("vlan").stdout)
    assert table[0] == ["VLAN", "NAME", "UNTAGGED", "TAGGED", "STATIONS", "FRAMES"]
    assert ["10", "office", "alice, bob", "uplink"] in [row[:4] for row in table]
    assert net.tapctl("vlan", "set", "10", "--name", "none").stdout == "VLAN 10 has no name now\n"
    net.tapctl("vlan", "set", "10", "--name", "true")
    assert net.call("vlan.list")["vlans"][1]["name"] == "true"


def test_stations_are_added_listed_flushed_and_removed(net):
    for number in ("0a", "0b"):
        net.tapctl("fdb", "add", f"02:00:00:00:00:{number}", "--vlan", "10", "--port", "bob")
    assert rows(net.tapctl("fdb").stdout)[:2] == [
        ["MAC", "VLAN", "PORT", "KIND", "AGE"], [STATION, "10", "bob", "static", "-"]]
    assert net.tapctl("fdb", "list", "--port", "alice", "--kind", "static").stdout == \
        "no stations\n"
    assert net.tapctl("fdb", "remove", STATION, "--vlan", "10").stdout == \
        f"removed {STATION} from VLAN 10\n"
    assert net.tapctl("fdb", "flush", "--kind", "static").stdout == "removed 1 entry\n"


def test_statistics_tell_the_kinds_of_frames_and_why_some_were_dropped(net):
    net.exec("alice", "ping", "-c", "1", "-W", "1", "10.0.10.9", check=False)
    net.tapctl("port", "set", "bob", "--vlan", "30")
    net.tapctl("port", "set", "uplink", "--trunk", "20")
    net.exec("alice", "ping", "-c", "1", "-W", "1", "10.0.10.8", check=False)
    one = net.tapctl("stats", "get", "alice").stdout
    table = {row[0]: row[1:] for row in rows(one)}
    counts = net.call("stats.get", {"port": "alice"})["ports"]["alice"]
    assert table["broadcast"] == [str(counts["in_broadcast"]), str(counts["out_broadcast"])]
    assert counts["in_broadcast"] > 0 and counts["drops"]["no_egress"] > 0
    assert "no_egress" in one and "to be flooded, but no other port takes it" in one
    every = net.tapctl("stats").stdout
    # The kernel may have asked for the address once more since.
    shown = re.search(r"\((\d+) no_egress", every)
    assert shown and int(shown[1]) >= counts["drops"]["no_egress"]
    assert "to be flooded, but no other port takes it" in every
    assert rows(net.tapctl("stats", "rates", "bob").stdout)[1][0] == "bob"
    assert rows(net.tapctl("stats", "get", "--vlan", "10").stdout)[0] == \
        ["SWITCH", "IN FRAMES", "IN OCTETS"]


def test_trace_shows_each_step(net):
    text = net.tapctl("trace", "alice", "ff:ff:ff:ff:ff:ff").stdout
    assert re.search(r"^ +1\. .* come in by port alice$", text, re.M)
    assert "  => " in text
    frame = "ffffffffffff0200000000010800" + "00" * 46
    assert "02:00:00:00:00:01" in net.tapctl("trace", "alice", "--frame", frame).stdout


def test_words_of_their_own(lab):
    assert f"{lab.daemon.pid}" in lab.tapctl("info").stdout
    assert json.loads(lab.tapctl("discover").stdout)["openrpc"]
    assert json.loads(lab.tapctl("config").stdout)["version"] == 1
    assert lab.tapctl("shutdown").stdout == "the daemon shuts down\n"
    assert lab.daemon.wait(10) == 0


def test_shutdown_is_over_when_it_returns(lab):
    for number in range(20):
        lab.call("port.add", {"name": f"port{number}"})
    lab.tapctl("shutdown")
    assert lab.taps() == []
    assert lab.daemon.poll() == 0


def test_planned_shutdown_is_not_waited_for(lab):
    began = time.monotonic()
    assert lab.tapctl("shutdown", "--dry-run").returncode == 0
    assert time.monotonic() - began < 5
    assert lab.daemon.poll() is None


def test_any_method_can_be_called_by_its_name(net):
    assert json.loads(net.tapctl("call", "port.get", '{"name": "bob"}').stdout)["name"] == "bob"
    done = subprocess.run([program("TAPCTL"), "--socket", str(net.socket), "call", "port.get", "-"],
                          input='{"name": "bob"}', capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["name"] == "bob"
    assert "did you mean port.get?" in refusal(net, "call", "port.gte")


# ---- a part of a VLAN setting ------------------------------------------------------------------


def test_native_or_allowed_alone_leaves_the_rest_of_a_trunk(net):
    net.tapctl("port", "set", "uplink", "--native", "20", "--native-tagged")
    net.tapctl("port", "set", "uplink", "--allowed", "10,30-40")
    assert net.call("port.get", {"name": "uplink"})["vlan"] == {
        "mode": "trunk", "native": 20, "native_tagged": True, "allowed": "10,30-40",
        "acceptable": "all"}
    assert as_json(net, "port", "set", "uplink", "--native", "none")["vlan"]["native"] is None
    assert net.tapctl("port", "set", "uplink", "--native", "7", "--dry-run").stdout.startswith(
        "would do: ")
    assert net.call("port.get", {"name": "uplink"})["vlan"]["native"] is None


def test_native_alone_on_an_access_port_says_what_to_add(net):
    said = refusal(net, "port", "set", "alice", "--native", "20")
    assert "--native is for a trunk" in said
    assert "'alice' is an access port of VLAN 10" in said
    assert "add --trunk" in said
    assert "port" in refusal(net, "port", "set", "nobody", "--native", "20")
    net.tapctl("port", "set", "alice", "--trunk", "10", "--native", "20")
    assert net.call("port.get", {"name": "alice"})["vlan"]["mode"] == "trunk"


# ---- output ------------------------------------------------------------------------------------


def test_json_is_the_result_of_the_method_unaltered(net):
    for words, method, params in [
            (("port", "get", "alice"), "port.get", {"name": "alice"}),
            (("switch",), "switch.list", {}),
            (("vlan",), "vlan.list", {}),
            (("config", "get", "--format", "full"), "config.get", {"format": "full"}),
            (("trace", "alice", "ff:ff:ff:ff:ff:ff"), "frame.trace",
             {"port": "alice", "frame": {"src": "02:74:61:70:73:77", "dst": "ff:ff:ff:ff:ff:ff"}})]:
        assert as_json(net, *words) == net.call(method, params)
        assert len(net.tapctl("--json", *words).stdout.splitlines()) == 1


def test_options_of_every_command_stand_anywhere(net):
    expected = net.tapctl("--json", "port", "get", "bob").stdout
    for words in (("port", "--json", "get", "bob"), ("port", "get", "--json", "bob"),
                  ("port", "get", "bob", "--json", "--no-color")):
        assert net.tapctl(*words).stdout == expected


def test_vlans_are_cut_on_a_terminal_alone(net):
    vlans = ",".join(str(number) for number in range(2, 200, 2))
    net.tapctl("port", "set", "uplink", "--trunk", vlans)
    assert f"trunk {vlans}" in net.tapctl("port").stdout
    for columns in (80, 120):
        lines = re.sub(r"\x1b\[\d*m", "", on_terminal(net, "port", columns=columns)).splitlines()
        assert "..." in lines[-1]
        # The table is as wide as the terminal, whichever of its lines is the widest.
        assert max(map(len, lines)) <= columns
    assert f"trunk {vlans}" in on_terminal(net, "port", columns=1000)


def test_large_counts_are_rounded_on_a_terminal_unless_exact(net):
    net.exec("alice", "ip", "neigh", "add", "10.0.10.9", "lladdr", STATION, "dev", "alice")
    net.exec("alice", "ping", "-q", "-c", "200", "-i", "0.001", "-s", "1400", "-W", "1",
             "10.0.10.9", check=False)
    octets = net.call("stats.get", {"port": "alice"})["ports"]["alice"]["in_octets"]
    assert octets > 200_000
    assert str(octets) in net.tapctl("stats").stdout
    assert str(octets) not in on_terminal(net, "stats")
    assert re.search(r"\d k", on_terminal(net, "stats", "get", "alice"))
    assert str(octets) in on_terminal(net, "stats", "--exact")


def test_colour_is_for_terminals_that_want_it(net, monkeypatch):
    assert "\x1b[" not in net.tapctl("port").stdout
    assert "\x1b[" in on_terminal(net, "port")
    assert "\x1b[" not in on_terminal(net, "port", "--no-color")
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in on_terminal(net, "port")


def test_reader_that_has_enough_is_no_error_to_talk_about(net):
    ours, theirs = os.pipe()
    os.close(ours)
    done = subprocess.run([program("TAPCTL"), "--socket", str(net.socket), "port"],
                          stdout=theirs, stderr=subprocess.PIPE, timeout=10, check=False)
    os.close(theirs)
    assert (done.returncode, done.stderr) == (-signal.SIGPIPE, b"")
    command = f"set -o pipefail; {program('TAPCTL')} --socket {net.socket} port list | head -1"
    done = run("bash", "-c", command, check=False)
    assert done.stdout.startswith("PORT") and done.stderr == ""


@pytest.mark.parametrize("words", [("port",), ("--json", "port"), ("--help",), ("--version",)])
def test_full_disk_is_told(lab, words):
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([program("TAPCTL"), "--socket", str(lab.socket), *words],
                              stdout=full, stderr=subprocess.PIPE, text=True, timeout=10,
                              check=False)
    assert done.returncode == REFUSED
    assert done.stderr == "tapctl: cannot write the output: No space left on device\n"


# ---- help --------------------------------------------------------------------------------------


def test_help_at_every_level(lab):
    for words in (("--help",), ("help",), ("call", "--help")):
        assert "Usage: tapctl" in lab.tapctl(*words).stdout
    assert re.match(r"tapctl \d+\.\d+", lab.tapctl("--version").stdout)
    methods = lab.call("rpc.discover")["methods"]
    for method in methods:
        noun, verb = method["name"].split(".")
        assert f"  {verb}" in lab.tapctl(noun, "--help").stdout
        text = lab.tapctl(noun, verb, "--help").stdout
        assert text.startswith("Usage: tapctl ")
        assert f"(method {method['name']})" in " ".join(text.split())
        assert " VALUE" not in text


def test_help_needs_no_daemon(empty_lab):
    for words in (("--help",), ("port", "--help"), ("port", "add", "-h"), ("--version",)):
        assert empty_lab.tapctl(*words).stdout


# ---- errors ------------------------------------------------------------------------------------


@pytest.mark.parametrize("words, says", [
    ((), "a command is missing"),
    (("prot",), "did you mean 'port'?"),
    (("port", "gte", "alice"), "did you mean 'get'?"),
    (("s",), '"s" may be one of system, switch, '),
    (("port", "shwo"), "Try 'tapctl port --help'."),
    (("port", "add", "a", "--vlna", "1"), "did you mean '--vlan'"),
    (("port", "add", "a", "--vlan", "5000"), "--vlan: 5000 is out of range (allowed: 1..4094)"),
    (("port", "add", "a", "--mtu"), "--mtu"),
    (("port", "add", "a b"), 'NAME: "a b" is not a valid name (allowed: 1 to 32 of A-Z'),
    (("port", "add", "a" * 100_000), "is not a valid name (allowed: 1 to 32 of A-Z"),
    (("port", "add", b"\xff\xfe"), "NAME: "),
    (("port", "add", "a", "--description", b"caf\xe9"), "--description: "),
    (("port", "add", "a", "--description", "x" * 256), "--description: "),
    (("call", "port.get", b'{"name": "\xff"}'), "the parameters are no JSON"),
    (("trace", "a", STATION, "--frame", "00"), "DST cannot stand beside --frame"),
    (("trace", "a", "--frame", "zz"), "--frame: "),
    (("switch", "remove"), "NAME: missing"),
])
def test_wrong_usage_is_told_before_the_daemon_is_asked(empty_lab, words, says):
    done = subprocess.run([program("TAPCTL"), "--socket", str(empty_lab.socket), *words],
                          capture_output=True, timeout=10, check=False)
    assert done.returncode == WRONG_USAGE, done
    assert done.stdout == b""
    said = done.stderr.decode()
    assert says in said
    assert len(said) < 1000 and "--help'." in said


def test_refusal_tells_what_is_wrong(net):
    assert "'nobody'" in refusal(net, "port", "get", "nobody")
    assert "'bob'" in refusal(net, "port", "add", "bob")
    assert "'sw9'" in refusal(net, "port", "add", "x", "--switch", "sw9")
    said = refusal(net, "port", "add", "x", "--namespace", "there-is-none")
    assert "there-is-none" in said
    assert [port["name"] for port in net.call("port.list")["ports"]] == ["alice", "bob", "uplink"]


def test_refusal_names_the_field_as_the_person_did(lab):
    said = refusal(lab, "call", "port.add", '{"name": "x", "vlan": {"mode": "access", "pvid": 0}}')
    assert "vlan.pvid: 0 is out of range (allowed: 1..4094)" in said


def test_no_daemon_is_3_and_says_how_to_start_one(empty_lab):
    for words in (("port",), ("--json", "port"), ("port", "set", "a", "--native", "2"),
                  ("call", "port.list")):
        said = refusal(empty_lab, *words, status=NO_DAEMON)
        assert f"no daemon at {empty_lab.socket}" in said and "tapswitchd" in said
    long_path = empty_lab.directory / ("x" * 200)
    done = run(program("TAPCTL"), "--socket", long_path, "port", check=False)
    assert done.returncode == NO_DAEMON and "File name too long" in done.stderr


def test_socket_of_the_environment_gives_way_to_the_option(lab, monkeypatch):
    monkeypatch.setenv("TAPSWITCH_SOCKET", str(lab.socket))
    assert run(program("TAPCTL"), "port").stdout == "no ports\n"
    monkeypatch.setenv("TAPSWITCH_SOCKET", str(lab.directory / "nobody.sock"))
    assert run(program("TAPCTL"), "port", check=False).returncode == NO_DAEMON
    assert lab.tapctl("port").stdout == "no ports\n"
