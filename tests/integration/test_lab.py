# SPDX-License-Identifier: Apache-2.0
"""A lab comes up from one file, is what the file says, and goes without a trace."""

import json
import os
import signal
import subprocess

from lab import program, run, wait_until
from lab_file import PATIENCE, star


def test_lab_comes_up_and_goes(lab_files):
    lab = lab_files.make({
        "switches": {"sw0": {}, "sw1": {"ports": {}}},
        "nodes": {
            "alice": {"interfaces": {"eth0": {"addresses": ["10.96.0.1/24"], "mtu": 1400}},
                      "sysctls": {"net.ipv4.ip_forward": 1, "net.ipv4.conf.eth0.rp_filter": 2},
                      "routes": ["default via 10.96.0.2", "10.99.0.0/16 dev eth0 metric 7"]},
            "bob": {"commands": [["ip", "link", "add", "d0", "type", "veth"], "echo $TAPSWITCH_NODE"],
                    "processes": {"sleeper": "exec sleep 1000"},
                    "ready": {"command": "ping -c 1 -W 1 10.96.0.1"}}},
        "links": [{"ends": ["alice:eth0", "sw0"], "vlan": {"mode": "access", "pvid": 10}},
                  {"ends": ["sw0", "bob:eth0"], "addresses": ["10.96.0.2/24"],
                   "vlan": {"mode": "access", "pvid": 10}},
                  {"ends": ["bob:eth1", "alice:eth1"]}]})
    done = lab.up()
    for line in ("+ node alice (netns)", "+ switch sw0", "+ port alice-eth0", "node bob: ready ("):
        assert line in done.stdout, done.stdout
    assert lab.states() == {"alice": "up", "bob": "up"}
    assert sorted(lab.namespaces()) == [f"{lab.name}-alice", f"{lab.name}-bob"]
    assert lab.exec("alice", "sysctl", "-n", "net.ipv4.ip_forward").stdout == "1\n"
    assert lab.exec("alice", "sysctl", "-n", "net.ipv4.conf.eth0.rp_filter").stdout == "2\n"
    routes = lab.exec("alice", "ip", "route").stdout
    assert "default via 10.96.0.2" in routes and "10.99.0.0/16 dev eth0 scope link metric 7" in routes
    assert "mtu 1400" in lab.exec("alice", "ip", "link", "show", "eth0").stdout
    # /sys is the node's, as `ip netns exec` has it.
    assert "d0" in lab.exec("bob", "ls", "/sys/class/net").stdout.split()
    assert "bob" in lab.tapctl("lab", "log", "bob", "--lab", lab.name).stdout
    ports = lab.ports()
    assert ports["alice-eth0"]["vlan"] == {"mode": "access", "pvid": 10, "acceptable": "untagged"}
    assert ports["bob-eth1"]["switch"] == "wire.bob-eth1"
    assert json.loads(run("ip", "-j", "netns").stdout)  # whoever looks for names finds them there
    lab.down()
    lab.assert_nothing_is_left()
    assert "nothing to do" in lab.down().stdout


def has_carrier(lab, node):
    return "LOWER_UP" in lab.exec(node, "ip", "link", "show", "eth0").stdout


def test_cable_is_pulled_and_both_ends_see_it(lab_files):
    lab = lab_files.make({"nodes": {"a": {}, "b": {}}, "links": [{"ends": ["a:eth0", "b:eth0"]}]})
    lab.up()
    assert has_carrier(lab, "a") and has_carrier(lab, "b")
    assert "link a:eth0 is down" in lab.link("down", "a:eth0").stdout
    wait_until(lambda: not has_carrier(lab, "a") and not has_carrier(lab, "b"), "both see it")
    lab.link("up", "a:eth0")
    wait_until(lambda: has_carrier(lab, "a") and has_carrier(lab, "b"), "both see it")
    # An end that its node takes down is seen by the other.
    lab.exec("b", "ip", "link", "set", "eth0", "down")
    wait_until(lambda: not has_carrier(lab, "a"), "a sees that b is down")
    wrong = lab.link("down", "a:eth1", check=False)
    assert wrong.returncode == 1 and "did you mean 'a:eth0'?" in wrong.stderr


