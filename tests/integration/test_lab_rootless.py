# SPDX-License-Identifier: Apache-2.0
"""A lab of a user who has no privilege at all."""

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import tempfile
from pathlib import Path

import pytest

from lab import program, run, wait_until
from lab_file import PATIENCE, star

USER = "nobody"


class RootlessUser:
    """Runs commands as a user, with a /dev/net/tun that everybody may open, as on Debian."""

    def __init__(self, directory):
        self.directory = Path(directory)
        self.runtime = self.directory / "run"
        self.runtime.mkdir()
        shutil.chown(self.directory, USER)
        shutil.chown(self.runtime, USER)
        self.tun = self.directory / "tun"
        device = os.stat("/dev/net/tun").st_rdev
        os.mknod(self.tun, stat.S_IFCHR | 0o666, device)
        os.chmod(self.tun, 0o666)
        self.path = self.directory / f"tr{os.getpid()}.json"
        self.name = self.path.stem

    def write(self, document):
        self.path.write_text(json.dumps({"version": 1, **document}))

    def run(self, *command, check=True):
        inner = ('mount --bind "$TUN" /dev/net/tun && exec setpriv --reuid=nobody '
                 '--regid=nogroup --clear-groups -- "$@"')
        done = subprocess.run(
            ["unshare", "-m", "sh", "-c", inner, "sh", *map(str, command)],
            capture_output=True, text=True, timeout=PATIENCE, check=False, cwd=self.directory,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "TUN": str(self.tun), "XDG_RUNTIME_DIR": str(self.runtime),
                 "HOME": str(self.directory), "TAPSWITCHD": str(self.directory / "tapswitchd")})
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def tapctl(self, *words, check=True):
        return self.run(self.directory / "tapctl", *words, check=check)


@pytest.fixture
def user(require_user_namespaces):
    directory = tempfile.mkdtemp(prefix="tr-", dir="/tmp")
    os.chmod(directory, 0o755)
    user = RootlessUser(directory)
    # The programs may be built in a directory into which the user may not look.
    for name in ("TAPSWITCHD", "TAPCTL"):
        shutil.copy(program(name), Path(directory) / Path(program(name)).name)
    try:
        yield user
    finally:
        user.tapctl("lab", "down", user.name, check=False)
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def require_user_namespaces():
    """Only a kernel that forbids them is an excuse."""
    if os.geteuid() != 0:
        pytest.skip("needs root to become another user")
    done = run("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "unshare", "-Urnm",
               "true", check=False)
    if done.returncode != 0:
        pytest.skip(f"this kernel has no user namespaces for users: {done.stderr}")


def keepers():
    return run("pgrep", "-u", USER, "-x", "tapswitch-lab", check=False).stdout.split()


def test_user_has_a_lab_without_any_privilege(user):
    user.write(star(3, processes={"sleeper": "exec sleep 1000"}))
    done = user.tapctl("lab", "up", "--rootless", user.path)
    assert "node n1: up" in done.stdout
    # None of the machine's own namespaces is the lab's.
    assert user.name not in run("ip", "netns").stdout
    user.tapctl("lab", "exec", "n1", "--", "ping", "-c", "1", "-W", "2", "10.97.0.3")
    assert set(re.findall(r"^\S+-n\d", user.tapctl("lab", "exec", "n1", "--", "ip", "netns").stdout,
                          re.M)) == {f"{user.name}-n{i}" for i in (1, 2, 3)}
    status = json.loads(user.tapctl("lab", "status", "--json").stdout)
    assert status["rootless"] and {node["state"] for node in status["nodes"]} == {"up"}
    assert "n3" in user.tapctl("--lab", user.name, "port").stdout
    # Without saying so again: the lab is what it is.
    assert "no difference" in user.tapctl("lab", "up", user.path).stdout
    # A file that a node writes belongs to the user, and one that others may not read it may not
    # either.
    user.tapctl("lab", "exec", "n1", "--", "touch", user.directory / "mark")
    assert (user.directory / "mark").owner() == USER
    assert user.tapctl("lab", "exec", "n1", "--", "cat", "/etc/shadow", check=False).returncode != 0
    user.tapctl("lab", "down")
    assert not list(user.runtime.iterdir())
    wait_until(lambda: not keepers(), "the keeper is gone")


def test_lab_that_fails_leaves_no_keeper(user):
    user.write(star(2, commands=["echo why; exit 3"]))
    done = user.tapctl("lab", "up", "--rootless", user.path, check=False)
    assert done.returncode == 1 and "exited with 3" in done.stderr, done.stderr
    assert not list(user.runtime.iterdir())
    wait_until(lambda: not keepers(), "the keeper is gone")


def test_keeper_that_is_killed_takes_the_lab_along_and_up_makes_it_anew(user):
    user.write(star(2, processes={"sleeper": "exec sleep 1000"}))
    user.tapctl("lab", "up", "--rootless", user.path)
    for pid in keepers():
        os.kill(int(pid), signal.SIGKILL)
    wait_until(lambda: not run("pgrep", "-u", USER, "sleep|tapswitchd", check=False).stdout,
               "all that the lab had is gone")
    done = user.tapctl("lab", "exec", "n1", "--", "true", check=False)
    assert done.returncode == 1 and "keeper is gone" in done.stderr
    user.tapctl("lab", "up", "--rootless", user.path)
    user.tapctl("lab", "exec", "n1", "--", "ping", "-c", "1", "-W", "2", "10.97.0.2")


def test_without_root_and_rootless_it_says_what_to_do(user):
    user.write(star(1))
    done = user.tapctl("lab", "up", user.path, check=False)
    assert done.returncode == 1 and "use sudo, or --rootless" in done.stderr


def test_node_is_stopped_and_started(user):
    user.write(star(2, processes={"sleeper": "exec sleep 1000"}))
    user.tapctl("lab", "up", "--rootless", user.path)
    user.tapctl("lab", "restart", "n1")
    user.tapctl("lab", "exec", "n2", "--", "ping", "-c", "1", "-W", "2", "10.97.0.1")
    user.tapctl("lab", "stop", "n1")
    status = json.loads(user.tapctl("lab", "status", "--json").stdout)
    assert {node["name"]: node["state"] for node in status["nodes"]} == {"n1": "stopped", "n2": "up"}
    assert "no difference" in user.tapctl("lab", "up", user.path).stdout
    user.tapctl("lab", "start", "n1")
    user.tapctl("lab", "exec", "n2", "--", "ping", "-c", "1", "-W", "2", "10.97.0.1")
