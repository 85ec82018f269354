# SPDX-License-Identifier: Apache-2.0
"""A node of kind nat leads out of a lab, to whatever the machine reaches.

The machine is a namespace, in which tapctl is called; what it reaches is another, with a server. So
no test depends on what the machine that runs it can reach.
"""

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from lab import die_with_the_test, run, wait_until
from rootless_user import require_user_namespaces, user

MACHINE, OUTSIDE = "198.51.100.2", "198.51.100.1"
MACHINE6, OUTSIDE6 = "2001:db8:7::2", "2001:db8:7::1"

# Puts what udhcpc has been given on the interface.
UDHCPC = """#!/bin/sh
case $1 in
  bound | renew)
    ip address replace "$ip/$mask" dev "$interface"
    ip route replace default via "$router"
    ;;
esac
"""


class World:
    """The machine and what is outside of it."""

    def __init__(self, namespaces, directory):
        self._namespaces = namespaces
        self._servers = []
        self.directory = Path(directory)
        self.machine = namespaces.namespace("machine", ipv6=True)
        self.outside = namespaces.namespace("outside", ipv6=True)
        run("ip", "-n", self.machine, "link", "add", "up0", "type", "veth", "peer", "up0", "netns",
            self.outside)
        for name, address, address6 in ((self.machine, MACHINE, MACHINE6),
                                        (self.outside, OUTSIDE, OUTSIDE6)):
            run("ip", "-n", name, "address", "add", f"{address}/24", "dev", "up0")
            run("ip", "-n", name, "address", "add", f"{address6}/64", "dev", "up0", "nodad")
            run("ip", "-n", name, "link", "set", "up0", "up")
        run("ip", "-n", self.machine, "route", "add", "default", "via", OUTSIDE)
        self.page("outside", "hello from outside")
        self.serve("outside", "busybox", "httpd", "-f", "-p", "80", "-h", self.directory / "outside")
        self.script = self.directory / "udhcpc"
        self.script.write_text(UDHCPC)
        self.script.chmod(0o755)

    def page(self, name, text):
        """A directory with a page that a server may show."""
        directory = self.directory / name
        directory.mkdir()
        (directory / "index.html").write_text(text)
        directory.chmod(0o755)

    def serve(self, short, *command):
        self._servers.append(subprocess.Popen(
            self._namespaces.command_in(short, *command), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=die_with_the_test))

    def under(self, short="machine"):
        return tuple(self._namespaces.command_in(short))

    def fetch(self, short, url, check=True):
        return self._namespaces.exec(short, *fetching(url), check=check).stdout

    def rules(self, short="machine"):
        return self._namespaces.exec(short, "nft", "list", "ruleset").stdout

    def links(self):
        return run("ip", "-n", self.machine, "-br", "link").stdout

    def remove(self):
        for server in self._servers:
            server.kill()
            server.wait()


# Fetches a page, past whatever proxy the machine has.
FETCH = """
import sys, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
sys.stdout.write(opener.open(sys.argv[1], timeout=5).read().decode())
"""


def fetching(url):
    return "python3", "-I", "-c", FETCH, url


@pytest.fixture
def world(empty_lab, tmp_path):
    tmp_path.chmod(0o755)
    world = World(empty_lab, empty_lab.directory)
    world.directory.chmod(0o755)
    try:
        yield world
    finally:
        world.remove()


# A server that says what it is told, and a client of it.
ECHO = """
import socket
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
    server.bind(("", 7))
    while True:
        data, sender = server.recvfrom(2000)
        server.sendto(data, sender)
"""
ASK = """
import socket, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
    client.settimeout(5)
    client.sendto(b"who is there", (sys.argv[1], int(sys.argv[2])))
    print(client.recv(2000).decode(), end="")
"""


