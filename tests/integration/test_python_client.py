# SPDX-License-Identifier: Apache-2.0
"""The Python client that is shipped, used as its users use it."""

import asyncio
import itertools
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[2] / "tools/python"))

import tapswitch  # noqa: E402


@pytest.fixture(name="client")
def session(lab):
    with tapswitch.Client(str(lab.socket), timeout=10) as client:
        yield client


def test_port_is_added_changed_and_removed(client):
    port = client.port_add(name="left", vlan={"mode": "access", "pvid": 10})
    assert port["vlan"]["pvid"] == 10
    assert client.port_set(name="left", isolated=True)["isolated"]
    assert [one["name"] for one in client.port_list()["ports"]] == ["left"]
    assert client.plan("port.remove", {"name": "left"}) == ["- port left"]
    assert client.port_remove(name="left") == {}
    assert client.port_list()["ports"] == []


def test_refusal_tells_kind_and_field(client):
    with pytest.raises(tapswitch.Refused) as refused:
        client.port_add(name="left", mtu=1)
    assert refused.value.kind == "invalid_params"
    assert refused.value.data["field"] == "mtu"
    assert client.port_list()["ports"] == []


def nested(levels):
    return {"deeper": nested(levels - 1)} if levels else {}


# Each is JSON to Python and none to the daemon, which answers without the number of the call.
UNREADABLE = {"half a character": {"name": "left", "description": "\ud800"},
              "too deep": {"name": "left", "flood": nested(40)},
              "too many values": {"name": "left", "addresses": [1] * 100_001}}


@pytest.mark.parametrize("params", UNREADABLE.values(), ids=UNREADABLE)
def test_call_that_the_daemon_cannot_read_is_refused(client, params):
    with pytest.raises(tapswitch.Refused) as refused:
        client.port_add(**params)
    assert refused.value.kind == "parse_error"
    assert client.port_list()["ports"] == []


def test_call_that_the_daemon_cannot_read_is_refused_in_an_event_loop(lab):
    async def ask_between():
        async with await tapswitch.AsyncClient.connect(str(lab.socket)) as client:
            return await asyncio.gather(
                client.system_info(), *(client.port_add(**params) for params in UNREADABLE.values()),
                client.port_list(), return_exceptions=True)

    info, *refused, ports = asyncio.run(asyncio.wait_for(ask_between(), 10))
    assert info["ports"] == 0
    assert [error.kind for error in refused] == ["parse_error"] * len(UNREADABLE)
    assert ports["ports"] == []


def test_line_that_is_too_long_is_not_sent_and_the_session_goes_on(lab, client):
    async def ask_too_much():
        async with await tapswitch.AsyncClient.connect(str(lab.socket)) as client:
            with pytest.raises(tapswitch.Refused) as refused:
                await client.port_add(name="left", description="x" * (1 << 20))
            return refused.value, await client.system_info()

    with pytest.raises(tapswitch.Refused) as refused:
        client.port_add(name="left", description="x" * (1 << 20))
    limit = client.system_info()["limits"]["line_bytes"]
    assert refused.value.data == {"kind": "limit_reached", "limit": limit}
    assert asyncio.run(asyncio.wait_for(ask_too_much(), 10))[0].data == refused.value.data


def test_number_that_is_none_is_not_sent(client):
    with pytest.raises(ValueError):
        client.port_add(name="left", mtu=float("nan"))
    assert client.port_list()["ports"] == []


def test_no_daemon_is_said_with_the_path(tmp_path):
    with pytest.raises(tapswitch.NoDaemon, match=str(tmp_path)):
        tapswitch.Client(str(tmp_path / "none.sock"))
    with pytest.raises(tapswitch.NoDaemon, match=str(tmp_path)):
        asyncio.run(tapswitch.AsyncClient.connect(str(tmp_path / "none.sock")))


def test_daemon_that_ends_is_said(lab, client):
    lab.stop()
    with pytest.raises(tapswitch.NoDaemon):
        client.system_info()


def test_calls_of_an_event_loop_overlap(lab):
    async def add_and_ask(count):
        async with await tapswitch.AsyncClient.connect(str(lab.socket)) as client:
            await client.port_add(name="left")
            ports = await asyncio.gather(*(client.port_get(name="left") for _ in range(count)))
            with pytest.raises(tapswitch.Refused):
                await client.port_get(name="right")
            return ports

    ports = asyncio.run(add_and_ask(500))
    assert len(ports) == 500
    assert {port["name"] for port in ports} == {"left"}


def test_daemon_that_ends_ends_waiting_calls(lab):
    async def ask_until_it_ends():
        async with await tapswitch.AsyncClient.connect(str(lab.socket)) as client:
            await client.system_shutdown()
            while True:
                await client.system_info()

    with pytest.raises(tapswitch.NoDaemon):
        asyncio.run(asyncio.wait_for(ask_until_it_ends(), 10))
    lab.daemon.wait(10)
    lab.daemon = None


def test_events_come_between_answers_and_none_is_lost(client):
    snapshot = client.event_subscribe(topics=["port"], snapshot=True)["snapshot"]
    assert snapshot["ports"] == []
    client.port_add(name="left")
    client.port_remove(name="left")
    told = [(event["event"], event["data"]["name"])
            for event in itertools.takewhile(lambda event: event["event"] != "removed",
                                             client.events())]
    assert told[0] == ("added", "left")
    assert {name for _, name in told} == {"left"}


def test_events_of_an_event_loop(lab):
    async def add_and_listen():
        async with await tapswitch.AsyncClient.connect(str(lab.socket)) as client:
            await client.event_subscribe(topics=["vlan"])
            await asyncio.gather(*(client.vlan_set(vid=vid, name=f"v{vid}")
                                   for vid in range(2, 102)))
            return [event["data"]["vid"] async for event in first(client.events(), 100)]

    async def first(events, count):
        async for event in events:
            yield event
            count -= 1
            if count == 0:
                return

    assert asyncio.run(asyncio.wait_for(add_and_listen(), 10)) == list(range(2, 102))


def test_every_method_of_the_daemon_is_there(client):
    names = {method["name"].replace(".", "_") for method in client.rpc_discover()["methods"]}
    for kind in (tapswitch.Client, tapswitch.AsyncClient):
        assert {name for name in names if not callable(getattr(kind, name, None))} == set()
