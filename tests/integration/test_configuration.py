# SPDX-License-Identifier: Apache-2.0
"""The configuration document: applied, saved, found again."""

import json
import os
import subprocess
from pathlib import Path

import jsonschema
import pytest

from lab import program, run, wait_until
from rpc_client import RpcError

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples/tapswitch.json"
SCHEMA = ROOT / "docs/tapswitch.schema.json"


def document_of(ports, **home):
    return {"version": 1, "switches": {"sw0": {**home, "ports": ports}}}


def running(lab):
    document = lab.call("config.get")
    document.pop("revision")
    return document


def check(path):
    return run(program("TAPSWITCHD"), "--config", path, "--check-config", check=False)


# ---- applied -------------------------------------------------------------------------------------


def test_ports_that_a_plan_does_not_touch_lose_no_frame(lab):
    applies = 100
    lab.join("alice", "10.0.0.1/24", vlan=10)
    lab.join("bob", "10.0.0.2/24", vlan=10)
    flood = subprocess.Popen(lab.command_in("alice", "ping", "-q", "-n", "-i", "0.001", "-w", 60,
                                            "10.0.0.2"), stdout=subprocess.DEVNULL)
    client = lab.client()
    base = client.call("config.get")
    for number in range(applies):
        ports = dict(base["switches"]["sw0"]["ports"])
        ports[f"extra{number % 3}"] = {"vlan": {"mode": "access", "pvid": 10 + number % 2},
                                       "offload": number % 5 == 0}
        changed = document_of(ports, vlans={"10": {"name": f"n{number}"}},
                              fdb={"ageing_seconds": 300 + number})
        assert client.call("config.apply", {"config": changed})["plan"]
    flood.terminate()
    flood.wait()
    # Not by what ping says: it does not wait for an answer that takes twice as long as the others.
    sent = lab.icmp_of("alice")["OutEchos"]
    print(f"{sent} pings during {applies} applies")
    assert sent >= applies
    wait_until(lambda: lab.icmp_of("alice")["InEchoReps"] == sent, "every ping is answered")


def test_failure_of_the_kernel_leaves_the_switch_as_it_was(lab):
    lab.join("alice", "10.0.0.1/24")
    lab.join("bob", "10.0.0.2/24")
    before = lab.call("config.get")
    interfaces = run("ip", "-n", lab.name_of("alice"), "-o", "addr").stdout
    wanted = json.loads(json.dumps(before))
    ports = wanted["switches"]["sw0"]["ports"]
    ports["alice"]["addresses"] = ["10.0.9.1/24"]
    del ports["bob"]
    ports["carol"] = {}
    ports["zoe"] = {"interface": "lo"}
    with pytest.raises(RpcError) as refused:
        lab.call("config.apply", {"config": wanted})
    assert refused.value.kind == "kernel_refused" and refused.value.data["step"] == "+ port zoe"
    assert lab.call("config.get") == before
    assert run("ip", "-n", lab.name_of("alice"), "-o", "addr").stdout == interfaces
    assert lab.ping("alice", "bob")


# ---- tapctl --------------------------------------------------------------------------------------


def test_tapctl_shows_and_applies_a_file(lab, tmp_path):
    file = tmp_path / "lab.json"
    file.write_text(json.dumps(document_of({"alice": {}, "bob": {}})))
    assert lab.tapctl("diff", file).stdout == "+ port alice\n+ port bob\n"
    assert lab.tapctl("apply", file, "--dry-run").stdout.endswith("this was a dry run\n")
    assert lab.tapctl("apply", file).stdout == "+ port alice\n+ port bob\ndone: revision 2\n"
    assert lab.tapctl("apply", file).stdout == "no difference\n"
    file.write_text(json.dumps(document_of({"alice": {"vlan": {"mode": "access", "pvid": 20}}})))
    assert lab.tapctl("diff", file).stdout == ("~ vlan of alice: trunk all -> 20   (disturbs "
                                               "traffic)\n- port bob   (disturbs traffic)\n")
    assert "- port" not in lab.tapctl("diff", file, "--mode", "merge").stdout
    refused = lab.tapctl("apply", file, "--if-revision", 1, check=False)
    assert refused.returncode == 1 and "revision 2, not 1" in refused.stderr
    stdin = subprocess.run([program("TAPCTL"), "--socket", str(lab.socket), "apply", "-"],
                           input=file.read_text(), capture_output=True, text=True, check=True)
    assert stdin.stdout.endswith("done: revision 3\n")


