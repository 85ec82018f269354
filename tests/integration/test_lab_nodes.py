# SPDX-License-Identifier: Apache-2.0
"""`tapctl lab stop|start|restart`: one node goes and comes, and the others stay as they are."""

import json
import re
import signal
import subprocess
import time

import pytest

from lab import program, run, wait_until
from lab_file import PATIENCE, star


def power(lab, verb, *nodes, check=True):
    return lab.tapctl("lab", verb, *nodes, "--lab", lab.name, check=check)


def pair():
    """a and b on a wire, b with all that a node can have."""
    return {"switches": {},
            "nodes": {"a": {"interfaces": {"eth0": {"addresses": ["10.97.0.1/24"]}}},
                      "b": {"sysctls": {"net.ipv4.ip_forward": "1"},
                            "interfaces": {"eth0": {"mac": "02:00:00:00:00:0b",
                                                    "addresses": ["10.97.0.2/24"]}},
                            "routes": ["192.0.2.0/24 via 10.97.0.1"],
                            "processes": {"sleeper": "exec sleep 1000"}}},
            "links": [{"ends": ["a:eth0", "b:eth0"]}]}


def show(lab, node, *words):
    return json.loads(lab.exec(node, "ip", "-json", *words).stdout)


def link_of(lab, node):
    link, = show(lab, node, "addr", "show", "dev", "eth0")
    return link


def lasting(link):
    """What of an interface stays though its carrier goes and comes."""
    return {"index": link["ifindex"], "mac": link["address"],
            "addresses": [address["local"] for address in link["addr_info"]
                          if address["family"] == "inet"]}


def has_carrier(lab, node):
    return "NO-CARRIER" not in link_of(lab, node)["flags"]


def carrier_downs(lab, node):
    """How often its carrier went. The kernel tells two changes within a second as one."""
    return int(run("ip", "netns", "exec", f"{lab.name}-{node}", "cat",
                   "/sys/class/net/eth0/carrier_down_count").stdout)


def pings(lab, source, address):
    return lab.exec(source, "ping", "-n", "-c", "1", "-W", "1", address, check=False).returncode == 0


def node_of(lab, name):
    return next(node for node in lab.status()["nodes"] if node["name"] == name)


def test_restart_under_ping_leaves_the_other_node_as_it_was(lab_files):
    lab = lab_files.make(pair())
    lab.up()
    assert pings(lab, "a", "10.97.0.2")
    before, carriers = link_of(lab, "a"), show(lab, "b", "route")
    old = node_of(lab, "b")
    lab.exec("b", "ip", "addr", "add", "10.97.9.9/24", "dev", "eth0")
    downs = carrier_downs(lab, "a")
    with subprocess.Popen([program("TAPCTL"), "lab", "exec", "--lab", lab.name, "a", "--", "ping",
                           "-n", "-i", "0.05", "-O", "10.97.0.2"], stdout=subprocess.PIPE,
                          text=True) as flood:
        assert "bytes from" in flood.stdout.readline() + flood.stdout.readline()
        power(lab, "restart", "b")
        # The new one answers what goes on.
        for line in flood.stdout:
            if "bytes from" in line:
                break
        flood.terminate()
        wait_until(lambda: has_carrier(lab, "a"), "a has its carrier again")
    assert carrier_downs(lab, "a") > downs
    assert lasting(link_of(lab, "a")) == lasting(before)
    new = node_of(lab, "b")
    assert new["state"] == "up" and new["processes"] != old["processes"]
    assert not [pid for pid in lab.processes() if pid == old["processes"]["sleeper"]]
    assert lasting(link_of(lab, "b"))["mac"] == "02:00:00:00:00:0b"
    assert lasting(link_of(lab, "b"))["addresses"] == ["10.97.0.2"]
    assert {route["dst"] for route in show(lab, "b", "route")} == {route["dst"] for route in carriers}
    assert lab.exec("b", "cat", "/proc/sys/net/ipv4/ip_forward").stdout == "1\n"
    assert pings(lab, "a", "10.97.0.2")
    assert "no difference" in lab.up().stdout
    lab.down()
    lab.assert_nothing_is_left()