def way_out(world, **settings):
    """alice asks for an address, web has one and serves a page."""
    if not (world.directory / "web").exists():
        world.page("web", "hello from web")
    return {"switches": {"sw0": {}},
            "nodes": {"uplink": {"kind": "nat", **settings},
                      "alice": {"commands": [["busybox", "udhcpc", "-i", "eth0", "-n", "-q", "-f",
                                              "-s", str(world.script)]]},
                      "web": {"processes": {"httpd": ["busybox", "httpd", "-f", "-p", "80", "-h",
                                                      str(world.directory / "web")]}}},
            "links": [{"ends": ["uplink:eth0", "sw0"]},
                      {"ends": ["alice:eth0", "sw0"]},
                      {"ends": ["web:eth0", "sw0"], "addresses": ["10.0.2.80/24"]}]}


def test_nodes_reach_what_the_machine_reaches(lab_files, world):
    lab = lab_files.make(way_out(world, forward=["tcp:8022:web:80",
                                                 f"tcp:{MACHINE}:8023:web:80"]))
    before = world.rules(), world.links()
    lab.tapctl("lab", "up", lab.path, under=world.under())
    assert lab.states() == {"uplink": "up", "alice": "up", "web": "up"}
    # By DHCP, and by an address of the lab's own.
    assert "10.0.2.15/24" in lab.exec("alice", "ip", "address", "show", "eth0").stdout
    for node in ("alice", "web"):
        assert lab.exec(node, *fetching(f"http://{OUTSIDE}/")).stdout == "hello from outside"
    # By the name of a node.
    lab.exec("alice", "ping", "-c", "1", "-W", "2", "web")
    assert "10.0.2.15" in lab.exec("web", "getent", "ahostsv4", "alice").stdout
    # From the machine, and from elsewhere by its address.
    assert world.fetch("machine", "http://127.0.0.1:8022/") == "hello from web"
    assert world.fetch("outside", f"http://{MACHINE}:8023/") == "hello from web"
    assert world.fetch("outside", f"http://{MACHINE}:8022/", check=False) == ""
    # A server at the machine's loopback is nobody else's.
    world.serve("machine", "busybox", "httpd", "-f", "-p", "127.0.0.1:81", "-h", world.directory / "web")
    wait_until(lambda: world.fetch("machine", "http://127.0.0.1:81/", check=False), "it answers")
    for router in ("10.0.2.2", "169.254.77.1"):
        assert lab.exec("alice", "timeout", "1", *fetching(f"http://{router}:81/"),
                        check=False).returncode != 0
    # The machine's own tables are as they were.
    assert world.rules() == before[0]
    uplink = next(node for node in lab.status()["nodes"] if node["name"] == "uplink")
    assert uplink["kind"] == "nat" and set(uplink["processes"]) == {"dnsmasq", "pasta"}
    assert "no difference" in lab.tapctl("lab", "up", lab.path, under=world.under()).stdout
    lab.down()
    lab.assert_nothing_is_left()
    # The kernel takes what was in namespaces away in its own time.
    wait_until(lambda: (world.rules(), world.links()) == before, "all is as it was")


def test_datagrams_leave_and_come_in(lab_files, world):
    document = way_out(world, forward=["udp:8007:web:7"])
    document["nodes"]["web"].update(
        processes={"echo": ["python3", "-I", "-c", ECHO]},
        ready={"command": "ss -lun | grep -q ':7 '"})
    world.serve("outside", "python3", "-I", "-c", ECHO)
    wait_until(lambda: ":7 " in run(*world.under("outside"), "ss", "-lun").stdout, "somebody is there")
    lab = lab_files.make(document)
    lab.tapctl("lab", "up", lab.path, under=world.under())
    asking = ("python3", "-I", "-c", ASK)
    assert lab.exec("alice", *asking, OUTSIDE, "7").stdout == "who is there"
    assert run(*world.under(), *asking, "127.0.0.1", "8007").stdout == "who is there"


