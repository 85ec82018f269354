# SPDX-License-Identifier: Apache-2.0
"""lab: a daemon, network namespaces around it, and the verbs of a scenario.

Everything is made under names of this process ('ts4711-alice'), so that labs never meet; a test
says 'alice'. The daemon runs in a namespace of its own too: a TAP that is made without
--namespace is in lab.switch, not on the host.

    def test_two_stations_reach_each_other(lab):
        lab.join("alice", "10.0.0.1/24")
        lab.join("bob", "10.0.0.2/24")
        assert lab.ping("alice", "bob")

When the test is over stop() holds the daemon to its promises, and remove() takes everything away.
"""

import ctypes
import fcntl
import ipaddress
import itertools
import json
import os
import re
import shutil
import signal
import struct
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from rpc_client import RpcClient

# Seconds. No wait is longer; none is a plain sleep.
DEADLINE = 10.0

# Every daemon of a Lab has the kernel path, also where its test does not ask for it.
IS_BY_PATH = os.environ.get("TAPSWITCH_TEST_KERNEL_PATH") == "1"

# Sanitizers keep freed memory and slow one thing more than another: what they cost says nothing
# about the daemon.
IS_SANITIZED = os.environ.get("TAPSWITCH_SANITIZED", "") != ""
POLL_INTERVAL = 0.01

SANITIZER_REPORT = re.compile(r"(ERROR|WARNING): \w+Sanitizer|runtime error: ")
PR_SET_PDEATHSIG = 1
CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 0x0001, 0x0002, 0x1000, 0x4000

_labs = itertools.count(1)


def wait_until(condition, what, deadline=DEADLINE):
    """The first true value of condition(); AssertionError naming 'what' if none comes in time."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"in {deadline} s not: {what}"
        time.sleep(POLL_INTERVAL)


def run(*command, check=True, timeout=DEADLINE):
    """Runs a command; its output is captured as text. Raises with that output if it fails."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=timeout, check=False)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(done.args)}: exit status {done.returncode}\n"
                             f"{done.stdout}{done.stderr}")
    return done


def state(lab, port):
    return lab.call("port.get", {"name": port})["state"]


def drops(lab, port):
    """How many frames the port has lost, by the reason."""
    return lab.call("stats.get", {"port": port})["ports"][port]["drops"]


def program(variable):
    """The path of a built program, which CTest gives in the environment."""
    path = os.environ.get(variable)
    assert path, f"{variable} must be the path of the built program (CTest sets it)"
    return path


def preload(*libraries):
    """The environment of a program that loads them first, and what all others load."""
    inherited = os.environ.get("LD_PRELOAD", "").split()
    return {"LD_PRELOAD": " ".join([*libraries, *inherited]),
            "ASAN_OPTIONS": "verify_asan_link_order=0"}


def older_kernel(missing):
    """The environment of a daemon to which the kernel looks as if it lacked that
    (tests/support/older_kernel.cpp)."""
    return {**preload(os.environ["TAPSWITCH_OLDER_KERNEL"]), "OLDER_KERNEL_WITHOUT": missing}


