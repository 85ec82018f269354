# SPDX-License-Identifier: Apache-2.0
"""Every example runs, and prints what its README says."""

import os
import re
from pathlib import Path

import pytest

from conftest import require_root
from lab import program, run

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def expected_output(readme):
    """The last ```text block of a README: what the example prints."""
    return re.findall(r"^```text\n(.*?)^```$", readme.read_text(), re.M | re.S)[-1]


def pattern_of(expected):
    """As a regular expression: '...' in a line is anything there, a line '...' any lines."""
    lines = []
    for line in expected.splitlines():
        lines.append(r"(?:.*\n)*?" if line == "..." else
                     ".*".join(map(re.escape, line.split("..."))) + r"\n")
    return "".join(lines)


@pytest.mark.parametrize("example", sorted(path.parent.name for path in EXAMPLES.glob("*/run")))
def test_example_prints_what_its_readme_says(example, monkeypatch):
    require_root()
    programs = {os.path.dirname(program(name)) for name in ("TAPSWITCHD", "TAPCTL")}
    monkeypatch.setenv("TAPSWITCH_BIN", programs.pop())
    output = run(EXAMPLES / example / "run", timeout=300).stdout
    expected = expected_output(EXAMPLES / example / "README.md")
    assert re.fullmatch(pattern_of(expected), output), f"expected:\n{expected}\ngot:\n{output}"
    # The namespaces of the examples begin with 'ex'; others may come and go beside them.
    assert not re.findall(r"^ex\S*", run("ip", "netns").stdout, re.M)


def test_every_example_is_in_the_list():
    listed = set(re.findall(r"\]\(([\w-]+)/\)", (EXAMPLES / "README.md").read_text()))
    assert listed == {path.parent.name for path in EXAMPLES.glob("*/README.md")}
