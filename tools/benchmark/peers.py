# SPDX-License-Identifier: Apache-2.0
"""peers: the switches that are compared. Each joins two stations, A and B.

A station is a namespace with one interface and one address. A peer is started once and stays up
for the whole run, so that its rounds can take turns with those of the others.
"""

import os
import shutil
import tempfile
from pathlib import Path

from rpc_client import RpcClient, RpcError

from benchmark.lab import BenchError, Namespace, run
from benchmark.machine import SENDER_CORE, cpu_seconds

NETWORK = "10.0.0.0/24"
NETWORK_INSIDE = "10.1.0.0/24"  # of the tunnel
TUNNEL = "tunnel"
IPERF_PORT = 5201
ECHO_PORT = 7


class Station:
    """Where traffic begins and ends. 'name' is that of its interface too."""

    def __init__(self, lab, name, address):
        self.namespace = Namespace(lab)
        self.interface = name
        self.address = address

    def configure(self):
        """Gives the interface, which has come from the switch, its address."""
        self.namespace.run("ip", "address", "add", f"{self.address}/24", "dev", self.interface)
        self.namespace.run("ip", "link", "set", "dev", self.interface, "up")

    @property
    def address_inside(self):
        """Its address in the tunnel."""
        return self.address.replace("10.0.", "10.1.", 1)

    def make_tunnel(self, other):
        """Has it reach the other station inside VXLAN as well, once."""
        if TUNNEL in self.namespace.received_frames():
            return
        self.namespace.run("ip", "link", "add", TUNNEL, "type", "vxlan", "id", 7, "dstport", 4789,
                           "dev", self.interface, "local", self.address, "remote", other.address)
        self.namespace.run("ip", "address", "add", f"{self.address_inside}/24", "dev", TUNNEL)
        self.namespace.run("ip", "link", "set", "dev", TUNNEL, "up")

    def use_congestion(self, name):
        """Has TCP to the other station begin with this congestion control (tcp(7)). Not by an
        option of the socket: one that began with BBR, and had the kernel pace it, stays paced."""
        for network, interface, address in ((NETWORK, self.interface, self.address),
                                            (NETWORK_INSIDE, TUNNEL, self.address_inside)):
            if interface in self.namespace.received_frames():
                self.namespace.run("ip", "route", "replace", network, "dev", interface, "proto",
                                   "kernel", "scope", "link", "src", address, "congctl", name)

    def mac(self):
        """The interface's address on the link."""
        words = self.namespace.run("ip", "-o", "link", "show", "dev", self.interface).split()
        return words[words.index("link/ether") + 1]

    def received(self):
        return self.namespace.received_frames()[self.interface]


def installed(classes, say):
    """Those of the classes whose programs are there."""
    for each in classes:
        if all(shutil.which(program) for program in each.programs):
            yield each
        else:
            say(f"{each.name} is left out: it is not installed (Debian's package {each.package})")


def in_turns(those, number):
    """Another begins in each round, lest one always follows the same neighbour."""
    first = number % max(len(those), 1)
    return [*those[first:], *those[:first]]


class Peer:
    """A switch between stations A and B. The subclasses say how it is started."""

    name = ""      # on the command line and in the table
    about = ""     # for people
    programs = ()  # it must find these
    package = ""   # which Debian package has them

    def __init__(self, lab, bin_directory, crowd=0):
        self.lab = lab
        self.bin = bin_directory
        self.home = Namespace(lab)  # of the switch itself
        self.directory = Path(tempfile.mkdtemp(dir=lab.directory))
        # More ports, whose TAPs stay in the switch's home. Only tapswitch and the floor have them.
        self.crowd = [f"crowd{number}" for number in range(crowd)]
        self.processes = []  # those of the switch
        self.a = Station(lab, "a", "10.0.0.1")
        self.b = Station(lab, "b", "10.0.0.2")

    def start(self):
        """Starts the switch, joins the stations and makes them serve."""
        self.join()
        self.lab.start("iperf3", "-s", "-p", IPERF_PORT, namespace=self.b.namespace)
        self.lab.start("taskset", "-c", SENDER_CORE, self.bin / "round_trip", "serve", "0.0.0.0",
                       ECHO_PORT, namespace=self.b.namespace)
        self.meet()

    def join(self):
        raise NotImplementedError

    def meet(self):
        """Lets the stations meet, so that the switch knows where both are."""
        self.a.namespace.run("ping", "-n", "-q", "-c", 1, "-w", 10, self.b.address)

    def use_congestion(self, name):
        """Has TCP between the stations be driven so."""
        for station in (self.a, self.b):
            station.use_congestion(name)

    def make_tunnel(self):
        """Has the stations reach each other inside VXLAN as well."""
        self.a.make_tunnel(self.b)
        self.b.make_tunnel(self.a)

    def iperf_client(self, seconds, *options, address=None):
        """The command, of A, that has TCP cross the switch, to an address of B's."""
        return ("iperf3", "-c", address or self.b.address, "-p", IPERF_PORT, "-t", seconds, *options)

    def run_switch(self, *command, env=None, has_pipes=False):
        """Starts a process of the switch, whose time is the switch's."""
        process = self.lab.start(*command, namespace=self.home, env=env, has_pipes=has_pipes)
        self.processes.append(process)
        return process

    def take_interfaces(self):
        """Hands the stations the interfaces 'a' and 'b' that the switch has made in its home."""
        for station in (self.a, self.b):
            station.namespace.take(station.interface, self.home)
            station.configure()

    def cpu_seconds(self):
        """What the switch has computed so far; None if it is the kernel."""
        return sum(cpu_seconds(process.pid) for process in self.processes) or None

    def stay_on(self, cores):
        """Binds every thread of the switch to cores."""
        for process in self.processes:
            for thread in os.listdir(f"/proc/{process.pid}/task"):
                os.sched_setaffinity(int(thread), cores)


