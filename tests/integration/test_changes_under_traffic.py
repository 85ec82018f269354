# SPDX-License-Identifier: Apache-2.0
"""A stream arrives whole while everything around it is changed: ports that come, go, move to
another worker and to another VLAN."""

import itertools
import subprocess

from test_offloads import IPV4, RECEIVE_STREAM, family_of, host, python

CHANGES = 1000

SEND_UNTIL_TOLD = """
import hashlib, random, select, socket, sys
stream = random.Random(1)
connection = socket.create_connection((sys.argv[1], 5001))
digest, size = hashlib.sha256(), 0
while not select.select([sys.stdin], [], [], 0)[0]:
    data = stream.randbytes(1 << 20)
    connection.sendall(data)
    digest.update(data)
    size += len(data)
print(size, digest.hexdigest())
"""


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
        lab.command_in("alice", "python3", "-c", SEND_UNTIL_TOLD, host(IPV4[1])),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    client = lab.client()
    for method, params in itertools.islice(changes(), CHANGES):
        client.call(method, params)
    sent = sender.communicate("stop", timeout=60)[0]
    assert sent and sent == receiver.communicate(timeout=60)[0]
    megabytes = int(sent.split()[0]) >> 20
    print(f"{CHANGES} changes during a transfer of {megabytes} MiB")
    assert megabytes > 10
