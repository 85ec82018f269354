# SPDX-License-Identifier: Apache-2.0
"""Virtual machines as nodes of a lab: real kernels, booted by QEMU.

TAPSWITCH_TEST_MACHINES says how many (default 3; the nightly run has 20)."""

import os
import pty
import re
import signal
import subprocess
from pathlib import Path

import pytest

from lab import program, run, wait_until
from lab_file import PATIENCE
from machine import vm_files

COUNT = int(os.environ.get("TAPSWITCH_TEST_MACHINES", "3"))

# A kernel under emulation, beside others, on a machine with other work.
BOOT = 240


@pytest.fixture(scope="module")
def boot():
    return vm_files()


def machine(boot, name, **words):
    """A node that boots with 'words' on its command line: eth0="10.95.0.1/24"."""
    said = " ".join(f"vm.{key}={value}" for key, value in {"name": name, **words}.items())
    return {"kind": "vm", "kernel": str(boot / "vmlinuz"), "initrd": str(boot / "initrd"),
            "append": f"console=ttyS0 quiet panic=-1 no_timer_check {said}", "memory_mib": 96,
            "ready": {"console": f"vm {name} is ready", "timeout_seconds": BOOT}}


def ask(lab, name, command, expected):
    """Types a command on the console of a machine, and waits for what it answers. The console is left
    when the machine has taken all of it, and not by the escape, which would not wait for that."""
    log = lab.directory / "logs" / f"{name}.console.log"
    before = len(log.read_bytes())
    subprocess.run([program("TAPCTL"), "lab", "console", "--lab", lab.name, name],
                   input=f"{command}\n".encode(), capture_output=True, timeout=PATIENCE,
                   check=True)
    wait_until(lambda: re.search(expected.encode(), log.read_bytes()[before:]),
               f"{name} says {expected}", PATIENCE)


def machines(boot, count):
    """'count' machines on two switches that are joined, every second one on each."""
    document = {"switches": {"sw0": {}, "sw1": {}}, "nodes": {},
                "links": [{"ends": ["sw0", "sw1"]}]}
    for i in range(1, count + 1):
        document["nodes"][f"vm{i}"] = machine(boot, f"vm{i}", eth0=f"10.95.0.{i}/24")
        document["links"].append({"ends": [f"vm{i}:eth0", f"sw{i % 2}"]})
    return document


def test_machines_boot_and_ping_each_other_across_two_switches(lab_files, boot):
    document = machines(boot, COUNT)
    document["nodes"]["alice"] = {}
    document["links"].append({"ends": ["alice:eth0", "sw0"], "addresses": ["10.95.0.250/24"]})
    lab = lab_files.make(document)
    run(program("TAPCTL"), "lab", "up", lab.path, timeout=BOOT + 60 * COUNT)
    assert set(lab.states().values()) == {"up"}
    for i in range(1, COUNT + 1):
        lab.exec("alice", "ping", "-c", "1", "-W", "10", f"10.95.0.{i}")
        ask(lab, f"vm{i}", f"ping -c 1 -W 10 10.95.0.{i % COUNT + 1}", r"1 packets received")
    assert "is ready" in lab.tapctl("lab", "log", "vm1", "--lab", lab.name).stdout
    assert "no difference" in lab.up().stdout
    lab.down()
    lab.assert_nothing_is_left()


def test_machine_is_stopped_and_started_while_its_port_stays(lab_files, boot):
    document = machines(boot, 1)
    document["nodes"]["alice"] = {}
    document["links"].append({"ends": ["alice:eth0", "sw0"], "addresses": ["10.95.0.250/24"]})
    lab = lab_files.make(document)
    run(program("TAPCTL"), "lab", "up", lab.path, timeout=BOOT)
    lab.tapctl("lab", "stop", "vm1", "--lab", lab.name)
    assert lab.states() == {"alice": "up", "vm1": "stopped"}
    wait_until(lambda: lab.ports()["vm1"]["state"] == "no_carrier", "nobody is at its port")
    assert "no difference" in lab.up().stdout
    run(program("TAPCTL"), "lab", "start", "vm1", "--lab", lab.name, timeout=BOOT)
    lab.exec("alice", "ping", "-c", "1", "-W", "10", "10.95.0.1")
    lab.down()
    lab.assert_nothing_is_left()


