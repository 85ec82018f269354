# SPDX-License-Identifier: Apache-2.0
"""far_ends: what is at the other end of a port, for each kind of port, as a test holds it in its
hands: send() gives the port a frame, and heard() is what has come from it up to the next marker.

    with FarEnds(lab) as ends:
        ends.make()
        ends["tap"].send(frame)
        ends["tap"].mark()
        assert ends["veth"].heard() == [frame]
"""

import contextlib
import fcntl
import itertools
import os
import selectors
import socket
import struct
from functools import partial

from super_frames import Sent

from frames import ALICE, EVERYBODY, MARKER_TYPE, frame
from lab import DEADLINE, IFF_NO_PI, IFF_TAP, IFF_VNET_HDR, wait_until
from vde_request import vde_request

SOL_PACKET = 263
PACKET_AUXDATA, PACKET_VNET_HDR, PACKET_IGNORE_OUTGOING = 8, 15, 23
TP_STATUS_VLAN_VALID = 0x10
SO_SNDBUFFORCE, SO_RCVBUFFORCE = 32, 33
TUNSETOFFLOAD = 0x400454D0
ALL_OFFLOADS = 0x01 | 0x02 | 0x04 | 0x08 | 0x20 | 0x40
MOST_OCTETS = 1 << 18
ETH_P_ALL = 3

# Each marker has a number. Its source is Alice, as that of every frame of a test.
MARKER = frame(ALICE, EVERYBODY, kind=MARKER_TYPE, size=42)
_marks = itertools.count(1)


class FarEnd:
    """'send' and 'receive' are what its kinds do in their own ways."""

    last_mark = b""  # of all of them
    mac = None       # under which the switch knows where it is

    def mark(self):
        """Ends what is heard anywhere, from here."""
        FarEnd.last_mark = next(_marks).to_bytes(4, "big")
        self.send(Sent(MARKER + FarEnd.last_mark))

    def heard(self):
        """What came from Alice up to the last marker, since the one before."""
        found = []
        while True:
            one = self.receive()
            if one.data[6:12] != MARKER[6:12]:
                continue
            if one.data[-48:-4] != MARKER[12:]:
                found.append(one)
            elif one.data[-4:] == FarEnd.last_mark:
                return found
            else:
                found = []


class Station(FarEnd):
    """A packet socket on a station's interface: it sends and hears what is unfinished as it is."""

    def __init__(self, lab, short, interface):
        self._socket = lab.in_namespace(short, lambda: socket.socket(socket.AF_PACKET,
                                                                     socket.SOCK_RAW, 0))
        for level, option, value in ((socket.SOL_SOCKET, SO_SNDBUFFORCE, 1 << 22),
                                     (socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24),
                                     (SOL_PACKET, PACKET_VNET_HDR, 1),
                                     (SOL_PACKET, PACKET_IGNORE_OUTGOING, 1),
                                     (SOL_PACKET, PACKET_AUXDATA, 1)):
            self._socket.setsockopt(level, option, value)
        self._socket.bind((interface, ETH_P_ALL))
        self._socket.settimeout(DEADLINE)

    def send(self, *frames):
        for one in frames:
            self._socket.send(one.message())

    def receive(self):
        message, ancillary, *_ = self._socket.recvmsg(MOST_OCTETS, socket.CMSG_SPACE(20))
        received = Sent.read(message)
        for _, _, data in ancillary:
            status, *_, control, kind = struct.unpack("=IIIHHHH", data)
            if status & TP_STATUS_VLAN_VALID:  # the kernel has taken the tag off
                received = received.tagged(kind, control)
        return received

    def close(self):
        self._socket.close()


class OwnTap(FarEnd):
    """A TAP that the test has opened, as a simulator would, with the port on its other side."""

    def __init__(self, lab, short, interface):
        self._fd = lab.open_tap(short, interface, IFF_TAP | IFF_NO_PI | IFF_VNET_HDR)
        fcntl.ioctl(self._fd, TUNSETOFFLOAD, ALL_OFFLOADS)
        os.set_blocking(self._fd, False)

    def send(self, *frames):
        for one in frames:
            os.write(self._fd, one.message())

    def receive(self):
        with selectors.DefaultSelector() as selector:
            selector.register(self._fd, selectors.EVENT_READ)
            assert selector.select(DEADLINE), "nothing came to the TAP"
        return Sent.read(os.read(self._fd, MOST_OCTETS))

    def close(self):
        os.close(self._fd)


