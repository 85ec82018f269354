# SPDX-License-Identifier: Apache-2.0
"""machine: a virtual machine of a scenario: QEMU with Debian's kernel and the initrd of
tests/support/make_vm, and a shell on its console.

    netdev = "stream,id=n,server=off,addr.type=unix,addr.path=/tmp/s"
    with Machine("alice", "10.0.0.1/24", netdev) as vm:
        vm.wait_until_ready()
        assert vm.run("ping -c 1 10.0.0.2")
"""

import contextlib
import itertools
import os
import re
import selectors
import signal
import subprocess
import time
from pathlib import Path

import pytest

from lab import die_with_the_test, run

# An emulated machine on a busy one of two cores is slow to start; only a failing test waits so long.
BOOT_DEADLINE = 120.0
COMMAND_DEADLINE = 60.0

MAKE_VM = Path(__file__).parent.parent / "support" / "make_vm"


def vm_files():
    """The directory with vmlinuz and initrd, made the first time."""
    directory = os.environ.get("TAPSWITCH_VM")
    assert directory, "TAPSWITCH_VM must be a directory for kernel and initrd (CTest sets it)"
    if os.uname().machine != "x86_64":
        pytest.skip("there is a kernel for virtual machines on x86_64 alone")
    run(MAKE_VM, directory, timeout=250)
    return Path(directory)


class Console:
    """A machine that has started, and the shell on its console."""

    _commands = itertools.count(1)

    def __init__(self, name, command):
        self.name = name
        self.console = ""
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            preexec_fn=_in_a_session)
        os.set_blocking(self._process.stdout.fileno(), False)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()

    def wait_until_ready(self):
        self._wait_for(re.compile(rf"vm {self.name} is ready"), BOOT_DEADLINE)

    def run(self, command):
        """Runs a command in the machine; whether its status was 0. What it says is in 'console'."""
        mark = f"status-{next(self._commands)}"
        # The console echoes what is typed: the mark must not stand in it whole.
        self._process.stdin.write(f"{command}; echo '{mark}'=$?\n".encode())
        self._process.stdin.flush()
        found = self._wait_for(re.compile(rf"{mark}=(\d+)"), COMMAND_DEADLINE)
        return found[1] == "0"

    def kill(self):
        """As when the power goes."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()

    def _wait_for(self, pattern, deadline):
        end = time.monotonic() + deadline
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while not (found := pattern.search(self.console)):
                left = end - time.monotonic()
                assert left > 0, f"in {deadline} s not '{pattern.pattern}':\n{self.console}"
                if selector.select(left):
                    said = self._process.stdout.read()
                    assert said, f"{self.name} has ended:\n{self.console}"
                    self.console += said.decode(errors="replace")
        return found


def _in_a_session():
    """User-mode Linux is more than one process, and they go together."""
    os.setsid()
    die_with_the_test()


class Machine(Console):
    """Starts at once. 'netdev' is QEMU's -netdev with the id 'n'; 'words' are further ones of the
    kernel's command line, as tests/support/make_vm has them; 'arguments' further ones of QEMU, and
    'device' of its card."""

    _numbers = itertools.count(1)

    def __init__(self, name, address, netdev, words=(), command_prefix=(),
                 arguments=(), device=""):
        files = vm_files()
        mac = f"02:00:00:00:01:{next(self._numbers):02x}"  # QEMU's own is the same for all
        # An emulated timer on a busy machine may be too late for the kernel, which then gives up.
        append = ["console=ttyS0", "quiet", "panic=-1", "no_timer_check",
                  f"vm.name={name}", f"vm.eth0={address}", *words]
        super().__init__(name, [
            *command_prefix, "qemu-system-x86_64", "-accel", "tcg", "-m", "96",
            "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-serial", "stdio",
            "-kernel", files / "vmlinuz", "-initrd", files / "initrd", "-append", " ".join(append),
            *arguments, "-netdev", netdev, "-device", f"virtio-net-pci,netdev=n,romfile=,mac={mac}{device}"])


class UserModeLinux(Console):
    """Starts at once. 'words' say which cards it has, and more as tests/support/make_vm has it."""

    def __init__(self, lab, name, *words):
        super().__init__(name, lab.command_in(
            "switch", "linux.uml", "mem=96M", f"uml_dir={lab.directory}", f"umid={name}",
            f"initrd={vm_files() / 'initrd'}", "con=null", "con0=fd:0,fd:1", "console=tty0",
            "quiet", "panic=-1", f"vm.name={name}", *words))
