# SPDX-License-Identifier: Apache-2.0
"""lab_file: a lab file, `tapctl lab` on it, and whether anything of it is left.

    def test_lab_comes_up(lab_files):
        office = lab_files.make({"nodes": {"alice": {}}})
        office.up()
        office.exec("alice", "true")
"""

import itertools
import json
import os
import re
import subprocess
from pathlib import Path

from lab import program, run, wait_until

LABS = Path("/run/tapswitch-labs")

# To bring a lab up, on a machine that does other things too.
PATIENCE = 120.0

_numbers = itertools.count(1)


class LabFile:
    """One lab. Its name begins with this process, so that labs never meet."""

    def __init__(self, directory, document, labs=LABS):
        self.name = f"tl{os.getpid()}-{next(_numbers)}"
        self.path = Path(directory) / f"{self.name}.json"
        self._labs = Path(labs)
        self.write(document)

    def write(self, document):
        """The file has this from now on; a text is written as it is."""
        if not isinstance(document, str):
            document = json.dumps({"version": 1, **document}, indent=2)
        self.path.write_text(document)

    @property
    def directory(self):
        return self._labs / self.name

    def tapctl(self, *words, check=True, under=()):
        """'under' are words of a command that runs it."""
        return run("env", f"TAPSWITCH_LABS={self._labs}", *under, program("TAPCTL"), *words,
                   check=check, timeout=PATIENCE)

    def up(self, *options, check=True):
        return self.tapctl("lab", "up", self.path, *options, check=check)

    def down(self, check=True):
        return self.tapctl("lab", "down", self.name, check=check)

    def start_up(self, *options):
        """Begins to bring it up, and does not wait for the end."""
        return subprocess.Popen([program("TAPCTL"), "lab", "up", self.path, *options],
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True)

    def exec(self, node, *command, check=True):
        return self.tapctl("lab", "exec", "--lab", self.name, node, "--", *command, check=check)

    def link(self, how, end, check=True):
        return self.tapctl("lab", "link", how, end, "--lab", self.name, check=check)

    def status(self):
        return json.loads(self.tapctl("lab", "status", self.name, "--json").stdout)

    def states(self):
        """The state of each node: {"alice": "up"}."""
        return {node["name"]: node["state"] for node in self.status()["nodes"]}

    def ports(self):
        found = json.loads(self.tapctl("--lab", self.name, "--json", "port").stdout)["ports"]
        return {port["name"]: port for port in found}

    def namespaces(self):
        return re.findall(rf"^{self.name}-\S+", run("ip", "netns").stdout, re.M)

    def processes(self):
        """The pids of all processes that the lab has started or that are about it."""
        found = []
        for path in Path("/proc").glob("[0-9]*"):
            try:
                environment = (path / "environ").read_bytes()
                command = (path / "cmdline").read_bytes()
                state = (path / "stat").read_text().rsplit(")", 1)[1].split()[0]
            except OSError:
                continue
            about = f"TAPSWITCH_LAB={self.name}".encode() in environment.split(b"\0")
            if state != "Z" and (about or f"{self.directory}/".encode() in command):
                found.append(int(path.name))
        return found

    def assert_nothing_is_left(self):
        assert not self.namespaces()
        wait_until(lambda: not self.processes(), f"{self.name} has no processes any more")
        assert not self.directory.exists()

    def remove(self):
        """Whatever a test has done to it."""
        self.down(check=False)
        for name in self.namespaces():
            run("ip", "netns", "del", name, check=False)
        for pid in self.processes():
            os.kill(pid, 9)


class LabFiles:
    """Makes labs, and has them gone when the test is over."""

    def __init__(self, directory):
        self._directory = directory
        self._labs = []

    def make(self, document, labs=LABS):
        """'labs': where it has its things."""
        self._labs.append(LabFile(self._directory, document, labs))
        return self._labs[-1]

    def remove(self):
        for lab in self._labs:
            lab.remove()


def star(count, **settings):
    """'count' nodes n1, n2, ... on the switch sw0, with addresses 10.97.0.1, 10.97.0.2, ..."""
    names = [f"n{i}" for i in range(1, count + 1)]
    return {"switches": {"sw0": {}},
            "nodes": {name: dict(settings) for name in names},
            "links": [{"ends": [f"{name}:eth0", "sw0"], "addresses": [f"10.97.0.{i}/24"]}
                      for i, name in enumerate(names, 1)]}