def status_at_end(process, complaint):
    """The exit status of a process that is to end now; one that does not is ended."""
    try:
        return process.wait(DEADLINE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise AssertionError(complaint) from None


class Lab:
    """Not thread-safe. 'directory' is a temporary one for the files of the test."""

    def __init__(self, gets_path=IS_BY_PATH):
        self._gets_path = gets_path
        self._prefix = f"ts{os.getpid()}-{next(_labs)}-"
        self._namespaces = []
        self._clients = []
        self._addresses = {}
        self.daemon = None
        self.directory = Path(tempfile.mkdtemp(prefix=self._prefix))
        self.socket = self.directory / "control.sock"
        self._log = self.directory / "tapswitchd.log"
        self.switch = self.namespace("switch")

    # ---- namespaces ------------------------------------------------------------------------

    def name_of(self, short):
        """The real name of a namespace of this lab."""
        return self._prefix + short

    def namespace(self, short, ipv6=False):
        """Makes a namespace and returns its real name. Without IPv6 no frame is unasked for."""
        name = self.name_of(short)
        run("ip", "netns", "add", name)
        self._namespaces.append(name)
        run("ip", "-n", name, "link", "set", "lo", "up")
        if not ipv6:
            self.exec(short, "sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1",
                      "net.ipv6.conf.default.disable_ipv6=1")
        return name

    def remove_namespace(self, short):
        """Removes it now, as a test of what then happens."""
        name = self.name_of(short)
        self._namespaces.remove(name)
        run("ip", "netns", "del", name)

    def exec(self, short, *command, check=True, timeout=DEADLINE):
        """Runs a command in a namespace and returns what subprocess.run() does."""
        return run(*self.command_in(short, *command), check=check, timeout=timeout)

    def command_in(self, short, *command):
        """The words that run a command in a namespace, for a subprocess.Popen of the test's own."""
        return ["nsenter", f"--net=/run/netns/{self.name_of(short)}", *map(str, command)]

    def taps(self):
        """(namespace, interface) of every TAP in this lab."""
        found = []
        for name in self._namespaces:
            links = run("ip", "-n", name, "-json", "link", "show", "type", "tun").stdout
            found += [(name, link["ifname"]) for link in json.loads(links or "[]") if link]
        return found

    def near_ends(self):
        """The names of the switch's own ends of veths that go with their ports."""
        links = run("ip", "-n", self.switch, "-json", "link", "show", "group", 7631735).stdout
        return [link["ifname"] for link in json.loads(links or "[]") if link]

    def in_namespace(self, short, work):
        """What work() returns, called by a thread that is in a namespace. Sockets that it makes stay
        there."""
        results = []

        def work_inside():
            with open(f"/run/netns/{self.name_of(short)}", "rb") as namespace:
                assert ctypes.CDLL(None).setns(namespace.fileno(), CLONE_NEWNET) == 0
            results.append(work())

        # A thread may enter a namespace by itself.
        thread = threading.Thread(target=work_inside)
        thread.start()
        thread.join()
        assert results, f"failed in {short}: what is said above"
        return results[0]

    def open_tap(self, short, interface, flags=IFF_TAP | IFF_NO_PI | IFF_VNET_HDR):
        """Opens a TAP in a namespace as another program would, and returns its descriptor, which
        is for the test to close."""
        def open_inside():
            fd = os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC)
            fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", interface.encode(), flags))
            return fd

        return self.in_namespace(short, open_inside)

    def daemon_descriptors(self):
        """How many descriptors the daemon has open while it has one session more."""
        with RpcClient(self.socket) as client:
            for _ in range(2):  # by the second answer it knows that earlier sessions have ended
                client.call("system.info")
            return len(os.listdir(f"/proc/{self.daemon.pid}/fd"))

    def daemon_memory(self):
        """KiB that are resident; 0 if it is sanitized, as what the sanitizer keeps would be counted."""
        if IS_SANITIZED:
            return 0
        with open(f"/proc/{self.daemon.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

    # ---- the daemon ------------------------------------------------------------------------

    def start(self, *options, environment=(), under=(), fds=()):
        """Starts tapswitchd on the lab's socket and waits until it answers: then what it was
        started with is there.
        'environment' is added to the test's own; 'under' are words of a command that runs it, 'fds'
        descriptors that it inherits."""
        assert self.daemon is None, "the daemon runs already"
        self.daemon = self._spawn(options, environment, under, fds)
        wait_until(self._answers, "tapswitchd answers")

    def take_over(self, *options):
        """Starts a successor of the daemon, and waits until that has ended and it answers."""
        old, self.daemon = self.daemon, self._spawn(["--takeover", *options])
        status = status_at_end(old, f"the old daemon did not end:\n{self.log()}")
        assert status == 0, f"the old daemon ended with status {status}:\n{self.log()}"
        wait_until(self._answers, "the successor answers")

    def _spawn(self, options, environment=(), under=(), fds=()):
        by_path = ["--kernel-path"] if self._gets_path and "--kernel-path" not in options else []
        command = self.command_in("switch", *under, program("TAPSWITCHD"), "--socket", self.socket,
                                  *by_path, *options)
        with open(self._log, "ab") as log:
            return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                    preexec_fn=die_with_the_test, pass_fds=fds,
                                    env={**os.environ, **dict(environment)})

    def _answers(self):
        assert self.daemon.poll() is None, f"tapswitchd ended at once:\n{self.log()}"
        try:
            self.call("system.info")
        except (OSError, EOFError):
            return False
        return True

    def log(self):
        """What tapswitchd has written to stdout and stderr."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def stop(self, persistent=()):
        """Ends the daemon and checks that it left well. 'persistent': interfaces that stay."""
        if self.daemon is None:
            return
        daemon, self.daemon = self.daemon, None
        if daemon.poll() is None:
            daemon.send_signal(signal.SIGTERM)
        status = status_at_end(daemon, f"tapswitchd did not end within {DEADLINE} s of SIGTERM")
        report = SANITIZER_REPORT.search(self.log())
        assert not report, f"a sanitizer complains:\n{self.log()}"
        assert status == 0, f"tapswitchd ended with status {status}:\n{self.log()}"
        assert not self.socket.exists(), "tapswitchd left its socket behind"
        left = [tap for tap in self.taps() if tap[1] not in persistent]
        assert not left, f"tapswitchd left TAPs behind: {left}"
        assert not self.near_ends(), f"tapswitchd left veths behind: {self.near_ends()}"

    # ---- talking to it ---------------------------------------------------------------------

    def tapctl(self, *words, check=True, timeout=DEADLINE):
        """Runs tapctl on the lab's socket and returns what subprocess.run() does."""
        return run(program("TAPCTL"), "--socket", self.socket, *words, check=check, timeout=timeout)

    def client(self):
        """A session of its own, closed with the lab."""
        self._clients.append(RpcClient(self.socket))
        return self._clients[-1]

    def call(self, method, params=None):
        """One call in a session of its own; RpcError if it is refused."""
        with RpcClient(self.socket) as client:
            return client.call(method, params)

    # ---- stations --------------------------------------------------------------------------

    def join(self, short, address, **params):
        """Makes a namespace with a TAP of the same short name and address in it. 'params' are
        those of port.add, but 'vlan' may be a number: an access port's. Returns the port."""
        namespace = self.namespace(short)
        self._addresses[short] = str(ipaddress.ip_interface(address).ip)
        if isinstance(params.get("vlan"), int):
            params["vlan"] = {"mode": "access", "pvid": params["vlan"]}
        return self.call("port.add", {"name": short, "type": "tap", "namespace": namespace,
                                      "addresses": [address], **params})

    def icmp_of(self, station):
        """What a station's kernel counts of ICMP, by the names of RFC 2011 in short."""
        table = self.exec(station, "grep", "^Icmp:", "/proc/net/snmp").stdout.splitlines()
        names, values = (line.split()[1:] for line in table)
        return dict(zip(names, map(int, values)))

    def ping(self, source, to, *options):
        """Whether one ping from a station to another (or to an address) is answered in 1 s."""
        address = self._addresses.get(to, to)
        return self.exec(source, "ping", "-n", "-c", 1, "-W", 1, *options, address,
                         check=False).returncode == 0

    # ---- the end ---------------------------------------------------------------------------

    def remove(self):
        """Takes away whatever is left, in whatever state the test has ended."""
        for client in self._clients:
            client.close()
        if self.daemon is not None:
            self.daemon.kill()
            self.daemon.wait()
        for name in self._namespaces:
            run("ip", "netns", "del", name, check=False)
        shutil.rmtree(self.directory, ignore_errors=True)


def die_with_the_test():
    """Runs in the child before the daemon: it shall not outlive a test that is killed."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
