# SPDX-License-Identifier: Apache-2.0
"""The manual pages are well-formed, and tell of every option and command that there is."""

import re
import shutil
from pathlib import Path

import pytest

from lab import program, run

PAGES = ["tapctl.1", "tapswitchd.8", "tapswitch.json.5", "tapswitch-lab.5"]


def page(name):
    return Path(program("TAPCTL")).parents[1] / "man" / name


def text_of(name):
    """As it is read: in one long line where it can be, without what makes it bold."""
    return re.sub(r".\x08", "", run("mandoc", "-T", "ascii", "-O", "width=1000", page(name)).stdout)


@pytest.fixture(autouse=True)
def mandoc():
    if shutil.which("mandoc") is None:
        pytest.fail("mandoc is missing: tools/dependencies install test")


@pytest.mark.parametrize("name", PAGES)
def test_page_is_well_formed(name):
    assert run("mandoc", "-T", "lint", "-W", "warning", page(name), check=False).stdout == ""


def test_daemon_page_has_its_options_and_no_others():
    known = set(re.findall(r"--[a-z-]+", run(program("TAPSWITCHD"), "--help").stdout))
    options = text_of("tapswitchd.8").split("The options are:")[1].split("ENVIRONMENT")[0]
    assert set(re.findall(r"^ +(--[a-z-]+)", options, re.M)) == known


def test_tapctl_page_has_every_command_with_its_options():
    text = text_of("tapctl.1")
    nouns = re.findall(r"^  (\w+) {2,}\w", run(program("TAPCTL"), "--help").stdout, re.M)
    assert len(nouns) > 8
    commands = 0
    for noun in nouns:
        verbs = run(program("TAPCTL"), "help", noun, check=False)
        if "Verbs:" not in verbs.stdout:
            continue  # an alias, or `call`
        for verb in re.findall(r"^  (\w+) {2,}", verbs.stdout, re.M):
            usage = re.match(r"Usage: (.*)\n", run(program("TAPCTL"), "help", noun, verb).stdout)[1]
            assert usage in text, usage
            commands += 1
    assert commands > 20


def test_tapctl_page_has_the_options_of_every_command():
    common = run(program("TAPCTL"), "--help").stdout.split("Options of every command:")[1]
    text = text_of("tapctl.1")
    for option in re.findall(r"^ +(?:-\w, )?(--[a-z-]+)", common.split("Examples")[0], re.M):
        assert option in text, option


def test_daemon_page_tells_the_capabilities_that_are_kept():
    source = Path(__file__).parents[2] / "tools/tapswitchd/rights.cpp"
    rows = re.findall(r"\{(CAP_\w+), \"[^\"]*\"(, true)?\}", source.read_text())
    assert rows
    sentence = re.search(r"drops all capabilities but (.*?), of all of which",
                         text_of("tapswitchd.8").replace("\n", " ")).group(1)
    always, with_file = sentence.split("with a startup file")
    assert set(re.findall(r"CAP_\w+", always)) == {name for name, is_for_file in rows if not is_for_file}
    assert set(re.findall(r"CAP_\w+", with_file)) == {name for name, is_for_file in rows if is_for_file}