def far_end_of(station):
    """The end in the switch's home of the veth that is the station's interface."""
    return f"to-{station.interface}"


def veth_pairs(peer):
    """Makes the interfaces of a peer's stations in its home: a veth each."""
    for station in (peer.a, peer.b):
        peer.home.run("ip", "link", "add", far_end_of(station), "type", "veth", "peer", "name",
                      station.interface)
        peer.home.run("ip", "link", "set", "dev", far_end_of(station), "up")


def machines(peer):
    """Makes the interfaces of a peer's stations in its home, each with a bare loop of read and
    write behind it, as a VM monitor's, and the TAP of that."""
    for station in (peer.a, peer.b):
        loop = peer.lab.start(peer.bin / "bare_hub", "--offload", station.interface,
                              far_end_of(station), namespace=peer.home, has_pipes=True)
        peer.lab.wait_for(loop, loop.stdout.readline, "bare_hub opens its interfaces")
        peer.home.run("ip", "link", "set", "dev", far_end_of(station), "up")


def wait_for_tapswitchd(lab, daemon, socket):
    """Waits until the daemon takes connections at its control socket."""
    def takes_connections():
        try:
            RpcClient(socket).close()
        except OSError:
            return False
        return True

    lab.wait_for(daemon, takes_connections, "tapswitchd takes connections")


class Tapswitch(Peer):
    name = "tapswitch"
    about = "tapswitch"
    options = ()
    kinds = ("tap", "tap")  # of A's port and B's

    def join(self):
        self.socket = self.directory / "control.sock"
        daemon = self.run_switch(self.bin / "tapswitchd", "--socket", self.socket, *self.options)
        wait_for_tapswitchd(self.lab, daemon, self.socket)
        with RpcClient(self.socket) as client:
            port = self.join_stations(client)
            for name in self.crowd:
                self._add(client, name)
        self.has_offload = bool(port.get("offloads"))

    def join_stations(self, client):
        """Makes a port for each station; returns one of them."""
        for station, kind in zip((self.a, self.b), self.kinds):
            port = self._add(client, station.interface, type=kind,
                             namespace=station.namespace.path,
                             addresses=[f"{station.address}/24"])
        return port

    def call(self, method, **params):
        """In a session of its own."""
        try:
            with RpcClient(self.socket) as client:
                return client.call(method, params)
        except RpcError as error:
            raise BenchError(f"{method}: {error}") from error

    def takes_offloads(self, port):
        """Whether the port of that name does."""
        return True

    def _add(self, client, name, **params):
        if not self.takes_offloads(name):
            params["offload"] = False
        try:
            return client.call("port.add", {"name": name, **params})
        except RpcError as error:
            raise BenchError(f"port.add: {error}") from error


class TapswitchPlain(Tapswitch):
    name = "tapswitch-plain"
    about = "tapswitch, ports without offloads"

    def takes_offloads(self, port):
        return False


class TapswitchPolling(Tapswitch):
    name = "polling"
    about = "tapswitch, busy polling for 100 µs"
    options = ("--busy-poll", "100")


class TapswitchMixed(Tapswitch):
    """What A sends comes as small segments and leaves joined; what B sends is cut."""

    name = "mixed"
    about = "tapswitch, A's port without offloads"

    def takes_offloads(self, port):
        return port != self.a.interface