class Stream(FarEnd):
    """A virtual machine that connects, as QEMU does."""

    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(DEADLINE)
        self._socket.connect(str(path))
        self._reader = self._socket.makefile("rb")

    def send(self, *frames):
        """All at once: what is received together."""
        self._socket.sendall(b"".join(struct.pack("!I", len(one.data)) + one.data
                                      for one in frames))

    def receive(self):
        size, = struct.unpack("!I", self._reader.read(4))
        return Sent(self._reader.read(size))

    def close(self):
        self._reader.close()
        self._socket.close()


class Datagrams(FarEnd):
    """A socket that gets a frame a datagram."""

    def __init__(self, lab, path):
        # The queue of a socket is as long as its namespace says.
        self._socket = lab.in_namespace("switch", lambda: socket.socket(socket.AF_UNIX,
                                                                        socket.SOCK_DGRAM))
        self._socket.settimeout(DEADLINE)
        self._socket.bind(str(path))
        self._path = path

    @classmethod
    def by_udp(cls, lab, local, remote):
        """At an address of UDP, with the port at another."""
        self = cls.__new__(cls)
        self._socket = lab.in_namespace("switch", lambda: socket.socket(socket.AF_INET,
                                                                        socket.SOCK_DGRAM))
        self._socket.settimeout(DEADLINE)
        self._socket.bind(local)
        if remote:
            self.connect(remote)
        return self

    def join(self, place):
        """Comes in by the control directory of a VDE switch; the socket that is returned is to be
        kept, for with its end the port goes."""
        control = socket.socket(socket.AF_UNIX)
        control.settimeout(DEADLINE)
        control.connect(str(place / "ctl"))
        control.sendall(vde_request(self._path))
        self.connect(control.recv(200)[2:].split(b"\0")[0].decode())
        return control

    def connect(self, address):
        self._socket.connect(address if isinstance(address, tuple) else str(address))

    def send(self, *frames):
        for one in frames:
            self._socket.send(one.data)

    def receive(self):
        return Sent(self._socket.recv(MOST_OCTETS))

    def close(self):
        self._socket.close()


class Overlay(Datagrams):
    """The other end of a virtual network: each frame is behind the header of VXLAN."""

    HEADER = struct.pack("!II", 0x08 << 24, 100 << 8)
    peer = None  # where the port receives

    def send(self, *frames):
        for one in frames:
            self._socket.sendto(self.HEADER + one.data, self.peer)

    def receive(self):
        data, source = self._socket.recvfrom(MOST_OCTETS)
        assert data.startswith(self.HEADER) and source[0] == "127.0.0.1"
        return Sent(data[len(self.HEADER):])


