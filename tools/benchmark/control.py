# SPDX-License-Identifier: Apache-2.0
"""control: what the control socket of one tapswitch bears: calls, long answers, documents, sessions
that do not read; and that neither they nor traffic hold one another up.

The client is tests/bench/control_load.cpp: one in Python would be measured itself. Where one answer
takes milliseconds Python is quick enough.
"""

import json
import statistics
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rpc_client import RpcClient

from benchmark.lab import BenchError, Lab, wait_until
from benchmark.measures import frame_rate, sending
from benchmark.peers import Tapswitch

PIPELINE = 64            # calls unanswered at a time
LONE = (1, 1000)         # a call, then a millisecond of silence
DEAF_SESSIONS = 64       # that subscribe and never read
PAGE_ENTRIES = 1000      # of fdb.list, its default
VLAN_CHANGES = 20        # applies of one round
STORM_SECONDS = 2
EVERYBODY = "ff:ff:ff:ff:ff:ff"
FRAME_SIZE = 60


@dataclass(frozen=True)
class Size:
    """Of what is measured."""

    ports: int
    stations: int
    applied_ports: int
    sessions: int
    changes: int  # of which nobody reads; in full more than there is room for
    storm_ports: int
    storm_changes: int
    come_ports: int  # beside as many that stay
    vlan_ports: int
    vlans: int


SIZES = {False: Size(ports=1000, stations=1_000_000, applied_ports=500, sessions=256,
                    changes=8000, storm_ports=2000, storm_changes=1000,
                    come_ports=1000, vlan_ports=4096, vlans=1000),
         True: Size(ports=20, stations=10_000, applied_ports=20, sessions=100, changes=200,
                    storm_ports=20, storm_changes=10, come_ports=20, vlan_ports=20, vlans=10)}


def measure(results, bin_directory, rounds, effort, is_smoke):
    """All figures of the group 'control'."""
    size = SIZES[is_smoke]
    with Lab() as lab:
        peer = Tapswitch(lab, bin_directory, crowd=size.ports - 2)
        peer.start()
        for _ in range(rounds):
            record(results, calls(peer, effort))
            record(results, deaf_sessions(peer, size, effort.frames))
    with Lab() as lab:
        peer = Tapswitch(lab, bin_directory)
        peer.start()
        fill(peer, size.stations)
        for _ in range(rounds):
            record(results, paging(peer, size))
    with Lab() as lab:
        peer = Tapswitch(lab, bin_directory)
        peer.start()
        for _ in range(rounds):
            record(results, applies(peer, size.applied_ports))
    with Lab() as lab:
        peer = Tapswitch(lab, bin_directory, crowd=size.storm_ports - 2)
        peer.start()
        for _ in range(rounds):
            record(results, storm(peer, size.storm_changes))
    with Lab() as lab:
        peer = Tapswitch(lab, bin_directory, crowd=size.come_ports - 2)
        peer.start()
        for _ in range(rounds):
            record(results, coming_and_going(peer, size.come_ports))
    with Lab() as lab:
        peer = Tapswitch(lab, bin_directory, crowd=size.vlan_ports - 2)
        peer.start()
        for _ in range(rounds):
            record(results, vlan_pages(peer, size.vlans))


def record(results, found):
    for key, value in found.items():
        results.record(key, Tapswitch.name, value)


# ---- calls -------------------------------------------------------------------------------------


def start_load(peer, seconds, window, pause, method, params):
    return peer.lab.start(peer.bin / "control_load", peer.socket, seconds, window, pause, method,
                          json.dumps(params), has_pipes=True)


def load(peer, seconds, window, pause, method, params):
    return finish(start_load(peer, seconds, window, pause, method, params))


def finish(process):
    """What control_load has printed."""
    text = process.stdout.read()
    if process.wait() != 0:
        raise BenchError("control_load failed")
    return json.loads(text)


