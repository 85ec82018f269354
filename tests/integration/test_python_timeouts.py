# SPDX-License-Identifier: Apache-2.0
"""A Python client that has waited long enough goes on: nothing of its session is lost by it."""

import contextlib
import itertools
import json
import socket
import sys
import threading
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[2] / "tools/python"))

import tapswitch  # noqa: E402

SHORT = 0.05
LONG = 30


@contextlib.contextmanager
def too_long(client):
    """What is waited for here does not come."""
    client.timeout = SHORT
    with pytest.raises(TimeoutError):
        yield
    client.timeout = LONG


@contextlib.contextmanager
def peer_of(path):
    """A daemon of which the test says each word."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen()
        with tapswitch.Client(str(path), timeout=LONG) as client:
            peer, _ = listener.accept()
            with peer:
                yield client, peer


def answer(number, result):
    return json.dumps({"jsonrpc": "2.0", "id": number, "result": result}).encode() + b"\n"


def event(number):
    return json.dumps({"jsonrpc": "2.0", "method": "event",
                       "params": {"sequence": number}}).encode() + b"\n"


def test_calls_go_on_after_a_wait_for_events_that_was_too_long(lab):
    with tapswitch.Client(str(lab.socket), timeout=LONG) as client:
        client.event_subscribe(topics=["vlan"])
        events = client.events()
        for vid in (2, 3):
            with too_long(client):
                next(events)
            assert client.system_info()["ports"] == 0
            client.vlan_set(vid=vid, name=f"v{vid}")
            assert next(events)["data"]["vid"] == vid


def test_half_a_message_is_kept(tmp_path):
    with peer_of(tmp_path / "sock") as (client, peer):
        line = event(1)
        peer.sendall(line[:10])
        with too_long(client):
            next(client.events())
        peer.sendall(line[10:])
        assert next(client.events())["sequence"] == 1


def test_late_answer_is_not_taken_for_that_of_another_call(tmp_path):
    with peer_of(tmp_path / "sock") as (client, peer):
        with too_long(client):
            client.call("one", {})
        peer.sendall(answer(1, "first") + event(1) + answer(2, "second"))
        assert client.call("two", {}) == "second"
        assert next(client.events())["sequence"] == 1


def refusal(message):
    return json.dumps({"jsonrpc": "2.0", "id": None,
                       "error": {"code": -32700, "message": message}}).encode() + b"\n"


def test_late_answer_without_a_number_is_not_taken_for_that_of_another_call(tmp_path):
    with peer_of(tmp_path / "sock") as (client, peer):
        with too_long(client):
            client.call("one", {})
        peer.sendall(refusal("unreadable") + answer(2, "second"))
        assert client.call("two", {}) == "second"


def test_reason_with_which_the_daemon_ends_a_session_is_told(tmp_path):
    with peer_of(tmp_path / "sock") as (client, peer):
        peer.sendall(refusal("too many sessions"))
        peer.close()
        with pytest.raises(tapswitch.NoDaemon, match="too many sessions"):
            next(client.events())


def test_what_could_not_be_sent_is_sent_before_the_next(tmp_path):
    """Else the daemon would read the beginning of one line and then the other."""
    with peer_of(tmp_path / "sock") as (client, peer):
        big = {"text": "x" * 1_000_000}
        with too_long(client):
            client.call("one", big)
        lines = []

        def read():
            with peer.makefile("rb") as file:
                for line in itertools.islice(file, 2):
                    lines.append(json.loads(line))
            peer.sendall(answer(2, "done"))

        reader = threading.Thread(target=read)
        reader.start()
        assert client.call("two", {}) == "done"
        reader.join()
        assert [line["method"] for line in lines] == ["one", "two"]
        assert lines[0]["params"] == big
