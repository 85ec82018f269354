# SPDX-License-Identifier: Apache-2.0
"""capturing: a `tapctl capture` that runs, and what tshark finds in its file."""

import signal
import subprocess

from lab import DEADLINE, program, run, wait_until

FIELDS = ("frame.interface_name", "frame.packet_flags_direction", "vlan.id", "frame.len",
          "frame.time_epoch", "frame.cap_len", "frame.packet_id", "frame.comment")
IN, OUT = "0x00000001", "0x00000002"


class Capturing:
    """A `tapctl capture` that runs and whose capture has begun."""

    def __init__(self, lab, *words, stdout=subprocess.DEVNULL):
        self._lab = lab
        before = {each["capture"] for each in lab.call("capture.list")["captures"]}
        self.process = subprocess.Popen(
            [program("TAPCTL"), "--socket", str(lab.socket), "capture", *map(str, words)],
            stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE, text=True)
        self.number = wait_until(lambda: self._newcomer(before), "the capture has begun")

    def _newcomer(self, before):
        assert self.process.poll() is None, self.process.stderr.read()
        return next((each["capture"] for each in self._lab.call("capture.list")["captures"]
                     if each["capture"] not in before), None)

    def told(self):
        """What capture.list tells; None: it is over."""
        return next((each for each in self._lab.call("capture.list")["captures"]
                     if each["capture"] == self.number), None)

    def wait_for(self, frames):
        wait_until(lambda: self.told()["frames"] >= frames, f"{frames} frames are written")

    def end(self):
        """Presses Ctrl-C and returns what it says at its end."""
        self.process.send_signal(signal.SIGINT)
        return self.result()

    def result(self, status=0):
        said = self.process.communicate(timeout=DEADLINE)[1]
        assert self.process.returncode == status, said
        return said

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()


def read(path, *options):
    """The frames of a file as tshark shows them: dictionaries by FIELDS, without those asked for
    otherwise by options."""
    done = run("tshark", "-n", "-r", path, "-T", "fields", "-E", "separator=;",
               *(word for field in FIELDS for word in ("-e", field)), *options)
    return [dict(zip(FIELDS, line.split(";"))) for line in done.stdout.splitlines()]


def two_stations(lab):
    """alice and bob, each of whom is an access port of VLAN 10."""
    lab.join("alice", "10.0.0.1/24", vlan=10)
    lab.join("bob", "10.0.0.2/24", vlan=10)
    return lab