def test_frames_of_a_node_are_captured_by_its_interface(lab_files, tmp_path):
    lab = lab_files.make({"nodes": {"a": {}, "b": {}},
                          "links": [{"ends": ["a:eth0", "b:eth0"]},
                                    {"ends": ["a:eth1", "b:eth1"]}]})
    lab.up()
    path = tmp_path / "eth1.pcapng"
    # Nodes speak IPv6 without being asked.
    capture = ["--lab", lab.name, "capture", "-w", path, "-c", "1", "--seconds", "60", "--filter",
               "arp"]
    with subprocess.Popen([program("TAPCTL"), *map(str, capture), "a:eth1"],
                          stderr=subprocess.PIPE, text=True) as process:
        wait_until(lambda: "a-eth1" in lab.tapctl("--lab", lab.name, "capture", "list").stdout,
                   "the capture has begun")
        lab.exec("b", "ip", "addr", "add", "10.97.0.2/24", "dev", "eth1")
        lab.exec("b", "ping", "-c", "1", "-W", "1", "10.97.0.1", check=False)
        said = process.communicate(timeout=PATIENCE)[1]
    assert "1 frames captured" in said, said
    wrong = lab.tapctl("--lab", lab.name, "capture", "a:eth2", check=False)
    assert wrong.returncode == 1 and "did you mean 'a:eth" in wrong.stderr, wrong.stderr
    nowhere = lab.tapctl("--socket", "/nowhere", "capture", "a:eth1", check=False)
    assert nowhere.returncode == 2 and "--lab NAME" in nowhere.stderr, nowhere.stderr


def test_command_in_a_node_keeps_its_status_and_words(lab_files):
    lab = lab_files.make(star(1))
    lab.up()
    assert lab.exec("n1", "sh", "-c", "exit 7", check=False).returncode == 7
    assert lab.exec("n1", "printf", "%s|", "a b", "--json").stdout == "a b|--json|"
    missing = lab.exec("n2", "true", check=False)
    assert missing.returncode == 1 and "has no node 'n2'; did you mean 'n1'?" in missing.stderr


def test_up_twice_changes_nothing(lab_files):
    lab = lab_files.make(star(2, processes={"sleeper": "exec sleep 1000"}))
    lab.up()
    before = lab.status()
    done = lab.up()
    assert "no difference" in done.stdout
    after = lab.status()
    for node in before["nodes"] + after["nodes"]:
        del node["uptime_seconds"]
    assert after == before


def test_dead_switches_are_repaired_and_nodes_keep_what_they_have(lab_files):
    lab = lab_files.make(star(2, routes=["default via 10.97.0.254"]))
    lab.up()
    lab.exec("n1", "ip", "address", "add", "10.97.9.9/32", "dev", "eth0")
    os.kill(lab.status()["switches"]["pid"], signal.SIGKILL)
    wait_until(lambda: lab.status()["switches"]["state"] == "down", "the daemon is gone")
    done = lab.up()
    assert "tapswitchd is started again" in done.stdout and "node" not in done.stdout.split("\n")[0]
    assert lab.exec("n1", "ping", "-c", "1", "-W", "2", "10.97.0.2").returncode == 0
    assert "default via" in lab.exec("n1", "ip", "route").stdout
    assert "10.97.9.9" in lab.exec("n1", "ip", "address").stdout


def test_what_died_of_a_node_is_repaired(lab_files):
    lab = lab_files.make(star(3, processes={"sleeper": "exec sleep 1000"}))
    lab.up()
    pids = {node["name"]: node["processes"]["sleeper"] for node in lab.status()["nodes"]}
    os.kill(pids["n1"], signal.SIGKILL)
    run("ip", "netns", "del", f"{lab.name}-n2")
    wait_until(lambda: lab.states() == {"n1": "degraded", "n2": "down", "n3": "up"},
               "status shows what died")
    done = lab.up()
    assert "~ node n1: 'sleeper' is started again" in done.stdout
    assert "~ node n2: made anew, for its namespace is gone" in done.stdout
    assert "n3" not in done.stdout
    assert set(lab.states().values()) == {"up"}
    assert lab.status()["nodes"][2]["processes"]["sleeper"] == pids["n3"]
    assert lab.exec("n2", "ping", "-c", "1", "-W", "2", "10.97.0.1").returncode == 0


