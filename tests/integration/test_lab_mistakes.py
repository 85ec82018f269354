# SPDX-License-Identifier: Apache-2.0
"""A lab that cannot come up says why, all of it, and nothing of it stays."""

import re

import pytest

from lab_file import star


def test_all_mistakes_are_told_at_once_and_nothing_is_started(lab_files):
    lab = lab_files.make("""{
  "version": 1,
  "switches": {"sw0": {}},
  "nodes": {
    "alice": {"commands": ["no-such-program --help"]},
    "bob": {"interfaces": {"eth0": {"addresses": ["10.97.0.1/24"]}}},
    "vm": {"kind": "vm", "kernel": "no/such/kernel"},
    "alice": {"commands": ["no-such-program --help"]}
  },
  "links": [
    {"ends": ["alice:eth0", "sw0"], "addresses": ["10.97.0.1/24"]},
    {"ends": ["bob:eth0", "sw0"]},
    {"ends": ["bob:eth0", "sw0"]},
    {"ends": ["bob:eth1", "sw1"]}
  ]
}""")
    done = lab.up(check=False)
    assert done.returncode == 1 and done.stdout == ""
    told = re.findall(rf"^{lab.path}:(\d+):\d+: (.*)$", done.stderr, re.M)
    assert [int(line) for line, _ in told] == sorted(int(line) for line, _ in told)
    text = "\n".join(mistake for _, mistake in told)
    for mistake in ('the key "alice" occurs twice',
                    "/commands/0: there is no program 'no-such-program' in PATH",
                    "/nodes/vm/kernel: ",
                    "/nodes/bob/interfaces/eth0/addresses/0: alice:eth0 has the address",
                    "/links/2/ends/0: a second link to bob:eth0",
                    "/links/3/ends/1: there is no switch 'sw1'"):
        assert mistake in text, done.stderr
    lab.assert_nothing_is_left()


def test_command_that_fails_is_named_with_what_it_said(lab_files):
    document = star(2, processes={"sleeper": "exec sleep 1000"})
    document["nodes"]["n2"]["commands"] = ["true", "echo this is why; ls /no/such/file; exit 9"]
    lab = lab_files.make(document)
    done = lab.up(check=False)
    assert done.returncode == 1
    assert "node n2: 'echo this is why; ls /no/such/file; exit 9' exited with 9" in done.stderr
    assert "    this is why\n" in done.stderr and "No such file" in done.stderr
    assert "taking back what was made" in done.stdout
    lab.assert_nothing_is_left()


@pytest.mark.parametrize("node, complaint", [
    ({"processes": {"p": "echo gone; exit 4"}, "ready": {"command": "false"}},
     "'p' ended, with status 4; its last lines:\n    gone"),
    ({"ready": {"command": "echo not yet; false", "timeout_seconds": 1}},
     "is not ready within 1 s: 'echo not yet; false' does not succeed; its last lines:\n    not yet"),
    ({"routes": ["default via 192.0.2.1"]}, "'ip route add default via 192.0.2.1' exited with 2"),
    ({"sysctls": {"net.no.such": 1}}, "cannot set net.no.such to 1: No such file or directory"),
], ids=["process", "readiness", "route", "sysctl"])
def test_node_that_does_not_come_up_takes_the_lab_down(lab_files, node, complaint):
    document = star(2)
    document["nodes"]["n1"] = node
    lab = lab_files.make(document)
    done = lab.up(check=False)
    assert done.returncode == 1 and complaint in done.stderr, done.stderr
    lab.assert_nothing_is_left()


def test_one_that_fails_ends_the_wait_for_the_others_and_all_are_named(lab_files):
    document = star(5)
    document["nodes"].update({
        "n1": {"ready": {"command": "echo not yet; false", "timeout_seconds": 2}},
        "n2": {"ready": {"command": "false", "timeout_seconds": 3600}},
        "n3": {"ready": {"command": "echo asleep; sleep 3600", "timeout_seconds": 3600}},
        "n4": {"commands": ["echo at work; sleep 3600"]}})
    lab = lab_files.make(document)
    done = lab.up(check=False)
    assert done.returncode == 1
    for complaint in ("node n1: is not ready within 2 s: 'echo not yet; false' does not succeed; "
                      "its last lines:\n    not yet",
                      "node n2: was not ready yet: 'false' does not succeed; its last lines:\n"
                      "    (nothing)\n",
                      "node n3: was not ready yet: 'echo asleep; sleep 3600' does not succeed; "
                      "its last lines:\n    asleep\n",
                      "node n4: was still at 'echo at work; sleep 3600'; its last lines:\n"
                      "    at work\n"):
        assert complaint in done.stderr, done.stderr
    assert "n5" not in done.stderr
    lab.assert_nothing_is_left()


def test_namespace_of_somebody_else_is_left_alone(lab_files, lab_namespace):
    lab = lab_files.make(star(1))
    name = lab_namespace(f"{lab.name}-n1")
    done = lab.up(check=False)
    assert done.returncode == 1 and f"there is a network namespace '{name}' already" in done.stderr
    assert lab.namespaces() == [name]
    assert not lab.directory.exists()


def test_port_that_the_switch_refuses_takes_the_lab_down(lab_files):
    document = star(1)
    document["switches"]["sw0"]["ports"] = {"host": {"interface": "lo"}}
    lab = lab_files.make(document)
    done = lab.up(check=False)
    assert done.returncode == 1 and "tapswitchd ended at once" in done.stderr, done.stderr
    assert "'lo'" in done.stderr
    lab.assert_nothing_is_left()