def test_uptime_begins_anew(lab_files):
    lab = lab_files.make(star(2))
    lab.up()
    state = lab.directory / "state.json"
    record = json.loads(state.read_text())
    for node in record["nodes"].values():
        node["since"] -= 5000
    state.write_text(json.dumps(record))
    assert node_of(lab, "n1")["uptime_seconds"] >= 5000
    power(lab, "restart", "n1")
    assert node_of(lab, "n1")["uptime_seconds"] < 1000
    assert node_of(lab, "n2")["uptime_seconds"] >= 5000


def test_stopped_node_stays_stopped_until_it_is_started(lab_files):
    lab = lab_files.make(star(3, processes={"sleeper": "exec sleep 1000"}))
    lab.up()
    sleeper = node_of(lab, "n2")["processes"]["sleeper"]
    others = {name: lasting(link_of(lab, name)) for name in ("n1", "n3")}
    assert "node n2: stopped" in re.sub(r" +", " ", power(lab, "stop", "n2").stdout)
    assert lab.states() == {"n1": "up", "n2": "stopped", "n3": "up"}
    assert sleeper not in lab.processes() and f"{lab.name}-n2" not in lab.namespaces()
    assert set(lab.ports()) == {"n1", "n3"}
    again = power(lab, "stop", "n2")
    assert again.stdout == "node n2 is stopped already\n" and again.returncode == 0

    # `up` leaves it so, also when it has something else to do, and has no ports for it.
    said = lab.up().stdout
    assert "node n2 is stopped: `tapctl lab start n2` starts it" in said and "no difference" in said
    daemon = lab.status()["switches"]["pid"]
    subprocess.run(["kill", "-9", str(daemon)], check=True)
    lab.up()
    assert lab.states() == {"n1": "up", "n2": "stopped", "n3": "up"}
    assert set(lab.ports()) == {"n1", "n3"}
    refused = lab.exec("n2", "true", check=False)
    assert refused.returncode == 1 and "node n2 is stopped: `tapctl lab start n2`" in refused.stderr
    assert "stopped" in lab.tapctl("lab", "status", lab.name).stdout
    lab.tapctl("lab", "log", "n2", "--lab", lab.name)
    lab.tapctl("link", "--lab", lab.name)

    power(lab, "start", "n2")
    assert set(lab.states().values()) == {"up"}
    assert pings(lab, "n1", "10.97.0.2") and pings(lab, "n2", "10.97.0.3")
    assert {name: lasting(link_of(lab, name)) for name in ("n1", "n3")} == others
    again = power(lab, "start", "n2")
    assert again.stdout == "node n2 is up already\n" and again.returncode == 0
    assert "no difference" in lab.up().stdout


def test_restart_starts_a_node_that_is_stopped(lab_files):
    lab = lab_files.make(star(2))
    lab.up()
    power(lab, "stop", "n1", "n2")
    assert set(lab.states().values()) == {"stopped"}
    power(lab, "restart", "n1")
    assert lab.states() == {"n1": "up", "n2": "stopped"}
    lab.down()
    lab.assert_nothing_is_left()


def test_start_repairs_what_died(lab_files):
    lab = lab_files.make(star(2, processes={"sleeper": "exec sleep 1000"}))
    lab.up()
    old = node_of(lab, "n1")["processes"]["sleeper"]
    subprocess.run(["kill", "-9", str(old)], check=True)
    wait_until(lambda: lab.states()["n1"] == "degraded", "it is seen")
    power(lab, "start", "n1")
    assert lab.states() == {"n1": "up", "n2": "up"}
    subprocess.run(["ip", "netns", "del", f"{lab.name}-n1"], check=True)
    wait_until(lambda: lab.states()["n1"] == "down", "it is seen")
    power(lab, "start", "n1")
    assert lab.states() == {"n1": "up", "n2": "up"} and pings(lab, "n1", "10.97.0.2")


def test_what_runs_otherwise_than_the_file_says_stays_so(lab_files):
    lab = lab_files.make(star(3))
    lab.up()
    lab.tapctl("--lab", lab.name, "port", "set", "n1", "--vlan", "20")
    lab.link("down", "n3:eth0")
    power(lab, "restart", "n2")
    assert lab.ports()["n1"]["vlan"]["pvid"] == 20
    assert lab.ports()["n3"]["carrier"] is False