class FarEnds(contextlib.ExitStack):
    """A port of each kind on sw0, and its far end under the port's name. All are trunks, and where
    each is the switch knows in VLANs 1 and 7."""

    TRUNK = {"mode": "trunk"}

    def __init__(self, lab):
        super().__init__()
        self.lab = lab
        self._ends = {}

    def make(self, names=None):
        """Makes those of the names, or all, and waits until they are up."""
        self.lab.exec("switch", "sysctl", "-qw", "net.unix.max_dgram_qlen=1000")
        makers = {"tap": self._tap, "tap-off": self._tap, "long": self._tap, "veth": self._veth,
                  "veth-off": self._veth, "wired": self._wired, "wired-off": self._wired,
                  "own": self._own_tap, "beyond": self._patch,
                  "stream": partial(self._stream, mtu=1500), "any-stream": self._stream,
                  "datagram": partial(self._datagram, mtu=1500), "any-datagram": self._datagram,
                  "vde": self._vde, "udp": partial(self._udp, mtu=1500), "any-udp": self._udp,
                  "vxlan": partial(self._vxlan, mtu=1500), "any-vxlan": self._vxlan}
        for name in names or makers:
            makers[name](name)
        for name in self._ends:
            wait_until(lambda port=self.port_of(name):
                       self.lab.call("port.get", {"name": port})["state"] == "up", f"{name} is up")
        for number, name in enumerate(self._ends):
            self[name].mac = f"02:00:00:00:01:{number:02x}"
            self.introduce(name)

    def introduce(self, name):
        """Lets the switch know where a far end is, in VLANs 1 and 7."""
        hello = Sent(frame(self[name].mac, EVERYBODY))
        self[name].send(hello, hello.tagged(0x8100, 7))
        wait_until(lambda: len(self.lab.call("fdb.list", {
            "mac": self[name].mac, "switch": "sw0"})["entries"]) == 2, f"{name} is known")

    def __getitem__(self, name):
        return self._ends[name]

    def names(self):
        return list(self._ends)

    def port_of(self, name):
        """The name of the port by which a far end is reached."""
        return {"vde": "vde.1"}.get(name, name)

    def counters(self, name):
        port = self.port_of(name)
        return self.lab.call("stats.get", {"port": port})["ports"][port]

    def _keep(self, name, end):
        self._ends[name] = end
        self.callback(end.close)

    def _add(self, name, kind, **params):
        if name.endswith("-off"):
            params["offload"] = False
        self.lab.call("port.add", {"name": name, "type": kind, "switch": "sw0", "vlan": self.TRUNK,
                                    **params})

    def _tap(self, name, **params):
        namespace = self.lab.namespace(name)
        if name in ("long", "beyond"):
            params["mtu"] = 9000
        self._add(name, "tap", namespace=namespace, **params)
        self._keep(name, Station(self.lab, name, name))

    def _veth(self, name):
        self._add(name, "veth", namespace=self.lab.namespace(name))
        self._keep(name, Station(self.lab, name, name))

    def _wired(self, name):
        """A port of type interface on a veth that is the user's."""
        self.lab.namespace(name)
        near = f"to-{name}"
        self.lab.exec("switch", "ip", "link", "add", near, "type", "veth", "peer", "name", name,
                      "netns", self.lab.name_of(name))
        self.lab.exec(name, "ip", "link", "set", name, "up")
        self.lab.exec("switch", "ip", "link", "set", near, "up")
        wait_until(lambda: "state UP" in self.lab.exec("switch", "ip", "link", "show", near).stdout,
                   "the veth has its carrier")
        self._add(name, "interface", interface=near)
        self._keep(name, Station(self.lab, name, name))

    def _own_tap(self, name):
        """A port of type interface on the TAP of another program."""
        self._keep(name, OwnTap(self.lab, "switch", name))
        self.lab.exec("switch", "ip", "link", "set", name, "up")
        self._add(name, "interface")

    def _patch(self, name):
        """A TAP on another switch, behind a patch."""
        self.lab.call("switch.add", {"name": "sw1"})
        self._add("to-sw1", "patch", peer="to-sw0")
        self._add("to-sw0", "patch", peer="to-sw1", switch="sw1")
        self._tap(name, switch="sw1")

    def _stream(self, name, **params):
        path = self.lab.directory / name
        self._add(name, "qemu", listen=f"unix:{path}", **params)
        self._keep(name, Stream(path))

    def _datagram(self, name, **params):
        ours, theirs = self.lab.directory / f"our-{name}", self.lab.directory / f"their-{name}"
        self._keep(name, Datagrams(self.lab, theirs))
        self._add(name, "qemu", datagram={"local": str(ours), "remote": str(theirs)}, **params)
        self[name].connect(ours)

    def _udp(self, name, **params):
        number = 10_000 + 2 * len(self._ends)
        ours, theirs = (("127.0.0.1", number + end) for end in (0, 1))
        self._keep(name, Datagrams.by_udp(self.lab, theirs, ours))
        self._add(name, "udp", local="%s:%d" % ours, remote="%s:%d" % theirs, **params)

    def _vxlan(self, name, **params):
        """Its remote does not connect: datagrams come from other ports than that which they go to."""
        theirs = f"127.0.1.{len(self._ends) + 1}"
        number = 20_000 + len(self._ends)
        end = Overlay.by_udp(self.lab, (theirs, number), None)
        self._add(name, "vxlan", vni=100, local="127.0.0.1", remote=[theirs], udp_port=number,
                  **params)
        end.peer = ("127.0.0.1", number)
        self._keep(name, end)

    def _vde(self, name):
        place, own = self.lab.directory / name, self.lab.directory / "guest"
        self._add(name, "vde", directory=str(place))
        self._keep(name, Datagrams(self.lab, own))
        self.enter_context(self[name].join(place))