def test_names_of_the_world_are_asked_of_servers_outside(lab_files, world):
    world.serve("outside", "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv",
                "--no-hosts", "--user=root", "--pid-file=", f"--listen-address={OUTSIDE}",
                "--bind-interfaces", "--address=/www.example.test/192.0.2.80")
    lab = lab_files.make(way_out(world, dns=[OUTSIDE]))
    lab.tapctl("lab", "up", lab.path, under=world.under())
    wait_until(lambda: "192.0.2.80" in lab.exec("alice", "getent", "ahostsv4", "www.example.test",
                                                check=False).stdout, "the name is known")
    # A name of the lab's own kind is nobody's business outside.
    assert lab.exec("alice", "getent", "ahostsv4", "nobody-here", check=False).returncode != 0


def test_ipv6_is_told_by_advertisements(lab_files, world):
    run("ip", "-n", world.machine, "-6", "route", "add", "default", "via", OUTSIDE6)
    lab = lab_files.make(way_out(world))
    lab.tapctl("lab", "up", lab.path, under=world.under())
    wait_until(lambda: "fd00::" in lab.exec("alice", "ip", "-6", "-br", "address", "show", "-tentative",
                                            "dev", "eth0").stdout, "alice has an address")
    wait_until(lambda: "default" in lab.exec("alice", "ip", "-6", "route").stdout, "and a route")
    assert lab.exec("alice", *fetching(f"http://[{OUTSIDE6}]/")).stdout == "hello from outside"


def test_machine_without_a_route_has_a_lab_with_an_uplink(lab_files, world):
    run("ip", "-n", world.machine, "route", "del", "default")
    lab = lab_files.make(way_out(world, ipv6=False, subnet="192.168.77.0/27"))
    document = json.loads(lab.path.read_text())
    document["links"][2]["addresses"] = ["192.168.77.8/27"]
    lab.write(document)
    lab.tapctl("lab", "up", lab.path, under=world.under())
    assert lab.exec("alice", *fetching(f"http://{OUTSIDE}/")).stdout == "hello from outside"
    assert lab.exec("alice", *fetching("http://192.168.77.8/")).stdout == "hello from web"


def pid_of(lab, process):
    return next(node["processes"][process] for node in lab.status()["nodes"]
                if node["name"] == "uplink")


def test_uplink_is_repaired_and_restarted(lab_files, world):
    lab = lab_files.make(way_out(world, forward=["tcp:8022:web:80"]))
    lab.tapctl("lab", "up", lab.path, under=world.under())
    for process in ("pasta", "dnsmasq"):
        pid = pid_of(lab, process)
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: lab.states()["uplink"] == "degraded", "it is missed")
        done = lab.tapctl("lab", "up", lab.path, under=world.under())
        assert f"node uplink: '{process}' is started again" in done.stdout
        assert lab.exec("alice", *fetching(f"http://{OUTSIDE}/")).stdout == "hello from outside"
        lab.exec("alice", "ping", "-c", "1", "-W", "2", "web")
    lab.tapctl("lab", "restart", "uplink", "--lab", lab.name, under=world.under())
    assert lab.states()["alice"] == "up"
    assert lab.exec("alice", *fetching(f"http://{OUTSIDE}/")).stdout == "hello from outside"
    assert world.fetch("machine", "http://127.0.0.1:8022/") == "hello from web"
    lab.down()
    lab.assert_nothing_is_left()


def test_uplink_comes_and_goes_while_the_lab_is_up(lab_files, world):
    whole = way_out(world)
    whole["nodes"]["alice"] = {}
    whole["links"][1]["addresses"] = ["10.0.2.20/24"]
    without = {**whole, "nodes": {name: node for name, node in whole["nodes"].items()
                                  if name != "uplink"}, "links": whole["links"][1:]}
    lab = lab_files.make(without)
    lab.tapctl("lab", "up", lab.path, under=world.under())
    assert "default" not in lab.exec("alice", "ip", "route").stdout
    lab.write(whole)
    lab.tapctl("lab", "up", lab.path, under=world.under())
    assert lab.exec("alice", *fetching(f"http://{OUTSIDE}/")).stdout == "hello from outside"
    lab.write(without)
    lab.tapctl("lab", "up", lab.path, under=world.under())
    assert lab.states() == {"alice": "up", "web": "up"}
    assert "default" not in lab.exec("alice", "ip", "route").stdout
    assert not {"pasta", "passt.avx2", "dnsmasq"} & set(names_of(lab.processes()))


