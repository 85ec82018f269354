# SPDX-License-Identifier: Apache-2.0
"""The directories of labs: nobody but their owner may have a hand in them, else nothing is done."""

import json
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from lab_file import star

STRANGER = pwd.getpwnam("nobody")


@pytest.fixture
def place():
    """A directory in one that everybody may write to, where it is safe, as in /tmp."""
    directory = Path(tempfile.mkdtemp(prefix="tl-", dir="/tmp"))
    yield directory
    shutil.rmtree(directory)


def give_away(path):
    os.chown(path, STRANGER.pw_uid, STRANGER.pw_gid)


def refused(lab_files, labs, complaint):
    lab = lab_files.make(star(1), labs)
    for words in (("up", lab.path), ("down", lab.name), ("status", lab.name), ("list",),
                  ("exec", "n1", "--lab", lab.name, "--", "true"), ("log", "--lab", lab.name)):
        done = lab.tapctl("lab", *words, check=False)
        assert done.returncode == 1 and complaint in done.stderr, (words, done.stdout, done.stderr)
    assert not lab.namespaces()


def test_directory_of_a_stranger_is_refused(lab_files, place):
    labs = place / "labs"
    labs.mkdir()
    give_away(labs)
    refused(lab_files, labs, "belongs to another user")
    assert not list(labs.iterdir())


def test_directory_into_which_others_may_write_is_refused(lab_files, place):
    labs = place / "labs"
    labs.mkdir()
    labs.chmod(0o777)
    refused(lab_files, labs, "others may write to it")


def test_link_is_refused(lab_files, place):
    (place / "elsewhere").mkdir()
    labs = place / "labs"
    labs.symlink_to("elsewhere")
    refused(lab_files, labs, "symbolic link")
    assert not list((place / "elsewhere").iterdir())


@pytest.mark.parametrize("is_there", [False, True])
def test_place_that_a_stranger_may_exchange_is_refused(lab_files, place, is_there):
    """What is above it is as good as it: who may rename there can put another in its place."""
    labs = place / "of_a_stranger" / "labs"
    labs.parent.mkdir()
    if is_there:
        labs.mkdir(mode=0o750)
    give_away(labs.parent)
    refused(lab_files, labs, "belongs to another user")
    os.chown(labs.parent, 0, 0)
    labs.parent.chmod(0o777)
    refused(lab_files, labs, "others may write to it")
    labs.parent.chmod(0o1777)
    lab = lab_files.make(star(1), labs)
    lab.up()
    lab.down()


@pytest.fixture
def victim():
    process = subprocess.Popen(["sleep", "1000"])
    yield process
    process.kill()
    process.wait()


def test_record_of_a_stranger_is_not_obeyed(lab_files, place, victim):
    """It names processes to be ended and namespaces to be entered."""
    labs = place / "labs"
    lab = lab_files.make(star(1), labs)
    lab.directory.mkdir(parents=True)
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    start = Path(f"/proc/{victim.pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
    named = {"pid": victim.pid, "start": int(start)}
    (lab.directory / "state.json").write_text(json.dumps(
        {"version": 1, "name": lab.name, "file": "", "boot": boot, "whole": True, "document": {},
         "keeper": named, "daemon": named, "nodes": {}}))
    for path in (labs, lab.directory, lab.directory / "state.json"):
        give_away(path)
    done = lab.down(check=False)
    assert victim.poll() is None
    assert done.returncode == 1 and "belongs to another user" in done.stderr
    shutil.rmtree(labs)


def test_lab_that_is_a_link_is_refused(lab_files, place):
    labs = place / "labs"
    labs.mkdir(mode=0o750)
    (place / "elsewhere").mkdir()
    lab = lab_files.make(star(1), labs)
    lab.directory.symlink_to(place / "elsewhere")
    for done in (lab.up(check=False), lab.down(check=False)):
        assert done.returncode == 1 and "symbolic link" in done.stderr, done.stderr
    assert not list((place / "elsewhere").iterdir())
