# SPDX-License-Identifier: Apache-2.0
"""Fixtures and rules for all scenario tests.

    lab         a Lab whose daemon runs, started bare
    module_lab  the same for all tests of a file together, which leave it as they found it
    lab_files   makes labs of `tapctl lab`, and has them gone at the end
    empty_lab   a Lab without a daemon: the test starts it itself, with lab.start(OPTION...)
    path_lab    a Lab whose daemon has a kernel path

Environment (CTest sets the first three):
    TAPSWITCHD, TAPCTL           the programs under test
    TAPSWITCH_STRICT_FILTER      a library with which a refused system call ends its program
    TAPSWITCH_REQUIRE_ROOT=1     without root fail instead of skipping
    TAPSWITCH_TEST_KERNEL_PATH=1 every daemon has the kernel path, but in tests marked without_path
    TAPSWITCH_TEST_PAUSE=1       stop at a failure with daemon and namespaces alive
"""

import os
import signal

import pytest

from lab import IS_BY_PATH, IS_SANITIZED, Lab, run
from lab_file import LabFiles

# CTest takes this for 'skipped' (SKIP_RETURN_CODE), so that no skipped test is lost in a pass.
SKIPPED_STATUS = 77

HAS_FAILED = pytest.StashKey()
LAB = pytest.StashKey()


def pytest_configure(config):
    config.addinivalue_line("markers", "not_sanitized: says nothing of a build with sanitizers")
    config.addinivalue_line("markers", "without_path: has the kernel path where it says so alone")
    # Every daemon that a scenario starts, also by way of tapctl, dies of a system call that its
    # filter refuses. With a sanitizer there is no filter.
    if "TAPSWITCH_STRICT_FILTER" in os.environ and not IS_SANITIZED:
        os.environ["LD_PRELOAD"] = os.environ["TAPSWITCH_STRICT_FILTER"]
    # CTest ends a test that takes too long; fixtures must clean up then as well.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


def make_lab(request):
    return Lab(gets_path=IS_BY_PATH and not request.node.get_closest_marker("without_path"))


@pytest.fixture
def empty_lab(request):
    require_root()
    lab = make_lab(request)
    request.node.stash[LAB] = lab
    try:
        yield lab
        if request.node.stash.get(HAS_FAILED, False):
            pause(lab)
        lab.stop()
    finally:
        lab.remove()


@pytest.fixture
def lab(empty_lab):
    empty_lab.start()
    return empty_lab


@pytest.fixture
def pair(lab):
    """A lab of two TAPs, who know each other's addresses."""
    lab.join("alice", "10.0.0.1/24")
    lab.join("bob", "10.0.0.2/24")
    assert lab.ping("alice", "bob")
    return lab


@pytest.fixture
def path_lab(empty_lab):
    empty_lab.start("--kernel-path")
    state = empty_lab.call("system.info")["kernel_path"]
    assert state == {"state": "on"}, "this kernel has a path"
    return empty_lab


@pytest.fixture(scope="module")
def module_lab(request):
    require_root()
    lab = make_lab(request)
    try:
        lab.start()
        yield lab
        lab.stop()
    finally:
        lab.remove()


@pytest.fixture
def lab_files(tmp_path):
    require_root()
    labs = LabFiles(tmp_path)
    try:
        yield labs
    finally:
        labs.remove()


@pytest.fixture
def lab_namespace():
    """Makes a network namespace that is nobody's."""
    names = []

    def make(name):
        run("ip", "netns", "add", name)
        names.append(name)
        return name

    yield make
    for name in names:
        run("ip", "netns", "del", name, check=False)


def require_root():
    if os.geteuid() == 0:
        return
    if os.environ.get("TAPSWITCH_REQUIRE_ROOT") == "1":
        pytest.fail("needs root, and TAPSWITCH_REQUIRE_ROOT=1 is set")
    pytest.skip("needs root (or 'unshare -Urnm') to make TAPs and namespaces")


def pause(lab):
    if os.environ.get("TAPSWITCH_TEST_PAUSE") != "1":
        return
    with open("/dev/tty", "r+", buffering=1, encoding="utf-8") as terminal:
        terminal.write(f"\nPaused at a failure. Namespaces: ip netns | grep {lab.name_of('')}\n"
                       f"Daemon: tapctl --socket {lab.socket} ..., log in {lab.directory}\n"
                       "Enter removes it all. ")
        terminal.readline()


def pytest_collection_modifyitems(config, items):
    """Leaves out what a sanitizer makes meaningless: it is not skipped for want of anything."""
    if IS_SANITIZED:
        out = [item for item in items if item.get_closest_marker("not_sanitized")]
        config.hook.pytest_deselected(items=out)
        items[:] = [item for item in items if item not in out]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Notes that a test has failed, and shows what the daemon said."""
    report = (yield).get_result()
    if report.failed:
        item.stash[HAS_FAILED] = True
        if LAB in item.stash:
            report.sections.append(("tapswitchd said", item.stash[LAB].log()))


def pytest_sessionfinish(session, exitstatus):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if exitstatus == pytest.ExitCode.OK and reporter.stats.get("skipped"):
        session.exitstatus = SKIPPED_STATUS
