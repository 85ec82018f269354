# SPDX-License-Identifier: Apache-2.0
"""Open vSwitch in userspace, in a namespace and with files of its own."""

import contextlib
import os
import subprocess
from pathlib import Path

from lab import DEADLINE, die_with_the_test, run, wait_until

SCHEMA = Path("/usr/share/openvswitch/vswitch.ovsschema")


class OpenVSwitch(contextlib.ExitStack):
    """Use it in a 'with'; configure() takes the words of ovs-vsctl."""

    def __init__(self, lab, short):
        super().__init__()
        self._lab, self._short = lab, short
        self._directory = lab.directory / f"ovs-{short}"
        self._directory.mkdir()
        # Away from an Open vSwitch that the machine runs for itself.
        self._env = {**os.environ, "LD_PRELOAD": "",
                     **dict.fromkeys(("OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "OVS_SYSCONFDIR"),
                                     str(self._directory))}
        self._socket = self._directory / "db.sock"
        self._switch = None

    def __enter__(self):
        database = self._directory / "conf.db"
        run("ovsdb-tool", "create", database, SCHEMA)
        self._run("ovsdb-server", database, f"--remote=punix:{self._socket}")
        wait_until(self._socket.exists, "ovsdb-server takes connections")
        self.configure("--no-wait", "init")
        self._switch = self._run("ovs-vswitchd", f"unix:{self._socket}", "--pidfile")
        return self

    def __exit__(self, *details):
        # The TAPs that it has made would outlive it.
        self.say("ovs-appctl", "exit", "--cleanup")
        self._switch.wait(DEADLINE)
        return super().__exit__(*details)

    def configure(self, *words):
        run("ovs-vsctl", f"--db=unix:{self._socket}", *words)

    def say(self, *command):
        """Runs one of its other programs."""
        subprocess.run(command, env=self._env, capture_output=True, timeout=DEADLINE, check=True)

    def _run(self, *command):
        process = subprocess.Popen(self._lab.command_in(self._short, *command), env=self._env,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   preexec_fn=die_with_the_test)
        self.callback(process.wait)
        self.callback(process.kill)
        return process