def test_tapctl_tells_every_mistake_with_its_line(lab, tmp_path):
    file = tmp_path / "lab.json"
    file.write_text('{\n"version": 1,\n"switches": {"sw0": {"ports": {\n"a": {"mtu": 5},\n'
                    '"b": {"colour": 1}}}}}')
    refused = lab.tapctl("apply", file, check=False)
    assert refused.returncode == 1
    assert f"{file}:4:14: /switches/sw0/ports/a/mtu: 5 is out of range" in refused.stderr
    assert f"{file}:5:17: /switches/sw0/ports/b/colour: unknown field" in refused.stderr
    file.write_text('{\n"version": }')
    refused = lab.tapctl("diff", file, check=False)
    assert refused.returncode == 2 and f"{file}:2:12: " in refused.stderr
    refused = lab.tapctl("apply", tmp_path / "none", check=False)
    assert refused.returncode == 1 and "No such file" in refused.stderr


# ---- files ---------------------------------------------------------------------------------------


def test_startup_file_is_what_runs(empty_lab, tmp_path):
    lab = empty_lab
    file = tmp_path / "lab.json"
    document = document_of(
        {"alice": {"type": "tap", "addresses": ["10.0.0.1/24"], "vlan": {"mode": "access",
                                                                         "pvid": 10}}},
        fdb={"static": [{"mac": "02:00:00:00:00:01", "vlan": 10, "port": "alice"}]},
        vlans={"10": {"name": "office"}})
    file.write_text(json.dumps(document))
    lab.start("--config", file)
    assert running(lab) == document
    lab.tapctl("port", "add", "bob")
    assert json.loads(file.read_text()) == document, "nobody said save"
    assert lab.tapctl("save").stdout == f"saved to {file}\n"
    assert json.loads(file.read_text()) == running(lab)


def test_autosave_begins_with_a_file_that_does_not_exist(empty_lab, tmp_path):
    lab = empty_lab
    file = tmp_path / "lab.json"
    lab.start("--config", file, "--autosave")
    lab.tapctl("port", "add", "alice")
    assert json.loads(file.read_text()) == document_of({"alice": {"type": "tap"}})


def test_daemon_without_its_file_or_with_a_wrong_one_does_not_start(tmp_path):
    file = tmp_path / "lab.json"
    options = ["--socket", tmp_path / "s", "--config", file]
    assert "No such file" in run(program("TAPSWITCHD"), *options, check=False).stderr
    file.write_text('{"version": 1}')
    ended = run(program("TAPSWITCHD"), *options, check=False)
    assert ended.returncode == 1 and f"{file}:1:1: /switches: missing" in ended.stderr


def test_check_config_tells_all_and_starts_nothing(tmp_path):
    assert check(EXAMPLE).stdout == f"{EXAMPLE}: no mistakes (1 switches, 5 ports)\n"
    file = tmp_path / "lab.json"
    file.write_text('{"version": 2,\n "switches": 5}')
    done = check(file)
    assert done.returncode == 1
    assert f"{file}:1:13: /version" in done.stderr and f"{file}:2:14: /switches" in done.stderr


@pytest.mark.parametrize("text", ["", "[", "null", '"' + "x" * 1000, "[" * 100_000,
                                  '{"version": 1, "version": 1, "switches": {}}', "\0", "\x80"])
def test_nonsense_is_refused(tmp_path, text):
    file = tmp_path / "lab.json"
    file.write_bytes(text.encode("latin-1"))
    done = check(file)
    assert done.returncode == 1 and done.stderr.startswith("tapswitchd: "), done.stderr