def test_mirror_of_a_node_comes_with_it(lab_files):
    document = star(3)
    document["switches"]["sw0"] = {"mirrors": {"m": {"from_port": ["n1", "n2"], "to_port": "n3"}}}
    lab = lab_files.make(document)
    lab.up()

    def mirrors():
        told = json.loads(lab.tapctl("--lab", lab.name, "--json", "config", "get").stdout)
        return told["switches"]["sw0"].get("mirrors")

    before = mirrors()
    assert before
    power(lab, "stop", "n2")
    assert mirrors()["m"]["from_port"] == ["n1"]
    assert "no difference" in lab.up().stdout
    power(lab, "start", "n2")
    assert mirrors() == before
    power(lab, "restart", "n3")
    assert mirrors() == before
    run("ip", "netns", "del", f"{lab.name}-n1")
    lab.up()
    assert mirrors() == before and set(lab.states().values()) == {"up"}


def test_nonsense_is_refused_and_changes_nothing(lab_files):
    lab = lab_files.make(star(2))
    refused = power(lab, "restart", "n1", check=False)
    assert refused.returncode == 1 and "is not up" in refused.stderr
    lab.up()
    before = (lab.directory / "state.json").read_text()
    refused = power(lab, "restart", "n1", "n3", check=False)
    assert refused.returncode == 1 and "has no node 'n3'" in refused.stderr, refused.stderr
    refused = power(lab, "stop", check=False)
    assert refused.returncode == 2 and "stop NODE" in refused.stderr
    assert (lab.directory / "state.json").read_text() == before
    subprocess.run(["kill", "-9", str(lab.status()["switches"]["pid"])], check=True)
    refused = power(lab, "restart", "n1", check=False)
    assert refused.returncode == 1 and "do not answer: `tapctl lab up" in refused.stderr


def test_node_that_does_not_start_is_as_down_as_it_was(lab_files, tmp_path):
    marker = tmp_path / "marker"
    marker.touch()
    lab = lab_files.make(star(2, commands=[f"test -e {marker}"]))
    lab.up()
    power(lab, "stop", "n1")
    marker.unlink()
    refused = power(lab, "start", "n1", check=False)
    assert refused.returncode == 1 and "exited with 1" in refused.stderr, refused.stderr
    assert lab.states() == {"n1": "stopped", "n2": "up"} and set(lab.ports()) == {"n2"}
    refused = power(lab, "restart", "n2", check=False)
    assert refused.returncode == 1 and lab.states() == {"n1": "stopped", "n2": "down"}
    marker.touch()
    lab.up()
    assert lab.states() == {"n1": "stopped", "n2": "up"}


def test_one_tapctl_at_a_time_works_on_a_lab(lab_files):
    lab = lab_files.make(star(2))
    lab.up()
    lab.write({**star(3), "nodes": {**star(2)["nodes"], "n3": {"commands": ["sleep 1000"]}}})
    up = lab.start_up()
    wait_until(lambda: len(lab.namespaces()) == 3, "the third is on its way")
    refused = power(lab, "restart", "n1", check=False)
    assert refused.returncode == 1 and "another tapctl is at work on this lab" in refused.stderr
    up.send_signal(signal.SIGINT)
    up.communicate(timeout=PATIENCE)
    power(lab, "restart", "n1")
    assert lab.states() == {"n1": "up", "n2": "up"}


@pytest.mark.parametrize("verb, end", [("restart", "up"), ("stop", "stopped")])
@pytest.mark.parametrize("moment", range(4))
def test_up_repairs_what_a_killed_tapctl_has_left(lab_files, verb, end, moment):
    """It is killed while it waits for a process that does not want to end, or soon after."""
    lab = lab_files.make(star(2, processes={"sleeper": "trap '' TERM; while :; do sleep 0.1; done"}))
    lab.up()
    child = subprocess.Popen([program("TAPCTL"), "lab", verb, "n1", "--lab", lab.name],
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT)
    wait_until(lambda: "n1" not in lab.ports(), "it has begun")
    time.sleep(moment * 0.7)
    child.kill()
    child.communicate(timeout=PATIENCE)
    lab.up()
    assert lab.states() == {"n1": end, "n2": "up"}
    if end == "up":
        assert pings(lab, "n2", "10.97.0.1")
    else:
        assert f"{lab.name}-n1" not in lab.namespaces()
    lab.down()
    lab.assert_nothing_is_left()


def test_names_of_nodes_are_completed(lab_files):
    lab = lab_files.make(star(3))
    lab.up()
    done = lab.tapctl("complete", "--", "lab", "restart", "n1", "--lab", lab.name, "n").stdout
    assert [line.split("\t")[0] for line in done.splitlines()] == ["n1", "n2", "n3"]