def test_machine_that_was_killed_is_started_again(lab_files, boot):
    lab = lab_files.make(machines(boot, 1))
    run(program("TAPCTL"), "lab", "up", lab.path, timeout=BOOT)
    os.kill(lab.status()["nodes"][0]["processes"]["qemu"], signal.SIGKILL)
    wait_until(lambda: lab.states() == {"vm1": "degraded"}, "status shows that it is gone")
    done = run(program("TAPCTL"), "lab", "up", lab.path, timeout=BOOT)
    assert "'qemu' is started again" in done.stdout and "node vm1 qemu: ready again" in done.stdout
    assert lab.states() == {"vm1": "up"}
    # The machine is as young as it looks, and answers.
    assert lab.status()["nodes"][0]["uptime_seconds"] < 30
    assert re.findall("vm vm1 is ready", lab.tapctl("lab", "log", "vm1", "--lab", lab.name).stdout
                      ) == ["vm vm1 is ready"] * 2


def test_machine_that_does_not_boot_says_what_its_console_said(lab_files, boot):
    document = machines(boot, 1)
    document["nodes"]["vm1"]["ready"] = {"console": "no machine says this", "timeout_seconds": 1}
    lab = lab_files.make(document)
    done = lab.up(check=False)
    assert done.returncode == 1
    assert "nothing on its console matches 'no machine says this'" in done.stderr
    lab.assert_nothing_is_left()


def test_machine_that_says_nothing_is_named_too(lab_files, boot):
    document = machines(boot, 1)
    document["nodes"]["vm1"]["arguments"] = ["-S"]  # it waits to be told to begin
    document["nodes"]["alice"] = {"ready": {"command": "false", "timeout_seconds": 3}}
    lab = lab_files.make(document)
    done = lab.up(check=False)
    assert done.returncode == 1
    assert "node alice: is not ready within 3 s" in done.stderr
    assert "node vm1: was not ready yet: nothing on its console matches 'vm vm1 is ready': it is " \
        "empty; its last lines:\n    (nothing)" in done.stderr, done.stderr
    lab.assert_nothing_is_left()


def test_arguments_that_qemu_refuses_are_told_in_its_words(lab_files, boot):
    document = machines(boot, 1)
    document["nodes"]["vm1"]["arguments"] = ["-no-such-option"]
    lab = lab_files.make(document)
    done = lab.up(check=False)
    assert done.returncode == 1 and "'qemu' ended" in done.stderr and "no-such-option" in done.stderr
    lab.assert_nothing_is_left()


