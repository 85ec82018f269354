# SPDX-License-Identifier: Apache-2.0
"""Namespaces of a lab have veths where the kernel can forward between them, and TAPs elsewhere."""

import json
import os
import signal
import subprocess

from by_path import ON, standing_still
from lab import older_kernel, program, run, wait_until
from lab_file import PATIENCE, star


def types(lab):
    return {name: port["type"] for name, port in lab.ports().items()}


def state_of_path(lab, port):
    return json.loads(lab.tapctl("--lab", lab.name, "--json", "port", "get", port).stdout)[
        "kernel_path"]


def reaches(lab, node, address):
    return lab.exec(node, "ping", "-c", "1", "-W", "2", address, check=False).returncode == 0


def veths():
    """Those of our namespace, by index: a name may be another's soon."""
    links = json.loads(run("ip", "-json", "link", "show", "type", "veth").stdout or "[]")
    return {link["ifindex"]: link for link in links if link}


def near_ends(lab):
    """The indices of those that lead to the lab's namespaces."""
    numbers = {each.get("id") for each in json.loads(run("ip", "-json", "netns").stdout or "[]")
               if each["name"].startswith(f"{lab.name}-")} - {None}
    return {index for index, link in veths().items() if link.get("link_netnsid") in numbers}


def daemon_of(lab):
    return lab.status()["switches"]["pid"]


def stopped(lab):
    """Its daemon does nothing meanwhile."""
    return standing_still(daemon_of(lab))


def up_with(lab, environment, *options):
    """Brought up with more in the environment."""
    words = [f"{name}={value}" for name, value in environment.items()]
    return lab.tapctl("lab", "up", lab.path, *options, under=("env", *words))


def test_namespaces_reach_each_other_without_the_daemon(lab_files):
    lab = lab_files.make(star(2))
    lab.up()
    assert types(lab) == {"n1": "veth", "n2": "veth"}
    assert state_of_path(lab, "n1") == state_of_path(lab, "n2") == ON
    assert reaches(lab, "n1", "10.97.0.2")
    with stopped(lab):
        assert reaches(lab, "n1", "10.97.0.2") and reaches(lab, "n2", "10.97.0.1")
    with subprocess.Popen(["ip", "netns", "exec", f"{lab.name}-n2", "iperf3", "-s", "-1"],
                          stdout=subprocess.DEVNULL) as server:
        try:
            wait_until(lambda: ":5201" in lab.exec("n2", "ss", "-tln").stdout, "it listens")
            report = lab.exec("n1", "iperf3", "-c", "10.97.0.2", "-t", "1", "-J").stdout
            server.wait(PATIENCE)
        finally:
            server.kill()
    octets = json.loads(report)["end"]["sum_received"]["bytes"]
    assert octets > 10_000_000
    counted = json.loads(lab.tapctl("--lab", lab.name, "--json", "stats", "get", "n2").stdout)
    assert counted["ports"]["n2"]["out_octets"] > octets
    assert "no difference" in lab.up().stdout
    ends = near_ends(lab)
    assert len(ends) == 2
    lab.down()
    assert not ends & veths().keys(), "they are gone when the call returns"
    lab.assert_nothing_is_left()


def test_interface_is_as_a_tap_would_be(lab_files):
    """But for what it is: `type` says so."""
    document = star(1)
    document["nodes"]["n2"] = {
        "interfaces": {"eth0": {"addresses": ["10.97.0.2/24"], "mtu": 1400}}}
    document["links"].append({"ends": ["n2:eth0", "sw0"], "type": "veth"})
    lab = lab_files.make(document)

    def seen():
        link, = json.loads(lab.exec("n2", "ip", "-json", "address", "show", "eth0").stdout)
        own = [address["local"] for address in link["addr_info"] if address["family"] == "inet"]
        return (link["ifname"], link["address"], link["mtu"], set(link["flags"]) - {"LOWER_UP"},
                "LOWER_UP" in link["flags"], own)

    lab.up()
    wait_until(lambda: seen()[4], "it has a carrier")
    as_veth = seen()
    document["links"][1]["type"] = "tap"
    lab.write(document)
    changed = lab.up().stdout
    assert "~ node n2: made anew, for its eth0 is of another type" in changed, changed
    assert "n1" not in changed
    assert types(lab) == {"n1": "veth", "n2": "tap"}
    wait_until(lambda: seen()[4], "it has a carrier")
    assert seen() == as_veth
    assert reaches(lab, "n1", "10.97.0.2")


def test_two_nodes_on_a_wire_have_taps(lab_files):
    """Nothing is learned there, so the kernel would not know where to."""
    lab = lab_files.make({"nodes": {"a": {}, "b": {"interfaces": {"eth0": {
        "addresses": ["10.97.0.2/24"]}}}}, "links": [{"ends": ["a:eth0", "b:eth0"]}]})
    lab.up()
    assert types(lab) == {"a": "tap", "b": "tap"}


