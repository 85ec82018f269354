# SPDX-License-Identifier: Apache-2.0
"""What the README says to those who are not root: `unshare -Urn tapswitchd`."""

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

import pytest

from lab import DEADLINE, program, run, wait_until

USER = pwd.getpwnam("nobody")
PRIVATE = Path(f"/tmp/tapswitch-{USER.pw_uid}")


class Visitor:
    """An ordinary user who has copied the programs, and may open /dev/net/tun."""

    def __init__(self, directory):
        self.directory = Path(directory)
        os.chmod(directory, 0o755)
        for name in ("TAPSWITCHD", "TAPCTL"):
            shutil.copy(program(name), self.directory / Path(program(name)).name)
        shutil.copytree(Path(__file__).parents[2] / "tools/python", self.directory / "python")
        self.tun = self.directory / "tun"
        os.mknod(self.tun, stat.S_IFCHR | 0o666, os.stat("/dev/net/tun").st_rdev)
        os.chmod(self.tun, 0o666)
        self.daemon = None

    def words(self, script):
        inner = f'mount --bind "{self.tun}" /dev/net/tun && exec setpriv --reuid=nobody ' \
            '--regid=nogroup --clear-groups -- bash -c "$1"'
        return ["unshare", "-m", "bash", "-c", inner, "bash", script]

    def environment(self, runtime):
        found = {key: value for key, value in os.environ.items()
                 if key not in ("TAPSWITCH_SOCKET", "XDG_RUNTIME_DIR")}
        found.update({"PATH": f"{self.directory}:{os.environ['PATH']}", "HOME": str(self.directory),
                      "PYTHONPATH": str(self.directory / "python")})
        if runtime:
            found["XDG_RUNTIME_DIR"] = str(runtime)
        return found

    def run(self, script, runtime=None):
        return subprocess.run(self.words(script), capture_output=True, text=True, timeout=DEADLINE * 3,
                              check=False, cwd=self.directory, env=self.environment(runtime))

    def start(self, runtime=None, command="unshare -Urn tapswitchd"):
        """As the README has it, with tapswitchd found in PATH."""
        self.daemon = subprocess.Popen(self.words(f"exec {command}"),
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                       cwd=self.directory, env=self.environment(runtime))
        wait_until(lambda: self.run("tapctl system", runtime).returncode == 0 or
                   self.daemon.poll() is not None, "the daemon answers", DEADLINE * 3)
        assert self.daemon.poll() is None, self.daemon.stdout.read()

    def stop(self):
        if self.daemon:
            self.daemon.terminate()
            self.daemon.communicate(timeout=DEADLINE)
            self.daemon = None


@pytest.fixture
def visitor():
    if os.geteuid() != 0:
        pytest.skip("needs root to become another user")
    if run("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "unshare", "-Urn",
           "true", check=False).returncode != 0:
        pytest.skip("this kernel has no user namespaces for users")
    directory = tempfile.mkdtemp(prefix="tv-", dir="/tmp")
    shutil.rmtree(PRIVATE, ignore_errors=True)
    visitor = Visitor(directory)
    try:
        yield visitor
    finally:
        visitor.stop()
        shutil.rmtree(directory, ignore_errors=True)
        shutil.rmtree(PRIVATE, ignore_errors=True)


def use(visitor, runtime=None):
    """From outside of the namespace, and from Python."""
    done = visitor.run("tapctl port add alice && tapctl port", runtime)
    assert done.returncode == 0 and "alice" in done.stdout, done.stdout + done.stderr
    done = visitor.run("/usr/bin/python3 -c 'import tapswitch; "
                       "print(tapswitch.Client().port_get(name=\"alice\")[\"state\"])'", runtime)
    assert done.returncode == 0, done.stderr


def test_user_without_a_runtime_directory_has_one_in_tmp(visitor):
    visitor.start()
    status = PRIVATE.stat()
    assert stat.S_IMODE(status.st_mode) == 0o700 and status.st_uid == USER.pw_uid
    use(visitor)


def test_runtime_directory_is_preferred(visitor):
    runtime = visitor.directory / "run"
    runtime.mkdir()
    os.chown(runtime, USER.pw_uid, USER.pw_gid)
    visitor.start(runtime)
    assert (runtime / "tapswitch/control.sock").is_socket() and not PRIVATE.exists()
    use(visitor, runtime)


def test_veths_are_made_in_a_namespace_of_ones_own(visitor):
    visitor.start()
    done = visitor.run("tapctl port add alice --type veth && tapctl port get alice")
    assert done.returncode == 0 and "veth" in done.stdout, done.stdout + done.stderr


def test_user_who_may_make_no_veth_is_told_what_is_missing(visitor):
    visitor.start(command="tapswitchd")
    done = visitor.run("tapctl port add alice --type veth")
    assert done.returncode != 0 and "needs CAP_NET_ADMIN" in done.stderr, done.stderr
    done = visitor.run("tapctl --json port")
    assert done.returncode == 0 and "alice" not in done.stdout, done.stdout + done.stderr


def test_directory_of_somebody_else_is_refused_by_all(visitor):
    PRIVATE.mkdir(mode=0o777)
    PRIVATE.chmod(0o777)
    for script in ("unshare -Urn tapswitchd", "tapctl port",
                   "/usr/bin/python3 -c 'import tapswitch; tapswitch.Client()'"):
        done = visitor.run(script)
        assert done.returncode != 0 and "is not a directory of yours alone" in done.stderr, done.stderr


def test_readme_says_what_is_tried_here():
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    assert "`unshare -Urn tapswitchd`" in readme