@contextmanager
def tcp_at_full_speed(peer, congestion):
    """While it lasts a stream crosses the switch."""
    peer.use_congestion(congestion)
    stream = peer.lab.start(*peer.iperf_client(3600), namespace=peer.a.namespace)
    try:
        before = peer.b.received()
        wait_until(lambda: peer.b.received() > before + 1000, "the stream flows")
        yield
    finally:
        stream.kill()
        stream.wait()


def calls(peer, effort):
    seconds = effort.frames
    port = {"name": "a"}
    found = {"control_calls": load(peer, seconds, PIPELINE, 0, "port.get", port)["calls_per_second"],
             "control_alone": load(peer, seconds, *LONE, "port.get", port)["median"],
             "control_statistics": load(peer, seconds, 1, 0, "stats.get", {})["median"] / 1e3}
    with tcp_at_full_speed(peer, effort.congestion):
        found["control_alone_tcp"] = load(peer, seconds, *LONE, "port.get", port)["median"]
    return found


# ---- a large FDB -------------------------------------------------------------------------------


def fill(peer, stations):
    """Has a switch of its own hear so many stations."""
    with RpcClient(peer.socket) as client:
        client.call("switch.add", {"name": "large", "fdb": {"capacity": 1_048_576}})
        client.call("port.add", {"name": "crowd", "switch": "large"})
        # Some more, for the switch does not hear every frame of so quick a sender.
        sender = peer.lab.start(peer.bin / "frame_sender", "crowd", 60, "02:00:00:00:0f:ff", 0,
                                stations + stations // 25, namespace=peer.home)
        try:
            wait_until(lambda: client.call("switch.get", {"name": "large"})["fdb"]["stations"]
                       >= stations, f"{stations} stations are learned", deadline=120)
        finally:
            sender.kill()
            sender.wait()


def paging(peer, size):
    """One session reads all pages as fast as it can, another asks for something small."""
    with RpcClient(peer.socket) as client:
        other = start_load(peer, 2, 1, 0, "port.get", {"name": "a"})
        entries, page = 0, {"next_cursor": 0}
        # Again from the beginning while the other one asks.
        while other.poll() is None:
            page = client.call("fdb.list", {"switch": "large", "limit": PAGE_ENTRIES,
                                            "cursor": page["next_cursor"] or 0})
            entries += len(page["entries"])
        if entries < PAGE_ENTRIES:
            raise BenchError("there were no pages to read")
    return {"control_paging_delay": finish(other)["max"] / 1e3}


def vlan_pages(peer, vlans):
    """One session lists VLANs of which every port is a member, as fast as it can."""
    with RpcClient(peer.socket) as client:
        client.call("port.set", {"name": "b", "vlan": {"mode": "trunk", "allowed": f"1-{vlans}"}})
        other = start_load(peer, 2, 1, 0, "port.get", {"name": "a"})
        listed, cursor = 0, 0
        while other.poll() is None:
            page = client.call("vlan.list", {"cursor": cursor})
            listed, cursor = listed + len(page["vlans"]), page["next_cursor"] or 0
        if listed == 0:
            raise BenchError("there were no VLANs to list")
    return {"control_vlan_delay": finish(other)["max"] / 1e3}


# ---- documents ---------------------------------------------------------------------------------


def document(ports, vlan_of_first=10):
    vlans = [vlan_of_first] + [10] * (ports - 1)
    return {f"p{number}": {"vlan": {"mode": "access", "pvid": vlan}}
            for number, vlan in enumerate(vlans)}


def timed_apply(client, ports, switch="applied", mode="merge"):
    """Seconds from the first byte of the call to the last of the answer, and the plan."""
    config = {"version": 1, "switches": {switch: {"ports": ports}}}
    request = {"jsonrpc": "2.0", "id": 1, "method": "config.apply",
               "params": {"mode": mode, "config": config}}
    line = json.dumps(request).encode() + b"\n"
    began = time.monotonic()
    client.send_bytes(line)
    answer = client.read()
    took = time.monotonic() - began
    if "error" in answer:
        raise BenchError(f"config.apply: {answer['error']}")
    return took, answer["result"]["plan"]


def applies(peer, count):
    with RpcClient(peer.socket, timeout=120) as client:
        all_of_them, _ = timed_apply(client, document(count))
        changes = []
        for number in range(VLAN_CHANGES):
            took, plan = timed_apply(client, document(count, vlan_of_first=11 + number % 2))
            if len(plan) != 1:
                raise BenchError(f"one VLAN should change, not: {plan}")
            changes.append(took)
        client.call("switch.remove", {"name": "applied", "force": True})
    return {"control_apply_all": all_of_them,
            "control_apply_one": statistics.median(changes) * 1e3}


def storm(peer, changed):
    """Changes so many ports with one apply after the other, while broadcasts go to all there are,
    and another client asks for something small."""
    def document_of(limit):
        return {name: {"fdb_limit": limit} for name in peer.crowd[:changed]}

    took = []
    with RpcClient(peer.socket, timeout=120) as client, sending(peer, FRAME_SIZE, EVERYBODY):
        timed_apply(client, document_of(1), "sw0")  # whatever the round before has left
        other = start_load(peer, STORM_SECONDS, *LONE, "port.get", {"name": "a"})
        while other.poll() is None or not took:
            seconds, plan = timed_apply(client, document_of(1000 + len(took) % 2), "sw0")
            if len(plan) != changed:
                raise BenchError(f"{changed} ports should change, not {len(plan)}")
            took.append(seconds)
    return {"control_storm_apply": statistics.median(took) * 1e3,
            "control_storm_wait": finish(other)["max"] / 1e3}


def coming_and_going(peer, count):
    """Adds so many ports with one apply, and takes them away with the next, while broadcasts go to
    all there are, and another client asks for something small."""
    came, went = [], []
    with RpcClient(peer.socket, timeout=120) as client, sending(peer, FRAME_SIZE, EVERYBODY):
        staying = client.call("config.get")["switches"]["sw0"]["ports"]
        other = start_load(peer, STORM_SECONDS, *LONE, "port.get", {"name": "a"})
        while other.poll() is None or not went:
            came.append(timed_apply(client, document(count), "sw0")[0])
            seconds, plan = timed_apply(client, staying, "sw0", mode="replace")
            if len(plan) != count:
                raise BenchError(f"{count} ports should go, not {len(plan)}")
            went.append(seconds)
    return {"control_storm_come": statistics.median(came) * 1e3,
            "control_storm_go": statistics.median(went) * 1e3,
            "control_storm_ports_wait": finish(other)["max"] / 1e3}


# ---- sessions that never read ------------------------------------------------------------------


def resident_bytes(pid):
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(status.split("\nVmRSS:")[1].split()[0]) * 1024


def deaf_sessions(peer, size, seconds):
    """The sessions are as many as there may be, less the one that measures and one to spare."""
    with ExitStack() as sessions:
        quick = load(peer, seconds, PIPELINE, 0, "port.get", {"name": "a"})
        frames, _ = frame_rate(peer, 60, seconds)
        before = resident_bytes(peer.processes[0].pid)
        clients = [sessions.enter_context(RpcClient(peer.socket))
                   for _ in range(size.sessions - 2)]
        for client in clients[:DEAF_SESSIONS]:
            client.call("event.subscribe", {"topics": ["config", "log", "vlan"]})
        # The most there was meanwhile: who is deaf for long is closed.
        changes, grown = 0, 0
        while changes < size.changes:
            rate = load(peer, seconds, PIPELINE, 0, "vlan.set", {"vid": 10, "name": "office"})
            changes += rate["calls_per_second"] * seconds
            grown = max(grown, resident_bytes(peer.processes[0].pid) - before)
        quick_beside = load(peer, seconds, PIPELINE, 0, "port.get", {"name": "a"})
        frames_beside, _ = frame_rate(peer, 60, seconds)
    return {"control_deaf_memory": grown / 2**20,
            "control_deaf_calls": quick_beside["calls_per_second"] / quick["calls_per_second"],
            "control_deaf_frames": frames_beside / frames}