def test_console_is_a_terminal_until_its_escape(lab_files, boot):
    lab = lab_files.make(machines(boot, 1))
    run(program("TAPCTL"), "lab", "up", lab.path, timeout=BOOT)
    ours, theirs = pty.openpty()
    console = subprocess.Popen([program("TAPCTL"), "lab", "console", "--lab", lab.name, "vm1"],
                               stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    heard = b""
    os.write(ours, b"echo $((6 * 7))\n")
    while b"\n42" not in heard:
        heard += os.read(ours, 4096)
    os.write(ours, b"\x1d")
    assert console.wait(PATIENCE) == 0
    os.close(ours)


def has_carrier(lab, node):
    return "LOWER_UP" in lab.exec(node, "ip", "link", "show", "eth0").stdout


def test_cable_of_a_machine_is_pulled_at_either_end(lab_files, boot):
    """The guest can do nothing about it. On a switch nobody else notices."""
    document = {"switches": {"sw0": {}}, "nodes": {
        "vm1": machine(boot, "vm1", eth0="10.95.0.1/24", eth1="10.95.1.1/24"),
        "a": {"interfaces": {"eth0": {"addresses": ["10.95.0.2/24"]}}}, "b": {}},
        "links": [{"ends": ["vm1:eth0", "a:eth0"]}, {"ends": ["vm1:eth1", "sw0"]}, {"ends": ["b:eth0", "sw0"]}]}
    lab = lab_files.make(document)
    run(program("TAPCTL"), "lab", "up", lab.path, timeout=BOOT)
    lab.exec("a", "ping", "-c", "1", "-W", "10", "10.95.0.1")
    for end in ("vm1:eth0", "a:eth0"):
        assert f"link {end} is down" in lab.link("down", end).stdout
        ask(lab, "vm1", "cat /sys/class/net/eth0/carrier", r"\n0")
        ask(lab, "vm1", "ip link set eth0 down; ip link set eth0 up; cat /sys/class/net/eth0/carrier",
            r"\n0")
        assert not has_carrier(lab, "a")
        lab.link("up", end)
        ask(lab, "vm1", "cat /sys/class/net/eth0/carrier", r"\n1")
        wait_until(lambda: has_carrier(lab, "a"), "the other end has its carrier")
        lab.exec("a", "ping", "-c", "1", "-W", "10", "10.95.0.1")
    lab.link("down", "vm1:eth1")
    ask(lab, "vm1", "cat /sys/class/net/eth1/carrier", r"\n0")
    assert has_carrier(lab, "b")


def rights_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return dict(re.findall(r"^(\w+):\s*(.*)$", file.read(), re.M))


def test_machine_has_no_rights_that_it_does_not_need(lab_files, boot):
    lab = lab_files.make(machines(boot, 1))
    run(program("TAPCTL"), "lab", "up", lab.path, timeout=BOOT)
    rights = rights_of(lab.status()["nodes"][0]["processes"]["qemu"])
    assert rights["Seccomp"] == "2" and rights["NoNewPrivs"] == "1"
    assert set(f"{rights['Uid']} {rights['Gid']} {rights['Groups']}".split()) == {"65534"}
    assert int(rights["CapEff"], 16) == 0
    ask(lab, "vm1", "echo $((6 * 7))", r"\n42")


def test_arguments_may_say_otherwise(lab_files, boot):
    document = machines(boot, 1)
    document["nodes"]["vm1"]["arguments"] = ["-sandbox", "off"]
    lab = lab_files.make(document)
    run(program("TAPCTL"), "lab", "up", lab.path, timeout=BOOT)
    rights = rights_of(lab.status()["nodes"][0]["processes"]["qemu"])
    assert rights["Seccomp"] == "0" and rights["Uid"].split()[0] == "0"


@pytest.mark.parametrize("keeps", [False, True])
def test_machine_may_have_a_disk_that_is_root_s_alone(lab_files, boot, tmp_path, keeps):
    disk = tmp_path / "disk"
    disk.write_bytes(b"\0" * (1 << 20))
    disk.chmod(0o600)
    document = machines(boot, 1)
    document["nodes"]["vm1"].update({"disk": str(disk), "keep_changes": keeps})
    lab = lab_files.make(document)
    run(program("TAPCTL"), "lab", "up", lab.path, timeout=BOOT)
    process = Path(f"/proc/{lab.status()['nodes'][0]['processes']['qemu']}")
    number = next(fd.name for fd in (process / "fd").iterdir() if fd.resolve() == disk)
    flags = int(re.search(r"flags:\s*(\d+)", (process / "fdinfo" / number).read_text()).group(1), 8)
    assert bool(flags & os.O_RDWR) is keeps


def test_link_of_a_machine_has_conditions(lab_files, boot):
    lab = lab_files.make({
        "nodes": {"vm": machine(boot, "vm", eth0="10.95.0.1/24"),
                  "a": {"interfaces": {"eth0": {"addresses": ["10.95.0.2/24"]}}}},
        "links": [{"ends": ["vm:eth0", "a:eth0"], "conditions": {"delay": "400ms"}}]})
    run(program("TAPCTL"), "lab", "up", lab.path, timeout=BOOT)

    def round_trips():
        said = lab.exec("a", "ping", "-n", "-c", "3", "-W", "20", "10.95.0.1").stdout
        return [float(time) for time in re.findall(r"time=([\d.]+) ms", said)]

    # An emulated machine takes its time, but not as long as a delay that is met twice.
    assert 800 <= min(round_trips()) < 1600
    lab.tapctl("--lab", lab.name, "link", "set", "a:eth0", "--delay", "0s")
    assert 400 <= min(round_trips()) < 800
    lab.tapctl("--lab", lab.name, "link", "set", "vm:eth0", "--cut")
    lost = lab.exec("a", "ping", "-n", "-c", "1", "-W", "1", "10.95.0.1", check=False)
    assert lost.returncode == 1
    lab.tapctl("--lab", lab.name, "link", "set", "vm:eth0", "--clear")
    assert min(round_trips()) < 400
