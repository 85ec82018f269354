# SPDX-License-Identifier: Apache-2.0
"""What the documents show is what happens."""

import json
import os
import re
import subprocess
from pathlib import Path

from conftest import require_root
from lab import program, run

ROOT = Path(__file__).resolve().parents[2]


def assert_fits(expected, actual, where="answer"):
    """Whether an answer is as shown: '...' is anything, and members not shown may be there."""
    if expected == "...":
        return
    if isinstance(expected, dict):
        assert isinstance(actual, dict), f"{where}: {actual}"
        for key, value in expected.items():
            assert key in actual, f"{where} has no '{key}': {actual}"
            assert_fits(value, actual[key], f"{where}.{key}")
    elif isinstance(expected, list):
        assert isinstance(actual, list) and len(actual) == len(expected), f"{where}: {actual}"
        for index, (one, other) in enumerate(zip(expected, actual)):
            assert_fits(one, other, f"{where}[{index}]")
    else:
        assert actual == expected, f"{where}: {actual}, not {expected}"


def test_exchanges_of_the_control_protocol_are_as_shown(lab):
    text = (ROOT / "docs/control-protocol.md").read_text()
    lines = "".join(re.findall(r"^```jsonrpc\n(.*?)^```$", text, re.M | re.S)).splitlines()
    assert len(lines) > 20
    client = lab.client()
    for line in lines:
        direction, message = line[:3], line[3:]
        if direction == "-> ":
            client.send_bytes(message.encode() + b"\n")
        else:
            assert direction == "<- ", line
            assert_fits(json.loads(message), client.read(), message)


def test_first_steps_of_the_readme_work(tmp_path):
    require_root()
    text = (ROOT / "README.md").read_text()
    block = re.search(r"<!-- run: first-steps -->\n```console\n(.*?)^```$", text, re.M | re.S)[1]
    steps = [line.removeprefix("# ") for line in block.splitlines()]
    namespaces = {line.split()[0] for line in run("ip", "netns").stdout.splitlines()}
    assert not namespaces & {"alice", "bob"}, "a namespace of that name is in the way"
    # Waiting for the socket is what a person does between two commands.
    script = "set -ex\n" + "\n".join(
        step + ("\nuntil tapctl info >/dev/null 2>&1; do sleep 0.05; done"
                if step.endswith("&") else "") for step in steps) + "\nwait\n"
    path = os.path.dirname(program("TAPSWITCHD")) + ":" + os.environ["PATH"]
    try:
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60,
                              env={**os.environ, "PATH": path,
                                   "TAPSWITCH_SOCKET": str(tmp_path / "control.sock")}, check=False)
    finally:
        for name in ("alice", "bob"):
            run("ip", "netns", "del", name, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 received" in done.stdout
