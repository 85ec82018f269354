# SPDX-License-Identifier: Apache-2.0
"""A stream arrives whole while everything around it is changed: ports that come, go, move to
another worker and to another VLAN."""

import itertools
import subprocess

from test_offloads import IPV4, RECEIVE_STREAM, SEND_STREAM, family_of, host, python

CHANGES = 1000
MEGABYTES = 400


def changes():
    """Calls without end. None of them is about the two ports of the stream but the moves."""
    for number, worker in zip(itertools.count(), itertools.cycle((0, 1))):
        name = f"extra{number % 7}"
        yield "port.add", {"name": name, "offload": number % 2 == 0}
        yield "port.set", {"name": "alice", "worker": worker}
        yield "port.set", {"name": name, "vlan": {"mode": "access", "pvid": 2 + number % 9}}
        yield "fdb.add", {"mac": f"02:00:00:00:01:{number % 256:02x}", "vlan": 2 + number % 9,
                          "port": name}
        yield "port.set", {"name": "bob", "worker": 1 - worker}
        yield "fdb.flush", {}
        yield "port.remove", {"name": name}


def test_thousand_changes_during_a_transfer(empty_lab):
    lab = empty_lab
    lab.start("--workers", "2")
    lab.join("alice", IPV4[0])
    lab.join("bob", IPV4[1], offload=False)
    receiver = python(lab, "bob", RECEIVE_STREAM, host(IPV4[1]), family_of(IPV4[1]))
    sender = subprocess.Popen(
        lab.command_in("alice", "python3", "-c", SEND_STREAM, host(IPV4[1]), MEGABYTES),
        stdout=subprocess.PIPE, text=True)
    client = lab.client()
    done = 0
    for method, params in changes():
        client.call(method, params)
        done += 1
        if done >= CHANGES or sender.poll() is not None:
            break
    sent = sender.communicate(timeout=120)[0]
    assert sent and sent == receiver.communicate(timeout=120)[0]
    print(f"{done} changes during a transfer of {MEGABYTES} MiB")
    assert done == CHANGES
