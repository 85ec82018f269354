# SPDX-License-Identifier: Apache-2.0
"""lab: the processes, network namespaces and files of one run.

A namespace has no name: it is held by a process that sleeps in it, and is gone with it. Every
process gets SIGKILL from the kernel when this one dies, so that nothing outlives even a kill -9 of
the benchmark; with each namespace go its interfaces.
"""

import ctypes
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

# Seconds that anything may take to come up; no wait is a plain sleep.
DEADLINE = 20.0
POLL_INTERVAL = 0.01

CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)


class BenchError(Exception):
    """What stops a measurement; the text says why."""


def wait_until(condition, what, deadline=DEADLINE):
    """Waits for condition() to be true."""
    end = time.monotonic() + deadline
    while not condition():
        if time.monotonic() > end:
            raise BenchError(f"in {deadline:.0f} s not: {what}")
        time.sleep(POLL_INTERVAL)


def run(*command, env=None, text=None, timeout=60.0):
    """Runs a command and returns what it has printed; BenchError with its complaint if it fails."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(words, input=text, capture_output=True, text=True, env=env,
                              timeout=timeout, check=False, preexec_fn=_die_with_us)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BenchError(f"{words[0]}: {error}") from error
    if done.returncode != 0:
        complaint = (done.stderr or done.stdout).strip()
        raise BenchError(f"{' '.join(words)}: exit status {done.returncode}: {complaint}")
    return done.stdout


class Namespace:
    """A network namespace without IPv6, so that no frame is sent unasked."""

    def __init__(self, lab):
        self.holder = lab.start("sleep", "infinity", preexec=_enter_new_namespace)
        self.path = f"/proc/{self.holder.pid}/ns/net"
        self.run("sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1",
                 "net.ipv6.conf.default.disable_ipv6=1")
        self.run("ip", "link", "set", "lo", "up")

    def command(self, *words):
        """The words that run a command in here."""
        return ["nsenter", f"--net={self.path}", *words]

    def run(self, *words, **options):
        return run(*self.command(*words), **options)

    def take(self, interface, other):
        """Moves an interface here from another namespace."""
        other.run("ip", "link", "set", "dev", interface, "netns", self.holder.pid)

    def received_frames(self):
        """How many frames each interface has received: {interface: frames}."""
        lines = Path(f"/proc/{self.holder.pid}/net/dev").read_text(encoding="ascii").splitlines()
        rows = (line.split(":") for line in lines[2:])
        return {name.strip(): int(numbers.split()[1]) for name, numbers in rows}


class Lab:
    """Use it in a 'with': what was started in it is gone after it."""

    def __init__(self):
        self._processes = []
        self._files = tempfile.TemporaryDirectory(prefix="tapswitch-bench-")
        self.directory = Path(self._files.name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in reversed(self._processes):
            process.kill()
        for process in self._processes:
            process.wait()
            for end in filter(None, (process.stdin, process.stdout)):
                end.close()
        self._files.cleanup()

    def start(self, *command, namespace=None, env=None, preexec=None, has_pipes=False):
        """Starts what runs beside us. 'has_pipes': we can read what it prints, and its input does
        not end. Its complaints go to a file, which wait_for() quotes."""
        words = [str(word) for word in command]
        if namespace:
            words = namespace.command(*words)

        def prepare():
            _die_with_us()
            if preexec:
                preexec()

        with open(self.directory / f"{len(self._processes)}.log", "wb") as log:
            process = subprocess.Popen(
                words, stdin=subprocess.PIPE if has_pipes else subprocess.DEVNULL, stderr=log,
                stdout=subprocess.PIPE if has_pipes else log, env=env, preexec_fn=prepare)
        self._processes.append(process)
        return process

    def wait_for(self, process, condition, what):
        """Waits for condition(), which the process is to bring about."""
        def is_so():
            if process.poll() is not None:
                raise BenchError(f"{what}: ended at once: {self.said_by(process)[-500:]}")
            return condition()
        wait_until(is_so, what)

    def said_by(self, process):
        """Its complaints, and what else it has printed unless it has pipes."""
        log = self.directory / f"{self._processes.index(process)}.log"
        return log.read_text(errors="replace").strip()


def _die_with_us():
    """Runs in the child before the program."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _enter_new_namespace():
    if _libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