def test_fifty_megabytes_are_refused(tmp_path, lab):
    file = tmp_path / "large.json"
    file.write_bytes(b'{"version": 1, "switches": {"sw0": {' + b" " * 50_000_000 + b"}}}")
    assert "16777216 bytes" in check(file).stderr
    refused = lab.tapctl("apply", file, check=False)
    assert refused.returncode == 1 and "bytes" in refused.stderr


# A file system of the lab's own, so small that it can be filled, and that can be made read-only.
@pytest.fixture
def small_disk(tmp_path):
    path = tmp_path / "disk"
    path.mkdir()
    run("mount", "-t", "tmpfs", "-o", "size=64k", "none", path)
    yield path
    run("umount", "-l", path)


def test_full_disk_leaves_the_old_file_whole(empty_lab, small_disk):
    lab = empty_lab
    file = small_disk / "lab.json"
    lab.start("--config", file, "--autosave")
    lab.tapctl("vlan", "set", 10, "--name", "office")
    old = file.read_bytes()
    with open(small_disk / "filler", "wb", buffering=0) as filler, pytest.raises(OSError):
        while True:
            filler.write(bytes(4096))
    with pytest.raises(RpcError) as refused:
        lab.call("vlan.set", {"vid": 20, "name": "lab"})
    assert refused.value.data["errno_name"] == "ENOSPC" and refused.value.data["applied"]
    assert file.read_bytes() == old
    assert sorted(os.listdir(small_disk)) == ["filler", "lab.json"]
    (small_disk / "filler").unlink()
    lab.call("config.save")
    assert json.loads(file.read_text()) == running(lab)


def test_limit_of_a_file_is_told_like_a_full_disk(empty_lab, tmp_path):
    """`ulimit -f`, which also ends the log in a file, and not the daemon."""
    lab = empty_lab
    file = tmp_path / "lab.json"
    lab.start("--config", file, "--autosave")
    lab.tapctl("vlan", "set", 10, "--name", "office")
    old = file.read_bytes()
    run("prlimit", "--pid", lab.daemon.pid, "--fsize=50:")
    with pytest.raises(RpcError) as refused:
        lab.call("vlan.set", {"vid": 20, "name": "lab"})
    assert refused.value.data["errno_name"] == "EFBIG" and refused.value.data["applied"]
    assert file.read_bytes() == old and os.listdir(tmp_path) == ["lab.json"]
    run("prlimit", "--pid", lab.daemon.pid, "--fsize=unlimited:")
    lab.call("config.save")
    assert json.loads(file.read_text()) == running(lab)


def test_read_only_directory_is_told(empty_lab, small_disk):
    lab = empty_lab
    file = small_disk / "lab.json"
    file.write_text(json.dumps(document_of({})))
    lab.start("--config", file)
    run("mount", "-o", "remount,ro", small_disk)
    refused = lab.tapctl("save", check=False)
    assert refused.returncode == 1 and "Read-only file system" in refused.stderr
    assert json.loads(file.read_text()) == document_of({})


# ---- the schema ----------------------------------------------------------------------------------


def fits(schema, value):
    """Whether 'value' is good by the schema."""
    return jsonschema.Draft202012Validator(schema).is_valid(value)


def test_schema_that_is_shipped_is_the_programs_own():
    jsonschema.Draft202012Validator.check_schema(json.loads(SCHEMA.read_text()))
    assert run(program("TAPSWITCHD"), "--print-schema").stdout == SCHEMA.read_text(), \
        "run: tapswitchd --print-schema > docs/tapswitch.schema.json"


def test_example_fits_the_schema_and_is_applied(lab):
    schema, example = json.loads(SCHEMA.read_text()), json.loads(EXAMPLE.read_text())
    assert fits(schema, example)
    lab.tapctl("apply", EXAMPLE)
    assert lab.tapctl("diff", EXAMPLE).stdout == "no difference\n"
    assert fits(schema, lab.call("config.get", {"format": "full"}))
    for wrong in ({**example, "version": 2}, {**example, "more": 1},
                  document_of({"alice": {"mtu": "large"}})):
        assert not fits(schema, wrong)
    lab.tapctl("port", "set", "server", "--persist", "no")
