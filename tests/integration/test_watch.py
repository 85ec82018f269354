# SPDX-License-Identifier: Apache-2.0
"""tapctl watch: events as lines."""

import json
import signal
import subprocess

import pytest

from lab import DEADLINE, program


class Watch:
    """A running `tapctl watch`, whose lines can be waited for."""

    def __init__(self, lab, *words):
        self.process = subprocess.Popen(
            [program("TAPCTL"), "--socket", str(lab.socket), *words], stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)

    def line_with(self, text):
        for line in self.process.stdout:
            if text in line:
                return line
        raise AssertionError(f"it ended without '{text}'")

    def end(self):
        self.process.kill()
        self.process.communicate()


@pytest.fixture(name="watch")
def watches(lab):
    started = []

    def start(*words):
        """Its snapshot tells that it has subscribed."""
        watching = Watch(lab, *words, "--snapshot", "yes")
        started.append(watching)
        watching.line_with("snapshot")
        return watching

    yield start
    for one in started:
        one.end()


def test_changes_are_lines_as_they_come(lab, watch):
    watching = watch("watch")
    lab.join("alice", "10.0.0.1/24", vlan=10)
    assert "port alice added (up, VLAN 10)" in watching.line_with("alice added")
    lab.join("bob", "10.0.0.2/24", vlan=10)
    assert lab.ping("alice", "bob")
    assert "VLAN 10" in watching.line_with("learned on alice")
    lab.call("port.remove", {"name": "alice"})
    watching.line_with("port alice removed")


@pytest.mark.parametrize("words", [("--json", "watch", "vlan", "config"),
                                   ("events", "--json", "vlan", "config")])
def test_for_programs_each_line_is_an_event_of_the_topics_asked_for(lab, watch, words):
    watching = watch(*words)
    lab.join("alice", "10.0.0.1/24")
    lab.call("vlan.set", {"vid": 7, "name": "seven"})
    event = json.loads(watching.line_with("seven"))
    assert (event["topic"], event["data"]) == ("vlan", {"vid": 7, "name": "seven"})


def test_script_reads_events_line_by_line(lab):
    reader = ("$0 --socket $1 events vlan --json --snapshot yes | while read -r line; do"
              " printf '%s\\n' \"$line\"; case $line in *seven*) break;; esac; done")
    with subprocess.Popen(["bash", "-c", reader, program("TAPCTL"), str(lab.socket)],
                          stdout=subprocess.PIPE, text=True) as script:
        assert "snapshot" in json.loads(script.stdout.readline())
        lab.call("vlan.set", {"vid": 7, "name": "seven"})
        event = json.loads(script.stdout.readline())
        assert (event["topic"], event["event"], event["sequence"]) == ("vlan", "changed", 1)
        # Nobody reads any more: tapctl ends at once, not with an event that may never come.
        assert script.wait(DEADLINE) == 0


def test_unknown_topic_is_refused_with_those_there_are(lab):
    refused = lab.tapctl("watch", "weather", check=False)
    assert refused.returncode == 2
    assert "weather" in refused.stderr and "vlan" in refused.stderr


def test_daemon_that_ends_ends_it_with_the_status_of_no_daemon(lab, watch):
    watching = watch("watch")
    lab.stop()
    _, error = watching.process.communicate(timeout=DEADLINE)
    assert watching.process.returncode == 3
    assert "ended the session" in error


def test_interrupt_ends_it(watch):
    watching = watch("watch")
    watching.process.send_signal(signal.SIGINT)
    assert watching.process.wait(DEADLINE) == -signal.SIGINT
