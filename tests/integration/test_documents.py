# SPDX-License-Identifier: Apache-2.0
"""What the documents show is what happens."""

import contextlib
import json
import os
import re
import shlex
import signal
import subprocess
from pathlib import Path

import pytest

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


PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def runnable_blocks():
    """(name, commands) of each console block that a page says to run. What is not a command is what
    it prints, and may be anything."""
    for page in PAGES:
        for name, block in re.findall(r"^<!-- run: (\S+) -->\n```console\n(.*?)^```$",
                                      page.read_text(), re.M | re.S):
            yield pytest.param([line[2:] for line in block.splitlines() if line[:2] in "# $ "],
                               id=name)


def one_by_one(commands):
    """A shell script of them. Waiting for the socket is what a person does between two of them."""
    script = "set -ex\n"
    for command in commands:
        script += command + "\n"
        if command.endswith("tapswitchd &"):
            script += "until tapctl info >/dev/null 2>&1; do sleep 0.05; done\n"
    return script + "wait\n"


@pytest.mark.parametrize("commands", runnable_blocks())
def test_commands_of_the_documents_work(commands, tmp_path):
    require_root()
    made = {word for line in commands for word in re.findall(r"^ip netns add (\S+)", line)}
    namespaces = {line.split()[0] for line in run("ip", "netns").stdout.splitlines()}
    assert not namespaces & made, "a namespace of that name is in the way"
    path = os.path.dirname(program("TAPSWITCHD")) + ":" + os.environ["PATH"]
    # In a session of its own, for a command that fails leaves others in the background.
    with subprocess.Popen(["bash", "-c", one_by_one(commands)], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, start_new_session=True,
                          env={**os.environ, "PATH": path,
                               "TAPSWITCH_SOCKET": str(tmp_path / "control.sock")}) as shell:
        try:
            output = shell.communicate(timeout=60)[0]
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGKILL)
            for name in made:
                run("ip", "netns", "del", name, check=False)
    assert shell.returncode == 0, output
    assert "ping" not in str(commands) or re.search("[1-9] received", output), output


def shown_commands():
    """Every tapctl command that the pages show, once."""
    found = set()
    for page in PAGES:
        text = page.read_text()
        found.update(re.findall(r"`(tapctl [^`\n]+)`", text))
        found.update(re.findall(r"^(?:[#$] )?(tapctl [^\n]+)$", text, re.M))
    return sorted(re.split(r"  | +[#&<>\\|]", command)[0] for command in found)


# Commands that go on until they are stopped, or are no calls of a method.
OTHER_COMMANDS = ("watch", "top", "lab", "link", "events", "call", "apply", "diff", "complete")


def test_tapctl_commands_of_the_documents_are_well_formed(empty_lab):
    """They are asked of a read-only socket, which refuses what would change something; a command
    that is no command is refused before."""
    lab = empty_lab
    read_only = lab.directory / "readonly.sock"
    lab.start("--socket-readonly", read_only)
    commands = shown_commands()
    assert len(commands) > 30
    faults = []
    for command in commands:
        # A page leaves some to its reader: X, NAME, "$(...)", ...
        words = [re.sub(r"^([A-Z]+|\$.*|\.\.\.)$", "1", word)
                 for word in shlex.split(command)[1:]]
        if any(word in OTHER_COMMANDS or word.startswith("-") for word in words[:1]):
            continue
        done = run(program("TAPCTL"), "--socket", read_only, *words, check=False)
        is_mentioned_only = len(words) <= 2 and "missing" in done.stderr
        if (done.returncode not in (0, 1) or "invalid" in done.stderr) and not is_mentioned_only:
            faults.append(f"{command}: {done.stderr}")
    assert not faults, "\n".join(faults)
