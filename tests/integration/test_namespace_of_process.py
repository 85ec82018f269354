# SPDX-License-Identifier: Apache-2.0
"""A network namespace that was given by a process: after a start another process may have its pid."""

import json
import subprocess

import pytest

from lab import run, wait_until


@pytest.fixture(name="stranger")
def process_in_a_namespace_of_its_own():
    process = subprocess.Popen(["unshare", "-n", "sleep", "1000"])
    ours = run("readlink", "/proc/self/ns/net").stdout
    wait_until(lambda: run("readlink", f"/proc/{process.pid}/ns/net", check=False).stdout
               not in ("", ours), "it is in its namespace")
    yield process
    process.kill()
    process.wait()


def interfaces_of(process):
    return run("nsenter", "-t", process.pid, "-n", "ls", "/proc/sys/net/ipv4/conf").stdout.split()


def start_with(lab, ports):
    file = lab.directory / "lab.json"
    file.write_text(json.dumps({"version": 1, "switches": {"sw0": {"ports": ports}}}))
    lab.start("--config", file)
    return [port["name"] for port in lab.call("port.list")["ports"]]


@pytest.mark.parametrize("how", ["{}", "/proc/{}/ns/net", 0])
def test_start_makes_nothing_in_the_namespace_of_a_stranger(empty_lab, stranger, how):
    name_space = stranger.pid if how == 0 else how.format(stranger.pid)
    ports = {"here": {}, "bob": {"namespace": name_space, "interface": "bob0"},
             "lo": {"type": "interface", "namespace": name_space, "interface": "lo"}}
    assert start_with(empty_lab, ports) == ["here"]
    assert "bob0" not in interfaces_of(stranger)
    assert "port bob is left out" in empty_lab.log() and "port lo is left out" in empty_lab.log()


def test_start_goes_on_when_the_process_is_gone(empty_lab, stranger):
    stranger.kill()
    stranger.wait()
    assert start_with(empty_lab, {"here": {}, "bob": {"namespace": stranger.pid}}) == ["here"]


def test_saved_port_is_there_again_for_a_namespace_with_a_name(empty_lab):
    empty_lab.namespace("alice")
    ports = {"alice": {"namespace": empty_lab.name_of("alice")}}
    assert start_with(empty_lab, ports) == ["alice"]


def test_it_can_be_given_again_once_the_daemon_runs(empty_lab, stranger):
    assert start_with(empty_lab, {"bob": {"namespace": stranger.pid, "interface": "bob0"}}) == []
    empty_lab.call("port.add", {"name": "bob", "namespace": stranger.pid, "interface": "bob0"})
    assert "bob0" in interfaces_of(stranger)
