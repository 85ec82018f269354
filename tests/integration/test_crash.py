# SPDX-License-Identifier: Apache-2.0
"""kill -9 at any moment: what is on disk is the old document or the new one, and a restart brings
everything back.

TAPSWITCH_CRASHES says how often (default 200).
"""

import copy
import json
import os
import random
import time

from lab import run

CRASHES = int(os.environ.get("TAPSWITCH_CRASHES", "200"))
LONGEST_LIFE = 0.03  # seconds from the first change to the kill
CHANGES = 12          # more than there is time for


class Changes:
    """Changes at random, and what the document is after each."""

    def __init__(self, random_numbers, document):
        self._random = random_numbers
        self._home = document["switches"]["sw0"]
        self.document = document

    def next(self):
        """A call; 'document' is then what it leads to."""
        self.document = copy.deepcopy(self.document)
        home = self.document["switches"]["sw0"]
        number = self._random.randrange(4)
        if number == 0:
            return self._vlan_name(home)
        if number == 1:
            return self._vlan_of_alice(home)
        if number == 2:
            return self._static_entry(home)
        return self._port(home)

    def _vlan_name(self, home):
        name = f"n{self._random.randrange(1000)}"
        home.setdefault("vlans", {})["10"] = {"name": name}
        return "vlan.set", {"vid": 10, "name": name}

    def _vlan_of_alice(self, home):
        native = self._random.randrange(2, 4000)
        home["ports"]["alice"]["vlan"] = {"mode": "trunk", "native": native}
        return "port.set", {"name": "alice", "vlan": {"mode": "trunk", "native": native}}

    def _static_entry(self, home):
        entry = {"mac": f"02:00:00:00:00:{self._random.randrange(8):02x}", "vlan": 1,
                 "port": "stay"}
        entries = home.setdefault("fdb", {}).setdefault("static", [])
        entries[:] = sorted([each for each in entries if each["mac"] != entry["mac"]] + [entry],
                            key=lambda each: each["mac"])
        return "fdb.add", entry

    def _port(self, home):
        if "extra" in home["ports"]:
            del home["ports"]["extra"]
            return "port.remove", {"name": "extra"}
        home["ports"]["extra"] = {"type": "tap"}
        return "port.add", {"name": "extra"}


def saved(file):
    text = file.read_text()
    assert text.endswith("}\n"), "half a document"
    return json.loads(text)


def running(lab):
    document = lab.call("config.get")
    document.pop("revision")
    return document


def crash(lab, file, options, random_numbers):
    """One life of the daemon. Returns how many changes were answered, and how many are on disk."""
    changes = Changes(random_numbers, saved(file))
    documents = [changes.document]
    client = lab.client()
    for number in range(CHANGES):
        method, params = changes.next()
        documents.append(changes.document)
        client.send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
    time.sleep(random_numbers.uniform(0, LONGEST_LIFE))
    lab.daemon.kill()
    lab.daemon.wait()
    answered = 0
    try:
        while True:
            reply = client.read()
            assert "result" in reply, reply
            answered += 1
    except (EOFError, ConnectionError, json.JSONDecodeError):
        pass  # the last reply may be cut short
    lab.daemon = None
    # The last of those that are equal: a change may lead to what there was.
    text = saved(file)
    on_disk = max(index for index, each in enumerate(documents) if each == text)
    assert answered <= on_disk, "an answer came before its change was on disk"
    lab.start(*options)
    assert running(lab) == documents[on_disk]
    return answered, on_disk


def test_kill_at_random_moments(empty_lab, tmp_path):
    lab = empty_lab
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    random_numbers = random.Random(seed)
    file = tmp_path / "lab.json"
    file.write_text(json.dumps({"version": 1, "switches": {"sw0": {"ports": {
        "alice": {"type": "tap"},
        "stay": {"type": "tap", "persist": True, "addresses": ["10.0.0.1/24"]}}}}}) + "\n")
    options = ("--config", file, "--autosave")
    lab.start(*options)
    # Addresses that others have given a persistent interface stay too.
    run("ip", "-n", lab.switch, "addr", "add", "10.7.7.7/24", "dev", "stay")
    before = run("ip", "-n", lab.switch, "-o", "-4", "addr", "show", "dev", "stay").stdout
    lives = [crash(lab, file, options, random_numbers) for _ in range(CRASHES)]
    assert run("ip", "-n", lab.switch, "-o", "-4", "addr", "show", "dev", "stay").stdout == before
    assert len({on_disk for _, on_disk in lives}) > 3, "no variety: the kill is always too early"
    print(f"{CRASHES} crashes, after {sum(answered for answered, _ in lives)} answered changes; "
          f"{sum(on_disk - answered for answered, on_disk in lives)} saved but not answered")
    lab.tapctl("port", "set", "stay", "--persist", "no")