def test_change_of_the_file_is_applied_and_nothing_else(lab_files):
    document = star(3, processes={"sleeper": "exec sleep 1000"})
    lab = lab_files.make(document)
    lab.up()
    pids = {node["name"]: node["processes"]["sleeper"] for node in lab.status()["nodes"]}
    document["links"][0]["addresses"] = ["10.97.0.11/24"]
    document["nodes"]["n2"]["commands"] = ["true"]
    del document["nodes"]["n3"], document["links"][2]
    document["nodes"]["n4"] = {}
    document["links"].append({"ends": ["n4:eth0", "sw0"], "addresses": ["10.97.0.4/24"]})
    lab.write(document)
    plan = lab.up("--dry-run").stdout
    assert set(lab.states()) == {"n1", "n2", "n3"}
    done = lab.up().stdout
    for line in ("- node n3", "+ node n4 (netns)", "~ node n2: made anew, for it is another one in the file",
                 "~ addresses of n1: 10.97.0.1/24 -> 10.97.0.11/24"):
        assert line in plan.split("\n") and line in done.split("\n"), (line, plan, done)
    assert lab.states() == {"n1": "up", "n2": "up", "n4": "up"}
    assert lab.status()["nodes"][0]["processes"]["sleeper"] == pids["n1"]
    assert lab.exec("n4", "ping", "-c", "1", "-W", "2", "10.97.0.11").returncode == 0
    assert lab.exec("n4", "ping", "-c", "1", "-W", "2", "10.97.0.2").returncode == 0
    assert len(lab.namespaces()) == 3


def test_interfaces_have_the_same_addresses_whenever_the_lab_comes_up(lab_files):
    lab = lab_files.make({"switches": {"sw0": {}}, "nodes": {"alice": {}, "bob": {}},
                          "links": [{"ends": ["alice:eth0", "sw0"]}, {"ends": ["bob:eth0", "sw0"]},
                                    {"ends": ["alice:eth1", "bob:eth1"]}]})

    def addresses():
        found = []
        for node in ("alice", "bob"):
            for interface in ("eth0", "eth1"):
                at = f"/sys/class/net/{interface}"
                mac, how = lab.exec(node, "cat", f"{at}/address",
                                    f"{at}/addr_assign_type").stdout.split()
                assert how == "3", "it counts as set by the user, so nobody else sets it"
                found.append(mac)
        return found

    lab.up()
    before = addresses()
    assert len(set(before)) == 4
    lab.down()
    lab.up()
    assert addresses() == before


def test_other_file_with_its_name_does_not_become_the_lab_unasked(lab_files, tmp_path):
    lab = lab_files.make(star(2))
    lab.up()
    other = tmp_path / "other.json"
    other.write_text(json.dumps({"version": 1, "name": lab.name, **star(1)}))
    done = lab.tapctl("lab", "up", other, check=False)
    assert done.returncode == 1 and "- node n2" in done.stdout
    assert str(lab.path) in done.stderr and str(other) in done.stderr and "--replace" in done.stderr
    assert lab.states() == {"n1": "up", "n2": "up"}
    assert "--replace" in lab.tapctl("lab", "up", other, "--dry-run").stdout
    # The same by another way is the same.
    link = tmp_path / "link.json"
    link.symlink_to(lab.path)
    lab.write({"name": lab.name, **star(3)})
    lab.tapctl("lab", "up", link)
    copy = tmp_path / "copy.json"
    copy.write_text(lab.path.read_text())
    assert "no difference" in lab.tapctl("lab", "up", copy).stdout
    # From now on it is of the other file.
    lab.tapctl("lab", "up", other, "--replace")
    assert lab.states() == {"n1": "up"}
    assert lab.up(check=False).returncode == 1


def test_change_that_fails_leaves_the_lab_as_it_was(lab_files):
    document = star(2)
    lab = lab_files.make(document)
    lab.up()
    broken = json.loads(json.dumps(document))
    broken["nodes"]["n2"]["commands"] = ["exit 3"]
    broken["links"][0]["addresses"] = ["10.97.0.77/24"]
    lab.write(broken)
    done = lab.up(check=False)
    assert done.returncode == 1 and "'exit 3' exited with 3" in done.stderr
    assert lab.states() == {"n1": "up", "n2": "up"}
    assert lab.exec("n2", "ping", "-c", "1", "-W", "2", "10.97.0.1").returncode == 0
    lab.write(document)
    assert "no difference" in lab.up().stdout


def test_link_that_goes_takes_its_interface_along(lab_files):
    document = star(2)
    document["links"].append({"ends": ["n1:eth1", "n2:eth1"]})
    lab = lab_files.make(document)
    lab.up()
    document["links"].pop()
    lab.write(document)
    lab.up()
    assert "eth1" not in lab.exec("n1", "ip", "-br", "link").stdout
    assert set(lab.ports()) == {"n1", "n2"}
    assert lab.exec("n2", "ping", "-c", "1", "-W", "2", "10.97.0.1").returncode == 0


