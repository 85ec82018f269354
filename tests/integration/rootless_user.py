# SPDX-License-Identifier: Apache-2.0
"""rootless_user: somebody without any privilege, who has labs all the same.

    from rootless_user import require_user_namespaces, user  # fixtures
"""

import json
import os
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

import pytest

from lab import program, run
from lab_file import PATIENCE

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
        self.under = ()  # words of a command that runs all others

    def write(self, document):
        self.path.write_text(json.dumps({"version": 1, **document}))

    def run(self, *command, check=True):
        inner = ('mount --bind "$TUN" /dev/net/tun && exec setpriv --reuid=nobody '
                 '--regid=nogroup --clear-groups -- "$@"')
        done = subprocess.run(
            [*self.under, "unshare", "-m", "sh", "-c", inner, "sh", *map(str, command)],
            capture_output=True, text=True, timeout=PATIENCE, check=False, cwd=self.directory,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "TUN": str(self.tun), "XDG_RUNTIME_DIR": str(self.runtime),
                 "HOME": str(self.directory), "TAPSWITCHD": str(self.directory / "tapswitchd")})
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def processes(self, *names):
        """The pids of those of its programs that are called so, and of no other test's."""
        mark = f"XDG_RUNTIME_DIR={self.runtime}".encode()
        found = []
        for path in Path("/proc").glob("[0-9]*"):
            try:
                if ((path / "comm").read_text().strip() in names
                        and mark in (path / "environ").read_bytes().split(b"\0")):
                    found.append(int(path.name))
            except OSError:
                pass  # it has ended
        return found

    def keepers(self):
        return self.processes("tapswitch-lab")

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