class TapswitchInterface(Tapswitch):
    name = "interface"
    about = "tapswitch, ports on veth"

    def make_ends(self):
        veth_pairs(self)

    def join_stations(self, client):
        self.make_ends()
        self.take_interfaces()
        for station in (self.a, self.b):
            port = self._add(client, station.interface, type="interface",
                             interface=far_end_of(station))
        return port


class TapswitchVethToTap(Tapswitch):
    """The two ends of which the one can leave to others what the other cannot take."""

    name = "veth-tap"
    about = "tapswitch, A's port on veth, B's a TAP"
    kinds = ("veth", "tap")


class TapswitchVeth(Tapswitch):
    """The switch makes the veths itself."""

    name = "veth"
    about = "tapswitch, ports of type veth"
    kinds = ("veth", "veth")


class TapswitchKernelPath(TapswitchVeth):
    """Known unicast does not come by the daemon."""

    name = "kernel-path"
    about = "tapswitch, ports of type veth, kernel path"
    options = ("--kernel-path",)


class TapswitchPathVlan(TapswitchKernelPath):
    """A's frames get a tag on their way, and B's lose theirs."""

    name = "path-vlan"
    about = "the same, A's port access, B's a trunk"

    def join_stations(self, client):
        a, b = self.a, self.b
        port = self._add(client, a.interface, type="veth", namespace=a.namespace.path,
                         addresses=[f"{a.address}/24"], vlan={"mode": "access", "pvid": 10})
        self._add(client, "trunk", type="veth", namespace=b.namespace.path,
                  vlan={"mode": "trunk", "native": None, "allowed": "10"})
        b.namespace.run("ip", "link", "add", "link", "trunk", "name", b.interface, "type", "vlan",
                        "id", 10)
        b.configure()
        return port


class TapswitchPathCrowd(TapswitchKernelPath):
    """As many ports as a large host has, and as many stations as a large network."""

    name = "path-crowd"
    about = "the same among 1,000 ports and 100,000 stations"
    PORTS, STATIONS = 1000, 100_000

    def join_stations(self, client):
        client.call("switch.remove", {"name": "sw0"})
        client.call("switch.add", {"name": "large", "fdb": {"capacity": 2 * self.STATIONS}})
        port = super().join_stations(client)
        others = Namespace(self.lab)
        for number in range(self.PORTS - 2):
            self._add(client, f"other{number}", type="veth", namespace=others.path)
        for number in range(self.STATIONS):
            octets = number.to_bytes(4, "big").hex(":")
            client.call("fdb.add", {"mac": f"02:77:{octets}", "vlan": 1,
                                    "port": f"other{number % (self.PORTS - 2)}"})
        return port


class TapswitchPathInterface(TapswitchInterface):
    name = "path-interface"
    about = "tapswitch, ports on veth, kernel path"
    options = ("--kernel-path",)


class TapswitchPathMonitor(TapswitchInterface):
    name = "path-monitor"
    about = "tapswitch, ports on the TAPs of machines, kernel path"
    options = ("--kernel-path",)

    def make_ends(self):
        machines(self)


class TapswitchPatch(Tapswitch):
    name = "patch"
    about = "tapswitch, two switches and a patch"

    def join_stations(self, client):
        for switch, station in (("left", self.a), ("right", self.b)):
            client.call("switch.add", {"name": switch})
            port = self._add(client, station.interface, switch=switch,
                             namespace=station.namespace.path,
                             addresses=[f"{station.address}/24"])
        for switch, peer in (("left", "right"), ("right", "left")):
            self._add(client, f"to-{peer}", switch=switch, type="patch", peer=f"to-{switch}")
        return port


class Before(Tapswitch):
    name = "before"
    about = "tapswitch as it was built before"


class BeforeInterface(TapswitchInterface):
    name = "before-interface"
    about = "tapswitch as it was built before, ports on veth"


class Floor(Peer):
    name = "floor"
    about = "bare read and write, offloads"
    options = ("--offload",)

    def join(self):
        self.start_hub("a", "b", *self.crowd)
        self.home.run("ip", "-batch", "-", text="".join(
            f"link set dev {name} up\n" for name in self.crowd))
        self.take_interfaces()

    def start_hub(self, *interfaces):
        """Returns when it carries frames between the interfaces."""
        hub = self.run_switch(self.bin / "bare_hub", *self.options, *interfaces, has_pipes=True)
        self.lab.wait_for(hub, hub.stdout.readline, "bare_hub opens its interfaces")


class FloorConfined(Floor):
    name = "floor-confined"
    about = "the same with a second thread and tapswitchd's seccomp filter"
    options = ("--offload", "--confined")


