# SPDX-License-Identifier: Apache-2.0
"""What tools/generate makes is up to date with the daemon."""

import os
from pathlib import Path

from lab import program, run

ROOT = Path(__file__).resolve().parents[2]


def test_reference_and_python_client_are_those_of_this_daemon():
    programs = os.path.dirname(program("TAPSWITCHD"))
    done = run(ROOT / "tools/generate", "--check", "--programs", programs, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