def test_daemon_that_was_killed_comes_back_to_the_pairs(lab_files):
    lab = lab_files.make(star(2, routes=["default via 10.97.0.254"]))
    lab.up()
    lab.exec("n1", "ip", "address", "add", "10.97.9.9/32", "dev", "eth0")
    before = near_ends(lab)
    os.kill(daemon_of(lab), signal.SIGKILL)
    wait_until(lambda: lab.status()["switches"]["state"] == "down", "the daemon is gone")
    assert not reaches(lab, "n1", "10.97.0.2"), "nobody forwards"
    lab.up()
    assert near_ends(lab) == before
    assert state_of_path(lab, "n1") == ON
    # The kernel of n1 may still be giving up on n2.
    wait_until(lambda: reaches(lab, "n1", "10.97.0.2"), "they reach each other")
    with stopped(lab):
        assert reaches(lab, "n1", "10.97.0.2")
    assert "default via" in lab.exec("n1", "ip", "route").stdout
    assert "10.97.9.9" in lab.exec("n1", "ip", "address").stdout


def test_nothing_stays_of_a_lab_whose_daemon_was_killed(lab_files):
    lab = lab_files.make(star(3))
    lab.up()
    ends = near_ends(lab)
    assert len(ends) == 3
    os.kill(daemon_of(lab), signal.SIGKILL)
    run("ip", "netns", "del", f"{lab.name}-n2")
    lab.down()
    lab.assert_nothing_is_left()
    wait_until(lambda: not ends & veths().keys(), "also of the one that somebody has removed")


def test_capture_and_conditions_take_a_port_off_and_give_it_back(lab_files, tmp_path):
    lab = lab_files.make(star(2))
    lab.up()
    assert reaches(lab, "n1", "10.97.0.2")
    # Nodes speak IPv6 without being asked.
    capture = ["--lab", lab.name, "capture", "-w", tmp_path / "n1.pcapng", "-c", "2",
               "--seconds", "60", "--filter", "icmp", "n1:eth0"]
    with subprocess.Popen([program("TAPCTL"), *map(str, capture)], stderr=subprocess.PIPE,
                          text=True) as process:
        wait_until(lambda: "looks" in state_of_path(lab, "n1").get("reason", ""),
                   "the capture has begun")
        assert reaches(lab, "n1", "10.97.0.2")
        said = process.communicate(timeout=PATIENCE)[1]
    assert "2 frames captured" in said, said
    wait_until(lambda: state_of_path(lab, "n1") == ON, "it is on the path again")
    lab.tapctl("--lab", lab.name, "port", "set", "n1", "--delay", "1ms")
    assert state_of_path(lab, "n1")["state"] == "off"
    assert reaches(lab, "n1", "10.97.0.2")
    lab.tapctl("--lab", lab.name, "port", "set", "n1", "--clear")
    wait_until(lambda: state_of_path(lab, "n1") == ON, "it is on the path again")
    with stopped(lab):
        assert reaches(lab, "n1", "10.97.0.2")


def test_kernel_that_does_not_clean_up_after_a_process_gives_taps(lab_files):
    lab = lab_files.make(star(2))
    up_with(lab, older_kernel("tcx"))
    assert types(lab) == {"n1": "tap", "n2": "tap"}
    assert reaches(lab, "n1", "10.97.0.2")
    assert "no difference" in lab.up().stdout, "a lab that is up stays as it is"


def daemon_that(tmp_path, deed):
    """A tapswitchd that does something of its own before it is one."""
    path = tmp_path / "tapswitchd"
    path.write_text(f"#!/bin/sh\n{deed}\nexec {program('TAPSWITCHD')} \"$@\"\n")
    path.chmod(0o755)
    return {"TAPSWITCHD": path}


def test_older_daemon_gives_taps(lab_files, tmp_path):
    lab = lab_files.make(star(1))
    up_with(lab, daemon_that(tmp_path, 'case "$*" in *kernel-path*) exit 2;; esac'))
    assert types(lab) == {"n1": "tap"}


def test_lab_comes_up_with_taps_where_veths_cannot_be_made(lab_files, tmp_path):
    lab = lab_files.make(star(2))
    # A veth is there already when the daemon fails, and would be in the way.
    deed = (f'case "$*" in *--config*) if grep -q veth "$2"; then ip link add type veth peer name '
            f'eth0 netns {lab.name}-n1; exit 3; fi;; esac')
    done = up_with(lab, daemon_that(tmp_path, deed))
    assert "namespaces have TAPs" in done.stdout
    assert types(lab) == {"n1": "tap", "n2": "tap"} and not near_ends(lab)
    assert reaches(lab, "n1", "10.97.0.2")
    assert "no difference" in lab.up().stdout
    os.kill(daemon_of(lab), signal.SIGKILL)
    wait_until(lambda: lab.status()["switches"]["state"] == "down", "the daemon is gone")
    lab.up()
    assert types(lab) == {"n1": "tap", "n2": "tap"} and reaches(lab, "n1", "10.97.0.2")