def test_two_labs_run_side_by_side(lab_files):
    one, other = lab_files.make(star(2)), lab_files.make(star(2))
    one.up()
    other.up()
    one.exec("n1", "ping", "-c", "1", "-W", "2", "10.97.0.2")
    one.down()
    one.assert_nothing_is_left()
    assert set(other.states().values()) == {"up"}
    other.exec("n1", "ping", "-c", "1", "-W", "2", "10.97.0.2")


def test_nodes_wait_for_those_they_come_after(lab_files, tmp_path):
    document = star(3)
    for name in document["nodes"]:
        document["nodes"][name]["commands"] = [f"echo {name} >> {tmp_path}/order"]
    document["nodes"]["n1"]["after"] = ["n2"]
    document["nodes"]["n2"].update(after=["n3"])
    document["nodes"]["n3"]["ready"] = {"command": f"echo ready >> {tmp_path}/order"}
    lab = lab_files.make(document)
    lab.up()
    assert (tmp_path / "order").read_text().split() == ["n3", "ready", "n2", "n1"]


def test_nodes_come_up_together(lab_files, tmp_path):
    count = 12
    meet = (f"touch {tmp_path}/here.$TAPSWITCH_NODE; for i in $(seq 200); do "
            f"[ $(ls {tmp_path} | grep -c here) = {count} ] && exit; sleep 0.1; done; exit 1")
    lab_files.make(star(count, commands=[meet])).up()


def test_what_a_command_left_running_goes_with_the_lab(lab_files):
    lab = lab_files.make(star(1, commands=["setsid sleep 1000 >/dev/null 2>&1 &"]))
    lab.up()
    assert lab.exec("n1", "pgrep", "-x", "sleep", check=False).returncode == 0
    lab.down()
    lab.assert_nothing_is_left()


def test_list_and_graph_show_labs(lab_files):
    lab = lab_files.make(star(2))
    lab.up()
    labs = json.loads(lab.tapctl("lab", "--json").stdout)["labs"]
    assert {"name": lab.name, "state": "up", "nodes": 2, "file": str(lab.path),
            "rootless": False} in labs
    text = lab.tapctl("lab", "graph", lab.name, "--format", "text").stdout
    assert text == "sw0\n├── n1:eth0  10.97.0.1/24\n└── n2:eth0  10.97.0.2/24\n"
    dot = lab.tapctl("lab", "graph", lab.path).stdout
    assert dot.startswith(f'graph "{lab.name}" {{')
    svg = lab.tapctl("lab", "graph", lab.path, "--format", "svg").stdout
    assert "<svg" in svg and "10.97.0.2/24" in svg


def test_hundred_namespaces_come_up_in_ten_seconds(lab_files):
    lab = lab_files.make(star(100))
    done = run("sh", "-c", f"time -p {os.environ['TAPCTL']} lab up {lab.path}", timeout=PATIENCE)
    seconds = float(done.stderr.split("real ")[1].split()[0])
    assert set(lab.states().values()) == {"up"}
    lab.exec("n1", "ping", "-c", "1", "-W", "2", "10.97.0.100")
    lab.down()
    lab.assert_nothing_is_left()
    print(f"100 namespaces: {seconds} s")
    assert seconds < (10 if not os.environ.get("TAPSWITCH_SANITIZED") else PATIENCE), done.stdout


def test_twenty_switches_and_two_hundred_ports(lab_files):
    document = {"switches": {f"sw{i}": {} for i in range(20)}, "nodes": {}, "links": []}
    for switch in range(20):
        for number in range(10):
            name = f"n{switch}-{number}"
            document["nodes"][name] = {}
            document["links"].append({"ends": [f"{name}:eth0", f"sw{switch}"],
                                      "addresses": [f"10.98.{switch}.{number + 1}/24"]})
    lab = lab_files.make(document)
    lab.up()
    assert len(lab.ports()) == 200
    for switch in (0, 7, 19):
        lab.exec(f"n{switch}-0", "ping", "-c", "1", "-W", "2", f"10.98.{switch}.10")
    assert "no difference" in lab.up().stdout
    lab.down()
    lab.assert_nothing_is_left()
