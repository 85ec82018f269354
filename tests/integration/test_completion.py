# SPDX-License-Identifier: Apache-2.0
"""The shells complete tapctl's command line, with the names that the daemon has."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from lab import program

SCRIPTS = Path(__file__).resolve().parents[2] / "tools" / "packaging" / "completions"


def run_shell(lab, *command):
    if shutil.which(command[0]) is None:
        pytest.fail(f"{command[0]} is missing: tools/dependencies install test")
    path = f"{Path(program('TAPCTL')).parent}:{os.environ['PATH']}"
    home = str(lab.directory)
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False,
                          stdin=subprocess.DEVNULL,
                          env={"PATH": path, "TAPSWITCH_SOCKET": str(lab.socket), "HOME": home,
                               "TERM": "dumb", "LC_ALL": "C.UTF-8"})
    assert done.returncode == 0, done
    return done.stdout


def in_bash(lab, line, _=None):
    return run_shell(lab, "bash", "--norc", "-c",
                     f'source {SCRIPTS}/tapctl.bash; COMP_LINE="$1" COMP_POINT=${{#1}}; _tapctl; '
                     'printf "%s\\n" "${COMPREPLY[@]}"', "bash", line).split()


def in_fish(lab, line, _=None):
    found = run_shell(lab, "fish", "--no-config", "-c",
                      f'source {SCRIPTS}/tapctl.fish; complete -C "$argv[1]"', line)
    return [line.split("\t")[0] for line in found.splitlines()]


def in_zsh(lab, line, expected):
    """zsh completes in its editor alone, so this is a terminal in which TAB is pressed."""
    script = f"""
        zmodload zsh/zpty
        zpty shell zsh -f -i
        zpty -w shell 'PROMPT= ; autoload -Uz compinit && compinit -u -D'
        zpty -w shell 'source <(sed "s/^#compdef.*//; 1i _tapctl() {{" {SCRIPTS}/tapctl.zsh; echo "}}")'
        zpty -w shell 'compdef _tapctl tapctl; setopt list_rows_first; LISTMAX=1000'
        zpty -w shell 'zstyle ":completion:*" verbose no; zstyle ":completion:*" list-grouped no'
        # zsh lists nothing while more keys are waiting, so each step waits for the one before.
        zpty -w shell 'bindkey "^I" list-choices; zle-line-init() {{ print REA''DY }}'
        zpty -w shell 'zle -N zle-line-init'
        zpty -r shell text '*READY*'
        zpty -w -n shell $'{line}\\t'
        zpty -r shell text '*{expected}*'
        print -r -- $text
    """
    return run_shell(lab, "zsh", "-f", "-c", script)


@pytest.mark.parametrize("complete", [in_bash, in_fish, in_zsh], ids=["bash", "fish", "zsh"])
def test_shell_completes_words_and_live_names(module_lab, complete):
    for name in ("alice", "bob"):
        if name not in [port["name"] for port in module_lab.call("port.list")["ports"]]:
            module_lab.call("port.add", {"name": name})
    for line, expected in (("tapctl fdb l", "list"), ("tapctl port get a", "alice"),
                           ("tapctl fdb add 02:00:00:00:00:01 --port b", "bob"),
                           ("tapctl switch set sw0 --age", "--ageing-seconds")):
        assert expected in complete(module_lab, line, expected)


def test_bash_gives_nothing_where_anything_may_stand(module_lab):
    assert in_bash(module_lab, "tapctl port add ") == []
    assert in_bash(module_lab, "tapctl port set alice --mtu 9") == []


def test_without_a_daemon_the_words_are_completed_all_the_same(empty_lab):
    assert in_bash(empty_lab, "tapctl port ge") == ["get"]
    assert in_bash(empty_lab, "tapctl port get ") == []
