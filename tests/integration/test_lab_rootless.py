# SPDX-License-Identifier: Apache-2.0
"""A lab of a user who has no privilege at all."""

import json
import os
import re
import signal

from lab import run, wait_until
from lab_file import star
from rootless_user import USER, require_user_namespaces, user


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
    wait_until(lambda: not user.keepers(), "the keeper is gone")


def test_lab_that_fails_leaves_no_keeper(user):
    user.write(star(2, commands=["echo why; exit 3"]))
    done = user.tapctl("lab", "up", "--rootless", user.path, check=False)
    assert done.returncode == 1 and "exited with 3" in done.stderr, done.stderr
    assert not list(user.runtime.iterdir())
    wait_until(lambda: not user.keepers(), "the keeper is gone")


def test_keeper_that_is_killed_takes_the_lab_along_and_up_makes_it_anew(user):
    user.write(star(2, processes={"sleeper": "exec sleep 1000"}))
    user.tapctl("lab", "up", "--rootless", user.path)
    assert len(user.keepers()) == 1
    for pid in user.keepers():
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not user.processes("sleep", "tapswitchd"), "all that the lab had is gone")
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
