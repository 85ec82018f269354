# SPDX-License-Identifier: Apache-2.0
"""plug: switches whose clients are plugged in by sockets, as virtual machines are: how many frames a
second one client gets from another, with ports of type 'qemu' and 'vde', through vde_switch, and
through the hub that QEMU has in itself.

The clients are tests/bench/plug_rate.cpp, which does what QEMU does. Who works on which core is left
to the scheduler. Each run plugs in anew.
"""

import tempfile
from pathlib import Path

from rpc_client import RpcClient

from benchmark.lab import Lab, run
from benchmark.peers import in_turns, installed, wait_for_tapswitchd

SIZES = {"plug_60": 60, "plug_1514": 1514}


class PlugSwitch:
    """A switch of which the clients need but a socket. The subclasses say how it is started."""

    name = ""      # in the tables
    about = ""     # for people
    kind = ""      # of its sockets, for plug_rate
    programs = ()  # it must find these
    package = ""   # which Debian package has them

    def __init__(self, lab, bin_directory):
        self.lab = lab
        self.bin = bin_directory
        self.directory = Path(tempfile.mkdtemp(dir=lab.directory))

    def start(self):
        """Returns when clients can come; self.places are where."""
        raise NotImplementedError

    def rate(self, size, seconds):
        """Million frames a second that the second client receives from the first."""
        return float(run(self.bin / "plug_rate", self.kind, *self.places, size, seconds,
                         timeout=seconds + 30)) / 1e6


class TapswitchPlug(PlugSwitch):
    """With one switch and the ports that the subclasses name."""

    def start(self):
        socket = self.directory / "control.sock"
        daemon = self.lab.start(self.bin / "tapswitchd", "--socket", socket)
        wait_for_tapswitchd(self.lab, daemon, socket)
        with RpcClient(socket) as client:
            self.places = self.add_ports(client)

    def add_ports(self, client):
        raise NotImplementedError


class StreamPlug(TapswitchPlug):
    name = "tapswitch"
    about = "tapswitch, ports of type qemu, streams"
    kind = "stream"

    def add_ports(self, client):
        places = [self.directory / name for name in ("a", "b")]
        for place in places:
            client.call("port.add", {"name": place.name, "type": "qemu",
                                     "listen": f"unix:{place}"})
        return places


class VdePlug(TapswitchPlug):
    name = "tapswitch-vde"
    about = "tapswitch, a port of type vde"
    kind = "vde"

    def add_ports(self, client):
        place = self.directory / "vde"
        client.call("port.add", {"name": "door", "type": "vde", "directory": str(place)})
        return [place, place]


class VdeSwitchPlug(PlugSwitch):
    name = "vde"
    about = "vde_switch"
    kind = "vde"
    programs = ("vde_switch",)
    package = "vde2"

    def start(self):
        place = self.directory / "vde"
        # The switch ends when its input does.
        switch = self.lab.start("vde_switch", "-s", place, has_pipes=True)
        self.lab.wait_for(switch, (place / "ctl").exists, "vde_switch takes connections")
        self.places = [place, place]


class QemuHubPlug(PlugSwitch):
    """A hub: every frame goes to everybody, and of two clients that is the other."""

    name = "qemu-hub"
    about = "QEMU's own hub, streams"
    kind = "stream"
    programs = ("qemu-system-x86_64",)
    package = "qemu-system-x86"

    def start(self):
        self.places = [self.directory / name for name in ("a", "b")]
        words = ["-M", "none", "-nodefaults", "-no-user-config", "-display", "none"]
        for place in self.places:
            words += ["-netdev", f"stream,id={place.name},server=on,addr.type=unix,"
                                 f"addr.path={place}",
                      "-netdev", f"hubport,id=hub-{place.name},hubid=0,netdev={place.name}"]
        qemu = self.lab.start("qemu-system-x86_64", *words)
        self.lab.wait_for(qemu, lambda: all(place.exists() for place in self.places),
                          "QEMU takes connections")


# In the order of the tables.
PLUG_SWITCHES = {switch.name: switch
                 for switch in (StreamPlug, VdePlug, VdeSwitchPlug, QemuHubPlug)}


def measure(results, bin_directory, rounds, seconds, attempt, say):
    """All figures of the group 'plug'. The switches take turns."""
    with Lab() as lab:
        switches = [switch_class(lab, bin_directory)
                    for switch_class in installed(PLUG_SWITCHES.values(), say)]
        for switch in switches:
            switch.start()
        for number in range(rounds):
            for key, size in SIZES.items():
                for switch in in_turns(switches, number):
                    results.record(key, switch.name, attempt(
                        f"round {number + 1} of {rounds}: {key} of {switch.name}",
                        switch.rate, size, seconds))