def test_port_that_is_taken_is_told_and_nothing_is_left(lab_files, world):
    world.serve("machine", "busybox", "httpd", "-f", "-p", "127.0.0.1:8022", "-h", world.directory)
    wait_until(lambda: "8022" in run(*world.under(), "ss", "-ltn").stdout, "the port is taken")
    lab = lab_files.make(way_out(world, forward=["tcp:8022:web:80"]))
    done = lab.tapctl("lab", "up", lab.path, under=world.under(), check=False)
    assert done.returncode == 1
    assert ("node uplink: tcp port 8022 of the machine cannot be had at 127.0.0.1: "
            "Address already in use") in done.stderr, done.stderr
    lab.assert_nothing_is_left()


def test_programs_that_are_missing_are_named_with_what_brings_them(lab_files, world):
    lab = lab_files.make(way_out(world))
    hidden = ("unshare", "-m", "sh", "-c",
              'for each in pasta nft dnsmasq; do mount --bind /dev/null "$(command -v $each)"; done; '
              'exec "$@"', "sh")
    done = lab.tapctl("lab", "up", lab.path, under=hidden, check=False)
    assert done.returncode == 1 and done.stdout == ""
    for name, package in (("pasta", "passt"), ("nft", "nftables"), ("dnsmasq", "dnsmasq-base")):
        assert f"there is no program '{name}' in PATH: 'apt install {package}' brings it" in done.stderr
    lab.assert_nothing_is_left()


def test_user_without_privilege_has_a_way_out(user, world):
    user.under = world.under()
    user.write(way_out(world, forward=["tcp:8022:web:80"]))
    user.tapctl("lab", "up", "--rootless", user.path)
    for node in ("alice", "web"):
        assert user.tapctl("lab", "exec", node, "--",
                           *fetching(f"http://{OUTSIDE}/")).stdout == "hello from outside"
    user.tapctl("lab", "exec", "alice", "--", "ping", "-c", "1", "-W", "2", "web")
    assert world.fetch("machine", "http://127.0.0.1:8022/") == "hello from web"
    user.tapctl("lab", "restart", "uplink")
    assert user.tapctl("lab", "exec", "alice", "--",
                       *fetching(f"http://{OUTSIDE}/")).stdout == "hello from outside"
    assert names_in(world.machine)  # pasta, which may call itself passt.avx2
    user.tapctl("lab", "down")
    assert not list(user.runtime.iterdir())
    wait_until(lambda: not names_in(world.machine), "pasta is gone")


def names_in(name_space):
    """The names of all programs in a network namespace."""
    return names_of(run("ip", "netns", "pids", name_space).stdout.split())


def names_of(pids):
    names = []
    for pid in pids:
        try:
            names.append(Path(f"/proc/{pid}/comm").read_text().strip())
        except OSError:
            pass
    return names


def test_lab_of_the_page_comes_up(lab_files, world):
    """All of it but its machine, whose disk nobody has."""
    page = (Path(__file__).resolve().parents[2] / "docs/labs.md").read_text()
    block = page.partition("## A way out")[2].partition("```json\n")[2].partition("```")[0]
    document = json.loads(block)
    del document["nodes"]["vm1"], document["links"][2]
    lab = lab_files.make(json.dumps(document))
    lab.tapctl("lab", "up", lab.path, under=world.under())
    assert "Regents" in world.fetch("machine", "http://127.0.0.1:8022/BSD")