class FloorInterface(Floor):
    name = "floor-interface"
    about = "bare read and write of packet sockets on veth"
    options = ("--interface",)

    def join(self):
        veth_pairs(self)
        self.take_interfaces()
        self.start_hub(*map(far_end_of, (self.a, self.b)))


class FloorPlain(Floor):
    name = "floor-plain"
    about = "bare read and write"
    options = ()


class LinuxBridge(Peer):
    name = "bridge"
    about = "the kernel's bridge over veth"
    programs = ("ip",)
    package = "iproute2"

    def make_ends(self):
        veth_pairs(self)

    def join(self):
        self.home.run("ip", "link", "add", "br0", "type", "bridge")
        self.home.run("ip", "link", "set", "dev", "br0", "up")
        self.make_ends()
        for station in (self.a, self.b):
            self.home.run("ip", "link", "set", "dev", far_end_of(station), "master", "br0")
        self.take_interfaces()


class MachineBridge(LinuxBridge):
    name = "bridge-monitor"
    about = "the kernel's bridge over the TAPs of machines"

    def make_ends(self):
        machines(self)


class BareVeth(Peer):
    """The limit of whatever is made of veths."""

    name = "bare-veth"
    about = "a veth from A to B, no switch"
    programs = ("ip",)
    package = "iproute2"

    def join(self):
        self.home.run("ip", "link", "add", "name", self.a.interface, "type", "veth", "peer", "name",
                      self.b.interface)
        self.take_interfaces()


class OpenVSwitch(Peer):
    name = "ovs"
    about = "Open vSwitch, userspace"
    programs = ("ovs-vswitchd", "ovsdb-server", "ovsdb-tool", "ovs-vsctl")
    package = "openvswitch-switch"
    settings = ()

    SCHEMA = Path("/usr/share/openvswitch/vswitch.ovsschema")

    def join(self):
        # Away from an Open vSwitch that the machine runs for itself.
        places = dict.fromkeys(("OVS_RUNDIR", "OVS_LOGDIR", "OVS_DBDIR", "OVS_SYSCONFDIR"),
                               str(self.directory))
        env = {**os.environ, **places}
        database, socket = self.directory / "conf.db", self.directory / "db.sock"
        control = ("ovs-vsctl", f"--db=unix:{socket}")
        run("ovsdb-tool", "create", database, self.SCHEMA, env=env)
        server = self.lab.start("ovsdb-server", database, f"--remote=punix:{socket}", env=env)
        self.lab.wait_for(server, socket.exists, "ovsdb-server takes connections")
        run(*control, "--no-wait", "init", env=env)
        for setting in self.settings:
            run(*control, "--no-wait", "set", "Open_vSwitch", ".", setting, env=env)
        self.run_switch("ovs-vswitchd", f"unix:{socket}", env=env)
        run(*control, "add-br", "br0", "--", "set", "bridge", "br0", "datapath_type=netdev",
            env=env)
        for station in (self.a, self.b):
            run(*control, "add-port", "br0", station.interface, "--", "set", "interface",
                station.interface, "type=tap", env=env)
        self.take_interfaces()


class OpenVSwitchTso(OpenVSwitch):
    name = "ovs-tso"
    about = "Open vSwitch, userspace, TSO"
    settings = ("other_config:userspace-tso-enable=true",)


class VdeSwitch(Peer):
    name = "vde"
    about = "vde_switch"
    programs = ("vde_switch",)
    package = "vde2"

    def join(self):
        # The switch ends when its input does.
        switch = self.run_switch("vde_switch", "-s", self.directory / "control", "-tap", "a",
                                 "-tap", "b", has_pipes=True)
        self.lab.wait_for(switch, lambda: {"a", "b"} <= self.home.received_frames().keys(),
                          "vde_switch opens its TAPs")
        self.take_interfaces()


# In the order of the tables.
PEERS = {peer.name: peer for peer in (
    Tapswitch, TapswitchPolling, TapswitchPlain, TapswitchMixed, TapswitchInterface, TapswitchVeth,
    TapswitchKernelPath, TapswitchPathVlan, TapswitchPathCrowd, TapswitchPathInterface,
    TapswitchPathMonitor, TapswitchVethToTap, TapswitchPatch, Floor, FloorConfined, FloorInterface,
    FloorPlain, BareVeth, LinuxBridge, MachineBridge, OpenVSwitch, OpenVSwitchTso, VdeSwitch)}

# An earlier build is what each of these runs.
EARLIER = {peer.name: peer for peer in (Before, BeforeInterface)}
