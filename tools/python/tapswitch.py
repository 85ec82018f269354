# SPDX-License-Identifier: Apache-2.0
"""A client of tapswitchd on the standard library alone, in one file.

    with tapswitch.Client() as switch:
        switch.port_add(name="alice", namespace="alice", vlan={"mode": "access", "pvid": 10})
        print(switch.stats_get()["ports"]["alice"]["in_octets"])
        switch.event_subscribe(topics=["port"])
        for event in switch.events():
            print(event["event"], event["data"])

    async with await tapswitch.AsyncClient.connect() as switch:
        await asyncio.gather(*(switch.port_get(name=name) for name in names))

Every method of the daemon is a method here, '.' written as '_', with its parameters by name. What
the daemon refuses is a Refused; a daemon that is not there or went away is a NoDaemon. A session is
for one thread; AsyncClient is for one event loop, where many calls may be under way at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import socket
import stat
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Any, Literal, NotRequired, TypedDict, Unpack, cast

__all__ = ["AsyncClient", "Client", "Event", "NoDaemon", "Refused", "default_path"]

# A client that subscribes and does not iterate keeps so many events; older ones go, and the next
# event's sequence number tells how many.
EVENTS_KEPT = 10_000

# The daemon's answers are lines of any length; an asyncio stream wants to know one.
LINE_LIMIT = 1 << 28
# The daemon ends the session of who sends a longer line (docs/control-protocol.md, Limits).
LINE_TAKEN = 1 << 20
RECEIVED_AT_ONCE = 1 << 16


class NoDaemon(ConnectionError):
    """There is no daemon at the path, or it is gone."""


class Refused(Exception):
    """The daemon refused a call; 'kind' and 'data' say why (docs/control-protocol.md, Errors)."""

    def __init__(self, error: Mapping[str, Any]) -> None:
        super().__init__(error["message"])
        self.code: int = error["code"]
        self.message: str = error["message"]
        self.data: dict[str, Any] = error.get("data", {})

    @property
    def kind(self) -> str:
        return str(self.data.get("kind", ""))


class Event(TypedDict):
    """What happened; 'sequence' counts the events of a subscription."""

    subscription: int
    topic: str
    event: str
    switch: NotRequired[str]
    sequence: int
    time: str
    data: dict[str, Any]


def default_path() -> str:
    """Where the daemon listens if nobody says otherwise."""
    if path := os.environ.get("TAPSWITCH_SOCKET"):
        return path
    uid = _outer_uid()
    if uid == 0:
        return "/run/tapswitch/control.sock"
    if runtime := os.environ.get("XDG_RUNTIME_DIR"):
        return os.path.join(runtime, "tapswitch/control.sock")
    directory = f"/tmp/tapswitch-{uid}"
    if os.path.lexists(directory):
        status = os.lstat(directory)
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o77:
            raise NoDaemon(f"{directory} is not a directory of yours alone")
    return os.path.join(directory, "control.sock")


def _outer_uid() -> int:
    """Root of a user namespace that has no /run of its own is the user who made it."""
    if os.geteuid() == 0 and os.stat("/run").st_uid != 0:
        with open("/proc/self/uid_map", encoding="ascii") as file:
            inside, outside, _ = map(int, file.readline().split())
        return outside if inside == 0 else 0
    return os.geteuid()


# ---- made by tools/generate from rpc.discover: do not edit ----


class SystemKernel(TypedDict):
    release: str  # of the kernel
    namespaces: bool  # whether ports can be opened in other network namespaces


class SystemKernelPath(TypedDict):
    state: Literal['on', 'off']  # whether it is used
    reason: NotRequired[str]  # why it is off


class SystemInfoResult(TypedDict):
    version: str  # of tapswitch
    pid: int  # process id of the daemon
    uptime_seconds: int  # since the daemon started
    workers: int  # threads that forward frames
    switches: int  # how many there are
    ports: int  # how many there are on all switches
    revision: int  # how many changes of the configuration there have been
    limits: dict[str, int]  # by name
    # what TAPs can leave unfinished, as far as is known
    offloads: list[Literal['checksum', 'tso4', 'tso6', 'tso_ecn', 'uso', 'udp_tunnels', 'tunnels']]
    kernel: SystemKernel  # what it lets the daemon do
    kernel_path: SystemKernelPath  # whether it forwards in the kernel
    socket: str  # path of the control socket


class Nothing(TypedDict):
    pass


class SystemHandOverParams(TypedDict):
    # the socket to it: the index among the descriptors that came with the line (SCM_RIGHTS)
    fd: int


class SwitchAddParamsFdb(TypedDict):
    ageing_seconds: NotRequired[int]  # after how long a station that is not heard is forgotten
    capacity: NotRequired[int]  # the most stations the switch remembers


class SwitchAddParamsStp(TypedDict):
    # rstp: Rapid Spanning Tree of 802.1D-2004; stp: the older one of 802.1D; off: BPDUs are as any
    # other reserved address, and nothing ends a ring
    mode: NotRequired[Literal['off', 'rstp', 'stp']]
    # of all bridges the one of least priority is the root; in steps of 4096
    priority: NotRequired[int]
    hello_seconds: NotRequired[int]  # how often a BPDU leaves
    max_age_seconds: NotRequired[int]  # how far, in hops, a BPDU goes from the root
    forward_delay_seconds: NotRequired[int]  # how long a port waits where no neighbour agrees
    hold_count: NotRequired[int]  # the most BPDUs that leave by a port in a second
    # of the bridge, by which others know it; default: made up when the switch is made
    address: NotRequired[str]


class SwitchAddParams(TypedDict):
    name: str  # the switch's name
    fdb: NotRequired[SwitchAddParamsFdb]  # limits of the forwarding database
    # which of the addresses 01:80:c2:00:00:00 to 0f cross the switch; 802.1Q says none
    forward_reserved: NotRequired[list[Literal['stp', 'pause', 'lacp', 'eapol', 'lldp', 'all'] | str]]
    # the spanning tree that keeps a ring of switches from being one; what is named is changed, null
    # makes it off
    stp: NotRequired[SwitchAddParamsStp | None]
    # a link of two ends: a TAP has no carrier while the other end is down, lost, unplugged or not
    # there; without effect on a switch of more than two ports
    wire: NotRequired[bool]


class SwitchFdb(TypedDict):
    ageing_seconds: int  # after which a silent station is forgotten
    capacity: int  # most stations
    stations: int  # stations it knows now


class Switch(TypedDict):
    name: str  # its name
    fdb: SwitchFdb  # the forwarding database
    forward_reserved: list[str]  # reserved addresses that cross
    # its spanning tree; left out where there is none to be
    stp: NotRequired[SwitchAddParamsStp | None]
    wire: bool  # whether the carriers of two ports follow each other
    ports: int  # how many it has


class SwitchRemoveParams(TypedDict):
    name: str  # the switch's name
    force: NotRequired[bool]  # also if it still has ports, which go with it


class SwitchListResult(TypedDict):
    switches: list[Switch]  # in order of their names


class SwitchGetParams(TypedDict):
    name: str  # the switch's name


class SwitchSetParams(TypedDict):
    name: str  # the switch's name
    fdb: NotRequired[SwitchAddParamsFdb]  # limits of the forwarding database
    # which of the addresses 01:80:c2:00:00:00 to 0f cross the switch; 802.1Q says none
    forward_reserved: NotRequired[list[Literal['stp', 'pause', 'lacp', 'eapol', 'lldp', 'all'] | str]]
    # the spanning tree that keeps a ring of switches from being one; what is named is changed, null
    # makes it off
    stp: NotRequired[SwitchAddParamsStp | None]
    # a link of two ends: a TAP has no carrier while the other end is down, lost, unplugged or not
    # there; without effect on a switch of more than two ports
    wire: NotRequired[bool]


class AccessVlan(TypedDict):
    mode: Literal['access']
    pvid: int  # the VLAN of the port
    # which frames may come in: with all also tagged ones of its VLAN, which are refused else
    acceptable: NotRequired[Literal['all', 'tagged', 'untagged']]


class TrunkVlan(TypedDict):
    mode: Literal['trunk']
    # the VLAN of untagged frames, which the trunk always carries; null: they are refused
    native: NotRequired[int | None]
    native_tagged: NotRequired[bool]  # whether frames of the native VLAN leave tagged
    allowed: NotRequired[str | list[int]]  # the VLANs it carries besides
    # a type of tag that names VLANs here too, beside 0x8100 and 0x88a8
    vendor_ethertype: NotRequired[Literal['0x9100', '0x9200'] | None]
    # which frames may come in; one that has only a priority counts as untagged
    acceptable: NotRequired[Literal['all', 'tagged', 'untagged']]


class Dot1qTunnelVlan(TypedDict):
    mode: Literal['dot1q-tunnel']
    pvid: int  # the VLAN of the port
    # the type of the tag that its frames have on trunks
    ethertype: NotRequired[Literal['0x88a8', '0x8100', '0x9100', '0x9200']]
    # which frames may come in; one that has only a priority counts as untagged
    acceptable: NotRequired[Literal['all', 'tagged', 'untagged']]


class Flood(TypedDict):
    unknown_unicast: NotRequired[bool]  # frames to stations nobody has heard yet
    multicast: NotRequired[bool]  # frames to groups
    broadcast: NotRequired[bool]  # frames to all


class PortAddParamsStormControlBroadcast(TypedDict):
    # frames a second, as 500pps; bits of frames a second, as 10mbit; or a share of the speed of the
    # port's link, as 5%
    rate: str
    # what is let in at once after a pause: frames with pps, else bytes; default: what the rate
    # brings in 100ms, and at least one full frame
    burst: NotRequired[int | str]


class PortAddParamsStormControl(TypedDict):
    broadcast: NotRequired[PortAddParamsStormControlBroadcast | None]  # of frames to all
    # of frames to groups, but for reserved addresses
    multicast: NotRequired[PortAddParamsStormControlBroadcast | None]
    # of frames to stations nobody has heard yet
    unknown_unicast: NotRequired[PortAddParamsStormControlBroadcast | None]


class ConditionsIn(TypedDict):
    delay: NotRequired[str | None]  # how much later each frame comes out
    jitter: NotRequired[str | None]  # how far the delay deviates from that; frames stay in order
    # of the deviations
    distribution: NotRequired[Literal['uniform', 'normal', 'pareto', 'paretonormal'] | None]
    correlation: NotRequired[str | None]  # how likely a frame fares as the one before it
    loss: NotRequired[str | None]  # how many frames are lost
    loss_model: NotRequired[str | None]  # losses in bursts, by the model of Gilbert and Elliott
    duplicate: NotRequired[str | None]  # how many frames come out twice
    corrupt: NotRequired[str | None]  # in how many frames one bit is turned over
    reorder: NotRequired[str | None]  # how many frames have no delay, and overtake those that have
    gap: NotRequired[int | None]  # only each frame of this number is reordered
    rate: NotRequired[str | None]  # the bits of frames that cross in a second
    burst: NotRequired[str | None]  # bytes that cross at once after a pause
    # bytes that may wait; default: what the rate, or 10gbit, fills in the delay and 100ms; 0 with
    # rate and burst: what is beyond the rate is dropped
    queue: NotRequired[str | None]
    # of the dice: the same frames fare in the same way; default: another each time
    seed: NotRequired[int | None]


ConditionsBase = TypedDict("ConditionsBase", {"in": NotRequired[ConditionsIn | None]})


class Conditions(ConditionsBase):
    delay: NotRequired[str | None]  # how much later each frame comes out
    jitter: NotRequired[str | None]  # how far the delay deviates from that; frames stay in order
    # of the deviations
    distribution: NotRequired[Literal['uniform', 'normal', 'pareto', 'paretonormal'] | None]
    correlation: NotRequired[str | None]  # how likely a frame fares as the one before it
    loss: NotRequired[str | None]  # how many frames are lost
    loss_model: NotRequired[str | None]  # losses in bursts, by the model of Gilbert and Elliott
    duplicate: NotRequired[str | None]  # how many frames come out twice
    corrupt: NotRequired[str | None]  # in how many frames one bit is turned over
    reorder: NotRequired[str | None]  # how many frames have no delay, and overtake those that have
    gap: NotRequired[int | None]  # only each frame of this number is reordered
    rate: NotRequired[str | None]  # the bits of frames that cross in a second
    burst: NotRequired[str | None]  # bytes that cross at once after a pause
    # bytes that may wait; default: what the rate, or 10gbit, fills in the delay and 100ms; 0 with
    # rate and burst: what is beyond the rate is dropped
    queue: NotRequired[str | None]
    # of the dice: the same frames fare in the same way; default: another each time
    seed: NotRequired[int | None]
    # frames of which direction are all lost, while the carrier stays
    cut: NotRequired[Literal['none', 'in', 'out', 'both'] | None]
    flap: NotRequired[str | None]  # all frames are lost from time to time, in both directions


class PortAddParamsStp(TypedDict):
    # of ports that are as good as one another the one of least priority is taken; in steps of 16
    priority: NotRequired[int]
    # what the way by it costs; auto: by its speed, 2000 where nobody knows that
    path_cost: NotRequired[int | Literal['auto']]
    # there is no bridge: the port forwards at once, until it hears a BPDU
    admin_edge: NotRequired[bool]
    auto_edge: NotRequired[bool]  # the same where none is heard for 3 s
    # two bridges at most are on its link, and may agree; auto: so it is
    point_to_point: NotRequired[bool | Literal['auto']]
    # a BPDU shuts the port until its link goes and comes, or the guard is taken off
    bpdu_guard: NotRequired[bool]
    # the way to the root is never here, whatever is heard; 802.1D's restrictedRole
    root_guard: NotRequired[bool]
    restricted_tcn: NotRequired[bool]  # changes behind it flush no other port
    # the port takes no part: it sends and heeds no BPDU, and forwards; a ring by it is not ended
    bpdu_filter: NotRequired[bool]


class PortAddParamsDatagram(TypedDict):
    local: str  # the socket of the port
    remote: str  # the socket of the virtual machine


class PortAddParams(TypedDict):
    name: str  # the new port's name
    # which of the other fields there are
    type: NotRequired[Literal['tap', 'interface', 'patch', 'qemu', 'vde', 'veth', 'udp', 'vhost-user', 'vxlan']]
    switch: NotRequired[str]  # which switch; may be left out where there is only one
    # (tap, veth) the interface, made if it does not exist; default: the port's name; (interface)
    # the interface, which must exist and is left as it is; default: the port's name
    interface: NotRequired[str]
    # (tap, interface, veth) the network namespace of the interface; default: the daemon's
    namespace: NotRequired[str | int]
    # (tap, veth) the address of the interface: of its far end, not of the switch
    mac: NotRequired[str]
    # (tap, veth) the MTU of the interface in bytes; (qemu, udp, vhost-user) the most bytes of
    # payload that leave here in a frame; default: no limit; (vxlan) the most bytes of payload that
    # leave here in a frame; default: what fits the ways to the remotes
    mtu: NotRequired[int]
    persist: NotRequired[bool]  # (tap, veth) the interface stays when the port goes
    up: NotRequired[bool]  # (tap, veth) the interface is set up, or down
    addresses: NotRequired[list[str]]  # (tap, veth) the IP addresses of the interface
    # (tap, veth) streams of TCP and UDP cross uncut and with unfinished checksums; (interface)
    # streams of TCP and UDP leave uncut and with unfinished checksums; in any case they may come in
    # so
    offload: NotRequired[bool]
    # (tap, interface, veth) when the interface or its namespace is gone, the port is opened anew as
    # soon as it can be
    reopen: NotRequired[bool]
    # (tap) what the interface says of its speed, in Mbit/s; default: 10000 if it is made, else as
    # it is; a change takes the carrier away for a moment
    speed: NotRequired[int]
    # (tap) what it says of its duplex; default: full if it is made, else as it is
    duplex: NotRequired[Literal['half', 'full']]
    # (tap) the user who may open the interface; (qemu, vde, vhost-user) the user whose the sockets
    # are that the port makes
    owner: NotRequired[int | str]
    # (tap) the group whose members may open the interface; (qemu, vde, vhost-user) the group whose
    # members may connect to the sockets that the port makes
    group: NotRequired[int | str]
    # (tap) by how many queues the switch receives, each with a worker of its own
    queues: NotRequired[int]
    # (tap) its descriptor came with port.add (fd): a document can keep such a port, not open it
    passed: NotRequired[bool]
    # how the port takes part in VLANs; default: a trunk of all, native 1
    vlan: NotRequired[AccessVlan | TrunkVlan | Dot1qTunnelVlan]
    flood: NotRequired[Flood]  # which frames without a known single destination leave here
    # how much of what is flooded may come in by the port; what is beyond is dropped; what is named
    # is changed, null takes all limits away
    storm_control: NotRequired[PortAddParamsStormControl | None]
    learning: NotRequired[bool]  # whether stations are learned from frames that come in
    isolated: NotRequired[bool]  # exchanges no frames with other isolated ports
    hairpin: NotRequired[bool]  # frames may leave by the port they came in by
    # known unicast is forwarded in the kernel, where that can be done
    kernel_path: NotRequired[bool]
    # the most stations learned on the port; 0: as many as the switch has room for
    fdb_limit: NotRequired[int]
    # false: the far end is unplugged and has no carrier, whatever it does; a socket is closed
    carrier: NotRequired[bool]
    # how the line to the far end is worse than a perfect one: of frames that leave, and 'in' of
    # those that come in; what is named is changed, null takes all away
    conditions: NotRequired[Conditions | None]
    # the port in the spanning tree of its switch, if that has one; what is named is changed, null
    # takes all back
    stp: NotRequired[PortAddParamsStp | None]
    # the worker that receives its frames; default: the one with fewest ports
    worker: NotRequired[int]
    description: NotRequired[str]  # a remark for people
    # the TAP is open: its descriptor is the one of this index among those that came with the line
    # (SCM_RIGHTS)
    fd: NotRequired[int]
    peer: NotRequired[str]  # (patch) the port at the other end: a patch that names this one
    # (qemu) where the port listens for the virtual machine; (vhost-user) the socket that the port
    # makes for the virtual machine
    listen: NotRequired[str]
    # (qemu) where the virtual machine listens for the port; (vhost-user) the socket at which the
    # virtual machine listens
    connect: NotRequired[str]
    # (qemu) a Unix datagram socket instead of a stream: each datagram is a frame
    datagram: NotRequired[PortAddParamsDatagram]
    # (qemu, vhost-user) with connect: how long after an end or a failure it connects again
    reconnect_seconds: NotRequired[int]
    # (qemu, vde, vhost-user) the permissions of the sockets that the port makes; default: 0600,
    # with group 0660
    socket_mode: NotRequired[str]
    # (vde) the control directory at which VDE clients come in; made if it does not exist, for those
    # who may use the sockets in it
    directory: NotRequired[str]
    # (udp) where the port receives; 0.0.0.0 and [::] are all addresses of this host; (vxlan) the
    # address of this host that the others send to, and see; default: all of this host
    local: NotRequired[str]
    # (udp) where the other program receives; from there alone frames are taken; (vxlan) the hosts
    # at the other ends; what is flooded leaves to each of them
    remote: NotRequired[str | list[str] | str]
    vni: NotRequired[int]  # (vxlan) the number of the virtual network
    udp_port: NotRequired[int]  # (vxlan) where all of them receive
    # (vxlan) by which the datagrams leave, each flow by one; default: what the kernel has free
    source_ports: NotRequired[str]
    ttl: NotRequired[int]  # (vxlan) of the datagrams; default: as this host has it
    tos: NotRequired[int | Literal['inherit']]  # (vxlan) class of service of the datagrams
    # (vxlan) whether the datagrams have a checksum of UDP; over IPv6 all do
    checksum: NotRequired[bool]
    # (vxlan) whether who sends frames of the network becomes a remote; else it is refused
    learn_remotes: NotRequired[bool]
    # (vxlan) whether what comes in leaves by no other tunnel of the switch of which this is said
    split_horizon: NotRequired[bool]


class PortLink(TypedDict):
    interface: str | None  # its name now; null: the port has none
    mac: str | None  # of the far end
    mtu: int  # in bytes


class PortTunnelRemote(TypedDict):
    address: str  # where it is
    learned: bool  # false: its user has told it
    way_mtu: int  # of the route to it; 0: there is none, or it is not known
    in_frames: int  # frames that came from it
    in_octets: int  # their bytes
    out_frames: int  # frames that left to it
    out_octets: int  # their bytes
    unsent: int  # frames for it that the kernel did not take
    refused: int  # errors that came back: nobody receives there, or there is no way
    stations: NotRequired[int]  # behind it, where there can be several remotes


class PortTunnel(TypedDict):
    remotes: list[PortTunnelRemote]  # the other ends
    remotes_not_learned: int  # frames of strangers for whom there was no room
    stations_moved: NotRequired[int]  # from behind one remote to behind another
    stations_refused: NotRequired[int]  # not noted for want of room; what is for them is flooded


class Port(TypedDict):
    name: str  # its name
    number: int  # its own while the daemon and its successors run; sFlow's ifIndex
    switch: str  # the switch it belongs to
    # its kind
    type: Literal['tap', 'interface', 'patch', 'qemu', 'vde', 'veth', 'udp', 'vhost-user', 'vxlan']
    # down: administratively; lost: its device is gone, or was not to be had at the start
    state: Literal['up', 'down', 'no_carrier', 'lost']
    link: PortLink  # the interface as the kernel has it now
    stations: int  # learned or put on the port
    # what crosses the port unfinished
    offloads: list[Literal['checksum', 'tso4', 'tso6', 'tso_ecn', 'uso', 'udp_tunnels', 'tunnels']]
    kernel_path: SystemKernelPath  # whether known unicast of the port is forwarded in the kernel
    # classes of which a storm is under way: storm control has dropped frames of them within the
    # last 5 s; where there is no storm control it is left out
    storms: NotRequired[list[Literal['broadcast', 'multicast', 'unknown_unicast']]]
    tunnel: NotRequired[PortTunnel]  # of a tunnel with several other ends: what crosses to each
    # of a port that is lost: what its opening was refused with last, or that its device is gone
    lost_because: NotRequired[str]
    # of a VDE client's port: the port of type vde by which it came in, whose rules it has
    door: NotRequired[str]
    # in the answers of port.add and port.set: what its user should know; of port.set also which
    # static entries have no effect any more, or lead again
    warnings: NotRequired[list[str]]
    # (tap, veth) the interface, made if it does not exist; default: the port's name; (interface)
    # the interface, which must exist and is left as it is; default: the port's name
    interface: NotRequired[str]
    # (tap, interface, veth) the network namespace of the interface; default: the daemon's
    namespace: NotRequired[str | int]
    # (tap, veth) the address of the interface: of its far end, not of the switch
    mac: NotRequired[str]
    # (tap, veth) the MTU of the interface in bytes; (qemu, udp, vhost-user) the most bytes of
    # payload that leave here in a frame; default: no limit; (vxlan) the most bytes of payload that
    # leave here in a frame; default: what fits the ways to the remotes
    mtu: NotRequired[int]
    persist: NotRequired[bool]  # (tap, veth) the interface stays when the port goes
    up: NotRequired[bool]  # (tap, veth) the interface is set up, or down
    addresses: NotRequired[list[str]]  # (tap, veth) the IP addresses of the interface
    # (tap, veth) streams of TCP and UDP cross uncut and with unfinished checksums; (interface)
    # streams of TCP and UDP leave uncut and with unfinished checksums; in any case they may come in
    # so
    offload: NotRequired[bool]
    # (tap, interface, veth) when the interface or its namespace is gone, the port is opened anew as
    # soon as it can be
    reopen: NotRequired[bool]
    # (tap) what the interface says of its speed, in Mbit/s; default: 10000 if it is made, else as
    # it is; a change takes the carrier away for a moment
    speed: NotRequired[int]
    # (tap) what it says of its duplex; default: full if it is made, else as it is
    duplex: NotRequired[Literal['half', 'full']]
    # (tap) the user who may open the interface; (qemu, vde, vhost-user) the user whose the sockets
    # are that the port makes
    owner: NotRequired[int | str]
    # (tap) the group whose members may open the interface; (qemu, vde, vhost-user) the group whose
    # members may connect to the sockets that the port makes
    group: NotRequired[int | str]
    # (tap) by how many queues the switch receives, each with a worker of its own
    queues: NotRequired[int]
    # (tap) its descriptor came with port.add (fd): a document can keep such a port, not open it
    passed: NotRequired[bool]
    # how the port takes part in VLANs; default: a trunk of all, native 1
    vlan: NotRequired[AccessVlan | TrunkVlan | Dot1qTunnelVlan]
    flood: NotRequired[Flood]  # which frames without a known single destination leave here
    # how much of what is flooded may come in by the port; what is beyond is dropped; what is named
    # is changed, null takes all limits away
    storm_control: NotRequired[PortAddParamsStormControl | None]
    learning: NotRequired[bool]  # whether stations are learned from frames that come in
    isolated: NotRequired[bool]  # exchanges no frames with other isolated ports
    hairpin: NotRequired[bool]  # frames may leave by the port they came in by
    # the most stations learned on the port; 0: as many as the switch has room for
    fdb_limit: NotRequired[int]
    # false: the far end is unplugged and has no carrier, whatever it does; a socket is closed
    carrier: NotRequired[bool]
    # how the line to the far end is worse than a perfect one: of frames that leave, and 'in' of
    # those that come in; what is named is changed, null takes all away
    conditions: NotRequired[Conditions | None]
    # the port in the spanning tree of its switch, if that has one; what is named is changed, null
    # takes all back
    stp: NotRequired[PortAddParamsStp | None]
    # the worker that receives its frames; default: the one with fewest ports
    worker: NotRequired[int]
    description: NotRequired[str]  # a remark for people
    peer: NotRequired[str]  # (patch) the port at the other end: a patch that names this one
    # (qemu) where the port listens for the virtual machine; (vhost-user) the socket that the port
    # makes for the virtual machine
    listen: NotRequired[str]
    # (qemu) where the virtual machine listens for the port; (vhost-user) the socket at which the
    # virtual machine listens
    connect: NotRequired[str]
    # (qemu) a Unix datagram socket instead of a stream: each datagram is a frame
    datagram: NotRequired[PortAddParamsDatagram]
    # (qemu, vhost-user) with connect: how long after an end or a failure it connects again
    reconnect_seconds: NotRequired[int]
    # (qemu, vde, vhost-user) the permissions of the sockets that the port makes; default: 0600,
    # with group 0660
    socket_mode: NotRequired[str]
    # (vde) the control directory at which VDE clients come in; made if it does not exist, for those
    # who may use the sockets in it
    directory: NotRequired[str]
    # (udp) where the port receives; 0.0.0.0 and [::] are all addresses of this host; (vxlan) the
    # address of this host that the others send to, and see; default: all of this host
    local: NotRequired[str]
    # (udp) where the other program receives; from there alone frames are taken; (vxlan) the hosts
    # at the other ends; what is flooded leaves to each of them
    remote: NotRequired[str | list[str] | str]
    vni: NotRequired[int]  # (vxlan) the number of the virtual network
    udp_port: NotRequired[int]  # (vxlan) where all of them receive
    # (vxlan) by which the datagrams leave, each flow by one; default: what the kernel has free
    source_ports: NotRequired[str]
    ttl: NotRequired[int]  # (vxlan) of the datagrams; default: as this host has it
    tos: NotRequired[int | Literal['inherit']]  # (vxlan) class of service of the datagrams
    # (vxlan) whether the datagrams have a checksum of UDP; over IPv6 all do
    checksum: NotRequired[bool]
    # (vxlan) whether who sends frames of the network becomes a remote; else it is refused
    learn_remotes: NotRequired[bool]
    # (vxlan) whether what comes in leaves by no other tunnel of the switch of which this is said
    split_horizon: NotRequired[bool]


class PortRemoveParams(TypedDict):
    name: str  # the port's name


class PortListParams(TypedDict):
    switch: NotRequired[str]  # only the ports of this switch
    state: NotRequired[Literal['up', 'down', 'no_carrier', 'lost']]  # only the ports in this state
    vlan: NotRequired[int]  # only the ports that carry this VLAN
    filter: NotRequired[str]  # only the ports whose name contains this


class PortListResult(TypedDict):
    ports: list[Port]  # in order of their names


class PortGetParams(TypedDict):
    name: str  # the port's name


class PortSetParams(TypedDict):
    name: str  # the port's name
    mac: NotRequired[str]  # the address of the interface: of its far end, not of the switch
    mtu: NotRequired[int]  # the MTU of the interface in bytes
    persist: NotRequired[bool]  # the interface stays when the port goes
    up: NotRequired[bool]  # the interface is set up, or down
    addresses: NotRequired[list[str]]  # the IP addresses of the interface
    offload: NotRequired[bool]  # streams of TCP and UDP cross uncut and with unfinished checksums
    # when the interface or its namespace is gone, the port is opened anew as soon as it can be
    reopen: NotRequired[bool]
    # what the interface says of its speed, in Mbit/s; default: 10000 if it is made, else as it is;
    # a change takes the carrier away for a moment
    speed: NotRequired[int]
    # what it says of its duplex; default: full if it is made, else as it is
    duplex: NotRequired[Literal['half', 'full']]
    owner: NotRequired[int | str]  # the user who may open the interface
    group: NotRequired[int | str]  # the group whose members may open the interface
    # how the port takes part in VLANs; default: a trunk of all, native 1
    vlan: NotRequired[AccessVlan | TrunkVlan | Dot1qTunnelVlan]
    flood: NotRequired[Flood]  # which frames without a known single destination leave here
    # how much of what is flooded may come in by the port; what is beyond is dropped; what is named
    # is changed, null takes all limits away
    storm_control: NotRequired[PortAddParamsStormControl | None]
    learning: NotRequired[bool]  # whether stations are learned from frames that come in
    isolated: NotRequired[bool]  # exchanges no frames with other isolated ports
    hairpin: NotRequired[bool]  # frames may leave by the port they came in by
    # known unicast is forwarded in the kernel, where that can be done
    kernel_path: NotRequired[bool]
    # the most stations learned on the port; 0: as many as the switch has room for
    fdb_limit: NotRequired[int]
    # false: the far end is unplugged and has no carrier, whatever it does; a socket is closed
    carrier: NotRequired[bool]
    # how the line to the far end is worse than a perfect one: of frames that leave, and 'in' of
    # those that come in; what is named is changed, null takes all away
    conditions: NotRequired[Conditions | None]
    # the port in the spanning tree of its switch, if that has one; what is named is changed, null
    # takes all back
    stp: NotRequired[PortAddParamsStp | None]
    # the worker that receives its frames; default: the one with fewest ports
    worker: NotRequired[int]
    description: NotRequired[str]  # a remark for people
    if_revision: NotRequired[int]  # only if the configuration is still of this revision


class VlanListParams(TypedDict):
    switch: NotRequired[str]  # only the VLANs of this switch
    limit: NotRequired[int]  # the most VLANs to give back
    cursor: NotRequired[int]  # where the page before ended: its next_cursor


class Vlan(TypedDict):
    switch: str  # the switch
    vid: int  # the VLAN
    name: str | None  # its name
    tagged: list[str]  # ports by which its frames leave with a tag
    untagged: list[str]  # ports by which its frames leave without
    stations: int  # known in it
    in_frames: int  # frames that came in and belonged to it
    in_octets: int  # their bytes


class VlanListResult(TypedDict):
    # in order of switch and VLAN; fewer than asked for where they have thousands of members
    vlans: list[Vlan]
    next_cursor: int | None  # where the next page begins; null: this was the last


class VlanSetParams(TypedDict):
    vid: int  # the VLAN
    name: str | None  # its name
    switch: NotRequired[str]  # which switch; may be left out where there is only one


class FdbListParams(TypedDict):
    switch: NotRequired[str]  # which switch; may be left out where there is only one
    vlan: NotRequired[int]  # only this VLAN
    port: NotRequired[str]  # only this port
    mac: NotRequired[str]  # only this station
    kind: NotRequired[Literal['dynamic', 'static']]  # only learned or only static entries
    limit: NotRequired[int]  # the most entries to give back
    cursor: NotRequired[int]  # where the page before ended: its next_cursor


class FdbEntry(TypedDict):
    mac: str  # the station's address
    vlan: int  # its VLAN
    port: str  # the port to reach it by
    kind: Literal['dynamic', 'static']  # learned, or put by hand
    age_seconds: int  # since it was last heard; 0 for a static entry


class FdbListResult(TypedDict):
    entries: list[FdbEntry]  # in the order of the table, which means nothing
    next_cursor: int | None  # where the next page begins; null: this was the last


class FdbAddParams(TypedDict):
    mac: str  # the station's address
    vlan: int  # its VLAN
    port: str  # the port to reach it by


class FdbRemoveParams(TypedDict):
    mac: str  # the station's address
    vlan: int  # its VLAN
    switch: NotRequired[str]  # which switch; may be left out where there is only one


class FdbFlushParams(TypedDict):
    switch: NotRequired[str]  # which switch; may be left out where there is only one
    port: NotRequired[str]  # only this port
    vlan: NotRequired[int]  # only this VLAN
    kind: NotRequired[Literal['dynamic', 'static']]  # only learned or only static entries


class FdbFlushResult(TypedDict):
    removed: int  # how many entries went


class StatsGetParams(TypedDict):
    switch: NotRequired[str]  # only this switch and its ports
    port: NotRequired[str]  # only this port
    vlan: NotRequired[int]  # only this VLAN


class StatsPortDrops(TypedDict):
    runt: NotRequired[int]  # shorter than an Ethernet header
    # longer than the largest frame the switch takes, or would be with the tag it should leave with
    oversize: NotRequired[int]
    tag_truncated: NotRequired[int]  # announces a VLAN tag but ends before the EtherType behind it
    offload_invalid: NotRequired[int]  # what its virtio-net header says does not fit the frame
    # the length before it on a stream makes no sense, or the stream ended within it
    framing_invalid: NotRequired[int]
    # a datagram without the header of the port's tunnel, or without a VNI in it
    encapsulation_invalid: NotRequired[int]
    # came to the socket of a port from another address than its remote
    foreign_sender: NotRequired[int]
    foreign_vni: NotRequired[int]  # is of another virtual network than the port it came in by
    group_source: NotRequired[int]  # the source address is a group address
    zero_source: NotRequired[int]  # the source address is all zero
    # sent to 01-80-C2-00-00-0X, which a bridge does not relay unless forward_reserved says so
    reserved_address: NotRequired[int]
    vlan_reserved: NotRequired[int]  # tagged with VID 4095, which 802.1Q reserves
    tagged_refused: NotRequired[int]  # tagged, on a port that accepts only untagged frames
    # untagged, on a port that accepts only tagged frames or has no native VLAN
    untagged_refused: NotRequired[int]
    vlan_not_allowed: NotRequired[int]  # its VLAN is not allowed on the port it came in by
    # its destination is on the port it came in by, and hairpin is off there
    same_port: NotRequired[int]
    # its destination is on a port that is isolated from the port it came in by
    isolated: NotRequired[int]
    # came in by a tunnel, and its destination is behind another one
    split_horizon: NotRequired[int]
    # its VLAN is not allowed on the port of its destination
    egress_vlan_not_allowed: NotRequired[int]
    # came in by the destination of a mirror, which sends nothing in
    mirror_destination: NotRequired[int]
    # beyond what storm control lets in of broadcasts, multicasts or unknown unicasts by the port it
    # came in by
    storm_control: NotRequired[int]
    # the spanning tree does not let it by the port it came in by, or by that of its destination
    stp_discarding: NotRequired[int]
    no_egress: NotRequired[int]  # to be flooded, but no other port takes it
    mtu_exceeded: NotRequired[int]  # longer than the MTU of the port it should leave by
    # the port it should leave by is down or unplugged, or nobody is there; or the one it came in by
    # is unplugged
    link_down: NotRequired[int]
    busy: NotRequired[int]  # the other end of the port it should leave by has no room now
    kernel_refused: NotRequired[int]  # the kernel refused to take it at the port it should leave by
    port_gone: NotRequired[int]  # the port it should leave by has lost its device
    condition_loss: NotRequired[int]  # lost on purpose, by the conditions of the port
    # too many bytes wait already under the conditions of the port
    condition_queue_full: NotRequired[int]


class StatsPort(TypedDict):
    in_octets: int  # bytes of all frames received
    in_unicast: int  # frames received and passed on, to one station
    in_multicast: int  # ... to a group
    in_broadcast: int  # ... to all
    out_octets: int  # bytes of all frames sent
    out_unicast: int  # frames meant to leave here, also if dropped, to one station
    out_multicast: int  # ... to a group
    out_broadcast: int  # ... to all
    drops: StatsPortDrops  # dropped frames by reason; reasons that did not occur are left out
    ingress_kernel_drops: int  # frames the kernel dropped before the switch could read them
    egress_kernel_drops: int  # frames the kernel dropped after the switch wrote them


class StatsSwitch(TypedDict):
    stations: int  # stations known now
    fdb_added: int  # stations learned
    fdb_moved: int  # stations that came to be on another port
    fdb_aged: int  # stations forgotten because they were silent
    fdb_evicted: int  # stations forgotten to make way for newcomers in a full table
    fdb_refused_table_full: int  # stations not learned because the table was full
    fdb_refused_port_full: int  # stations not learned because of the port's limit


class StatsVlan(TypedDict):
    in_frames: int  # frames that came in and belonged to the VLAN
    in_octets: int  # their bytes


class Stats(TypedDict):
    ports: NotRequired[dict[str, StatsPort]]  # by name; also left out where a VLAN was asked for
    # by name; left out where a port or VLAN was asked for
    switches: NotRequired[dict[str, StatsSwitch]]
    vlans: NotRequired[dict[str, StatsVlan]]  # by switch name; only where a VLAN was asked for


class StatsRatesParams(TypedDict):
    switch: NotRequired[str]  # only the ports of this switch
    port: NotRequired[str]  # only this port
    interval_seconds: NotRequired[int]  # over about how long


class RatesPort(TypedDict):
    in_bits_per_second: int  # received
    in_frames_per_second: int  # received and passed on
    out_bits_per_second: int  # sent
    out_frames_per_second: int  # meant to leave here
    drops_per_second: int  # dropped, for whatever reason
    interval_microseconds: int  # the time over which this was measured
    switch: str  # the switch it belongs to
    state: Literal['up', 'down', 'no_carrier', 'lost']  # as port.get tells it
    stations: int  # learned or put on the port


class Rates(TypedDict):
    ports: dict[str, RatesPort]  # by name


class FrameTraceParamsFrame(TypedDict):
    src: str  # its source address
    dst: str  # its destination address
    vlan: NotRequired[int]  # the VID of its tag; without it, it has none
    ethertype: NotRequired[int | str]  # the EtherType of its payload


class FrameTraceParams(TypedDict):
    port: str  # the port it would come in by
    frame: str | FrameTraceParamsFrame  # the frame


class TraceEgressTag(TypedDict):
    vid: int  # VLAN identifier
    priority: int  # PCP
    drop_eligible: bool  # DEI
    ethertype: Literal['0x8100', '0x88a8']  # the tag's type


class TraceEgress(TypedDict):
    port: str  # a port it leaves by
    tag: TraceEgressTag | None  # its outermost VLAN tag there


class TraceDropped(TypedDict):
    port: str  # a port it should leave by, and does not
    reason: str  # why, as in statistics


class Trace(TypedDict):
    # what becomes of the frame; drop: it leaves by no port; punt: the switch's protocols take it
    outcome: Literal['drop', 'unicast', 'flood', 'punt']
    # drop: the reason, as in statistics; that of the first port if they differ
    reason: NotRequired[str]
    vlan: NotRequired[int]  # the VLAN it was found to belong to
    egress: list[TraceEgress]  # where it leaves
    dropped: list[TraceDropped]  # where it should leave, but does not
    mirrored: list[str]  # where mirrors send copies of it
    kernel_path: SystemKernelPath  # whether it would be forwarded in the kernel
    steps: list[str]  # each step of the decision, in words


class LogSetParams(TypedDict):
    # the least grave that is logged
    level: Literal['trace', 'debug', 'info', 'warning', 'error', 'off']


class Log(TypedDict):
    # the least grave that is logged
    level: Literal['trace', 'debug', 'info', 'warning', 'error', 'off']


class LogTailParams(TypedDict):
    lines: NotRequired[int]  # the most lines to tell


class LogLine(TypedDict):
    time: str  # when, as 2026-01-31T12:00:00.000Z
    level: str  # how grave it is, as log.set names levels
    text: str  # what was logged


class LogTailResult(TypedDict):
    lines: list[LogLine]  # the oldest first


class ConfigGetParams(TypedDict):
    format: NotRequired[Literal['full', 'minimal']]  # whether what equals its default is written


class ConfigSwitchFdbStatic(TypedDict):
    mac: str  # the station's address
    vlan: int  # its VLAN
    port: str  # the port to reach it by


class ConfigSwitchFdb(TypedDict):
    ageing_seconds: NotRequired[int]  # after how long a station that is not heard is forgotten
    capacity: NotRequired[int]  # the most stations the switch remembers
    static: NotRequired[list[ConfigSwitchFdbStatic]]  # stations that neither age nor move


class ConfigSwitchVlan(TypedDict):
    name: str  # its name


class ConfigSwitchMirror(TypedDict):
    # only frames of these ports; default: of all on the switch, also of those to come
    from_port: NotRequired[list[str]]
    # only frames that belong to these VLANs; default: to any
    from_vlan: NotRequired[str | list[int]]
    # frames that the switch receives by the port (in), sends by it (out), or both
    direction: NotRequired[Literal['in', 'out', 'both']]
    to_port: str  # the port that gets the copies, and nothing else
    snaplen: NotRequired[int]  # bytes that are copied of each frame; 0: all
    filter: NotRequired[str]  # only frames that match, in the words of pcap-filter(7)


class TapConfigSwitchPort(TypedDict):
    type: NotRequired[Literal['tap']]
    # the interface, made if it does not exist; default: the port's name
    interface: NotRequired[str]
    # the network namespace of the interface; default: the daemon's
    namespace: NotRequired[str | int]
    mac: NotRequired[str]  # the address of the interface: of its far end, not of the switch
    mtu: NotRequired[int]  # the MTU of the interface in bytes
    persist: NotRequired[bool]  # the interface stays when the port goes
    up: NotRequired[bool]  # the interface is set up, or down
    addresses: NotRequired[list[str]]  # the IP addresses of the interface
    offload: NotRequired[bool]  # streams of TCP and UDP cross uncut and with unfinished checksums
    # when the interface or its namespace is gone, the port is opened anew as soon as it can be
    reopen: NotRequired[bool]
    # what the interface says of its speed, in Mbit/s; default: 10000 if it is made, else as it is;
    # a change takes the carrier away for a moment
    speed: NotRequired[int]
    # what it says of its duplex; default: full if it is made, else as it is
    duplex: NotRequired[Literal['half', 'full']]
    owner: NotRequired[int | str]  # the user who may open the interface
    group: NotRequired[int | str]  # the group whose members may open the interface
    # by how many queues the switch receives, each with a worker of its own
    queues: NotRequired[int]
    # its descriptor came with port.add (fd): a document can keep such a port, not open it
    passed: NotRequired[bool]
    # how the port takes part in VLANs; default: a trunk of all, native 1
    vlan: NotRequired[AccessVlan | TrunkVlan | Dot1qTunnelVlan]
    flood: NotRequired[Flood]  # which frames without a known single destination leave here
    # how much of what is flooded may come in by the port; what is beyond is dropped; what is named
    # is changed, null takes all limits away
    storm_control: NotRequired[PortAddParamsStormControl | None]
    learning: NotRequired[bool]  # whether stations are learned from frames that come in
    isolated: NotRequired[bool]  # exchanges no frames with other isolated ports
    hairpin: NotRequired[bool]  # frames may leave by the port they came in by
    # known unicast is forwarded in the kernel, where that can be done
    kernel_path: NotRequired[bool]
    # the most stations learned on the port; 0: as many as the switch has room for
    fdb_limit: NotRequired[int]
    # false: the far end is unplugged and has no carrier, whatever it does; a socket is closed
    carrier: NotRequired[bool]
    # how the line to the far end is worse than a perfect one: of frames that leave, and 'in' of
    # those that come in; what is named is changed, null takes all away
    conditions: NotRequired[Conditions | None]
    # the port in the spanning tree of its switch, if that has one; what is named is changed, null
    # takes all back
    stp: NotRequired[PortAddParamsStp | None]
    # the worker that receives its frames; default: the one with fewest ports
    worker: NotRequired[int]
    description: NotRequired[str]  # a remark for people


class InterfaceConfigSwitchPort(TypedDict):
    type: Literal['interface']
    # the interface, which must exist and is left as it is; default: the port's name
    interface: NotRequired[str]
    # the network namespace of the interface; default: the daemon's
    namespace: NotRequired[str | int]
    # streams of TCP and UDP leave uncut and with unfinished checksums; in any case they may come in
    # so
    offload: NotRequired[bool]
    # when the interface or its namespace is gone, the port is opened anew as soon as it can be
    reopen: NotRequired[bool]
    # how the port takes part in VLANs; default: a trunk of all, native 1
    vlan: NotRequired[AccessVlan | TrunkVlan | Dot1qTunnelVlan]
    flood: NotRequired[Flood]  # which frames without a known single destination leave here
    # how much of what is flooded may come in by the port; what is beyond is dropped; what is named
    # is changed, null takes all limits away
    storm_control: NotRequired[PortAddParamsStormControl | None]
    learning: NotRequired[bool]  # whether stations are learned from frames that come in
    isolated: NotRequired[bool]  # exchanges no frames with other isolated ports
    hairpin: NotRequired[bool]  # frames may leave by the port they came in by
    # known unicast is forwarded in the kernel, where that can be done
    kernel_path: NotRequired[bool]
    # the most stations learned on the port; 0: as many as the switch has room for
    fdb_limit: NotRequired[int]
    # false: the far end is unplugged and has no carrier, whatever it does; a socket is closed
    carrier: NotRequired[bool]
    # how the line to the far end is worse than a perfect one: of frames that leave, and 'in' of
    # those that come in; what is named is changed, null takes all away
    conditions: NotRequired[Conditions | None]
    # the port in the spanning tree of its switch, if that has one; what is named is changed, null
    # takes all back
    stp: NotRequired[PortAddParamsStp | None]
    # the worker that receives its frames; default: the one with fewest ports
    worker: NotRequired[int]
    description: NotRequired[str]  # a remark for people


class PatchConfigSwitchPort(TypedDict):
    type: Literal['patch']
    peer: str  # the port at the other end: a patch that names this one
    # how the port takes part in VLANs; default: a trunk of all, native 1
    vlan: NotRequired[AccessVlan | TrunkVlan | Dot1qTunnelVlan]
    flood: NotRequired[Flood]  # which frames without a known single destination leave here
    # how much of what is flooded may come in by the port; what is beyond is dropped; what is named
    # is changed, null takes all limits away
    storm_control: NotRequired[PortAddParamsStormControl | None]
    learning: NotRequired[bool]  # whether stations are learned from frames that come in
    isolated: NotRequired[bool]  # exchanges no frames with other isolated ports
    hairpin: NotRequired[bool]  # frames may leave by the port they came in by
    # known unicast is forwarded in the kernel, where that can be done
    kernel_path: NotRequired[bool]
    # the most stations learned on the port; 0: as many as the switch has room for
    fdb_limit: NotRequired[int]
    # false: the far end is unplugged and has no carrier, whatever it does; a socket is closed
    carrier: NotRequired[bool]
    # how the line to the far end is worse than a perfect one: of frames that leave, and 'in' of
    # those that come in; what is named is changed, null takes all away
    conditions: NotRequired[Conditions | None]
    # the port in the spanning tree of its switch, if that has one; what is named is changed, null
    # takes all back
    stp: NotRequired[PortAddParamsStp | None]
    # the worker that receives its frames; default: the one with fewest ports
    worker: NotRequired[int]
    description: NotRequired[str]  # a remark for people


class QemuConfigSwitchPort(TypedDict):
    type: Literal['qemu']
    listen: NotRequired[str]  # where the port listens for the virtual machine
    connect: NotRequired[str]  # where the virtual machine listens for the port
    # a Unix datagram socket instead of a stream: each datagram is a frame
    datagram: NotRequired[PortAddParamsDatagram]
    # with connect: how long after an end or a failure it connects again
    reconnect_seconds: NotRequired[int]
    mtu: NotRequired[int]  # the most bytes of payload that leave here in a frame; default: no limit
    owner: NotRequired[int | str]  # the user whose the sockets are that the port makes
    # the group whose members may connect to the sockets that the port makes
    group: NotRequired[int | str]
    # the permissions of the sockets that the port makes; default: 0600, with group 0660
    socket_mode: NotRequired[str]
    # how the port takes part in VLANs; default: a trunk of all, native 1
    vlan: NotRequired[AccessVlan | TrunkVlan | Dot1qTunnelVlan]
    flood: NotRequired[Flood]  # which frames without a known single destination leave here
    # how much of what is flooded may come in by the port; what is beyond is dropped; what is named
    # is changed, null takes all limits away
    storm_control: NotRequired[PortAddParamsStormControl | None]
    learning: NotRequired[bool]  # whether stations are learned from frames that come in
    isolated: NotRequired[bool]  # exchanges no frames with other isolated ports
    hairpin: NotRequired[bool]  # frames may leave by the port they came in by
    # known unicast is forwarded in the kernel, where that can be done
    kernel_path: NotRequired[bool]
    # the most stations learned on the port; 0: as many as the switch has room for
    fdb_limit: NotRequired[int]
    # false: the far end is unplugged and has no carrier, whatever it does; a socket is closed
    carrier: NotRequired[bool]
    # how the line to the far end is worse than a perfect one: of frames that leave, and 'in' of
    # those that come in; what is named is changed, null takes all away
    conditions: NotRequired[Conditions | None]
    # the port in the spanning tree of its switch, if that has one; what is named is changed, null
    # takes all back
    stp: NotRequired[PortAddParamsStp | None]
    # the worker that receives its frames; default: the one with fewest ports
    worker: NotRequired[int]
    description: NotRequired[str]  # a remark for people


class VdeConfigSwitchPort(TypedDict):
    type: Literal['vde']
    # the control directory at which VDE clients come in; made if it does not exist, for those who
    # may use the sockets in it
    directory: str
    owner: NotRequired[int | str]  # the user whose the sockets are that the port makes
    # the group whose members may connect to the sockets that the port makes
    group: NotRequired[int | str]
    # the permissions of the sockets that the port makes; default: 0600, with group 0660
    socket_mode: NotRequired[str]
    # how the port takes part in VLANs; default: a trunk of all, native 1
    vlan: NotRequired[AccessVlan | TrunkVlan | Dot1qTunnelVlan]
    flood: NotRequired[Flood]  # which frames without a known single destination leave here
    # how much of what is flooded may come in by the port; what is beyond is dropped; what is named
    # is changed, null takes all limits away
    storm_control: NotRequired[PortAddParamsStormControl | None]
    learning: NotRequired[bool]  # whether stations are learned from frames that come in
    isolated: NotRequired[bool]  # exchanges no frames with other isolated ports
    hairpin: NotRequired[bool]  # frames may leave by the port they came in by
    # known unicast is forwarded in the kernel, where that can be done
    kernel_path: NotRequired[bool]
    # the most stations learned on the port; 0: as many as the switch has room for
    fdb_limit: NotRequired[int]
    # false: the far end is unplugged and has no carrier, whatever it does; a socket is closed
    carrier: NotRequired[bool]
    # how the line to the far end is worse than a perfect one: of frames that leave, and 'in' of
    # those that come in; what is named is changed, null takes all away
    conditions: NotRequired[Conditions | None]
    # the port in the spanning tree of its switch, if that has one; what is named is changed, null
    # takes all back
    stp: NotRequired[PortAddParamsStp | None]
    # the worker that receives its frames; default: the one with fewest ports
    worker: NotRequired[int]
    description: NotRequired[str]  # a remark for people


class VethConfigSwitchPort(TypedDict):
    type: Literal['veth']
    # the interface, made if it does not exist; default: the port's name
    interface: NotRequired[str]
    # the network namespace of the interface; default: the daemon's
    namespace: NotRequired[str | int]
    mac: NotRequired[str]  # the address of the interface: of its far end, not of the switch
    mtu: NotRequired[int]  # the MTU of the interface in bytes
    persist: NotRequired[bool]  # the interface stays when the port goes
    up: NotRequired[bool]  # the interface is set up, or down
    addresses: NotRequired[list[str]]  # the IP addresses of the interface
    offload: NotRequired[bool]  # streams of TCP and UDP cross uncut and with unfinished checksums
    # when the interface or its namespace is gone, the port is opened anew as soon as it can be
    reopen: NotRequired[bool]
    # how the port takes part in VLANs; default: a trunk of all, native 1
    vlan: NotRequired[AccessVlan | TrunkVlan | Dot1qTunnelVlan]
    flood: NotRequired[Flood]  # which frames without a known single destination leave here
    # how much of what is flooded may come in by the port; what is beyond is dropped; what is named
    # is changed, null takes all limits away
    storm_control: NotRequired[PortAddParamsStormControl | None]
    learning: NotRequired[bool]  # whether stations are learned from frames that come in
    isolated: NotRequired[bool]  # exchanges no frames with other isolated ports
    hairpin: NotRequired[bool]  # frames may leave by the port they came in by
    # known unicast is forwarded in the kernel, where that can be done
    kernel_path: NotRequired[bool]
    # the most stations learned on the port; 0: as many as the switch has room for
    fdb_limit: NotRequired[int]
    # false: the far end is unplugged and has no carrier, whatever it does; a socket is closed
    carrier: NotRequired[bool]
    # how the line to the far end is worse than a perfect one: of frames that leave, and 'in' of
    # those that come in; what is named is changed, null takes all away
    conditions: NotRequired[Conditions | None]
    # the port in the spanning tree of its switch, if that has one; what is named is changed, null
    # takes all back
    stp: NotRequired[PortAddParamsStp | None]
    # the worker that receives its frames; default: the one with fewest ports
    worker: NotRequired[int]
    description: NotRequired[str]  # a remark for people


class UdpConfigSwitchPort(TypedDict):
    type: Literal['udp']
    local: str  # where the port receives; 0.0.0.0 and [::] are all addresses of this host
    remote: str  # where the other program receives; from there alone frames are taken
    mtu: NotRequired[int]  # the most bytes of payload that leave here in a frame; default: no limit
    # how the port takes part in VLANs; default: a trunk of all, native 1
    vlan: NotRequired[AccessVlan | TrunkVlan | Dot1qTunnelVlan]
    flood: NotRequired[Flood]  # which frames without a known single destination leave here
    # how much of what is flooded may come in by the port; what is beyond is dropped; what is named
    # is changed, null takes all limits away
    storm_control: NotRequired[PortAddParamsStormControl | None]
    learning: NotRequired[bool]  # whether stations are learned from frames that come in
    isolated: NotRequired[bool]  # exchanges no frames with other isolated ports
    hairpin: NotRequired[bool]  # frames may leave by the port they came in by
    # known unicast is forwarded in the kernel, where that can be done
    kernel_path: NotRequired[bool]
    # the most stations learned on the port; 0: as many as the switch has room for
    fdb_limit: NotRequired[int]
    # false: the far end is unplugged and has no carrier, whatever it does; a socket is closed
    carrier: NotRequired[bool]
    # how the line to the far end is worse than a perfect one: of frames that leave, and 'in' of
    # those that come in; what is named is changed, null takes all away
    conditions: NotRequired[Conditions | None]
    # the port in the spanning tree of its switch, if that has one; what is named is changed, null
    # takes all back
    stp: NotRequired[PortAddParamsStp | None]
    # the worker that receives its frames; default: the one with fewest ports
    worker: NotRequired[int]
    description: NotRequired[str]  # a remark for people


class VhostUserConfigSwitchPort(TypedDict):
    type: Literal['vhost-user']
    listen: NotRequired[str]  # the socket that the port makes for the virtual machine
    connect: NotRequired[str]  # the socket at which the virtual machine listens
    # with connect: how long after an end or a failure it connects again
    reconnect_seconds: NotRequired[int]
    mtu: NotRequired[int]  # the most bytes of payload that leave here in a frame; default: no limit
    owner: NotRequired[int | str]  # the user whose the sockets are that the port makes
    # the group whose members may connect to the sockets that the port makes
    group: NotRequired[int | str]
    # the permissions of the sockets that the port makes; default: 0600, with group 0660
    socket_mode: NotRequired[str]
    # how the port takes part in VLANs; default: a trunk of all, native 1
    vlan: NotRequired[AccessVlan | TrunkVlan | Dot1qTunnelVlan]
    flood: NotRequired[Flood]  # which frames without a known single destination leave here
    # how much of what is flooded may come in by the port; what is beyond is dropped; what is named
    # is changed, null takes all limits away
    storm_control: NotRequired[PortAddParamsStormControl | None]
    learning: NotRequired[bool]  # whether stations are learned from frames that come in
    isolated: NotRequired[bool]  # exchanges no frames with other isolated ports
    hairpin: NotRequired[bool]  # frames may leave by the port they came in by
    # known unicast is forwarded in the kernel, where that can be done
    kernel_path: NotRequired[bool]
    # the most stations learned on the port; 0: as many as the switch has room for
    fdb_limit: NotRequired[int]
    # false: the far end is unplugged and has no carrier, whatever it does; a socket is closed
    carrier: NotRequired[bool]
    # how the line to the far end is worse than a perfect one: of frames that leave, and 'in' of
    # those that come in; what is named is changed, null takes all away
    conditions: NotRequired[Conditions | None]
    # the port in the spanning tree of its switch, if that has one; what is named is changed, null
    # takes all back
    stp: NotRequired[PortAddParamsStp | None]
    # the worker that receives its frames; default: the one with fewest ports
    worker: NotRequired[int]
    description: NotRequired[str]  # a remark for people


class VxlanConfigSwitchPort(TypedDict):
    type: Literal['vxlan']
    vni: int  # the number of the virtual network
    # the hosts at the other ends; what is flooded leaves to each of them
    remote: NotRequired[list[str] | str]
    # the address of this host that the others send to, and see; default: all of this host
    local: NotRequired[str]
    udp_port: NotRequired[int]  # where all of them receive
    # by which the datagrams leave, each flow by one; default: what the kernel has free
    source_ports: NotRequired[str]
    ttl: NotRequired[int]  # of the datagrams; default: as this host has it
    tos: NotRequired[int | Literal['inherit']]  # class of service of the datagrams
    checksum: NotRequired[bool]  # whether the datagrams have a checksum of UDP; over IPv6 all do
    # whether who sends frames of the network becomes a remote; else it is refused
    learn_remotes: NotRequired[bool]
    # whether what comes in leaves by no other tunnel of the switch of which this is said
    split_horizon: NotRequired[bool]
    # the most bytes of payload that leave here in a frame; default: what fits the ways to the
    # remotes
    mtu: NotRequired[int]
    # how the port takes part in VLANs; default: a trunk of all, native 1
    vlan: NotRequired[AccessVlan | TrunkVlan | Dot1qTunnelVlan]
    flood: NotRequired[Flood]  # which frames without a known single destination leave here
    # how much of what is flooded may come in by the port; what is beyond is dropped; what is named
    # is changed, null takes all limits away
    storm_control: NotRequired[PortAddParamsStormControl | None]
    learning: NotRequired[bool]  # whether stations are learned from frames that come in
    isolated: NotRequired[bool]  # exchanges no frames with other isolated ports
    hairpin: NotRequired[bool]  # frames may leave by the port they came in by
    # known unicast is forwarded in the kernel, where that can be done
    kernel_path: NotRequired[bool]
    # the most stations learned on the port; 0: as many as the switch has room for
    fdb_limit: NotRequired[int]
    # false: the far end is unplugged and has no carrier, whatever it does; a socket is closed
    carrier: NotRequired[bool]
    # how the line to the far end is worse than a perfect one: of frames that leave, and 'in' of
    # those that come in; what is named is changed, null takes all away
    conditions: NotRequired[Conditions | None]
    # the port in the spanning tree of its switch, if that has one; what is named is changed, null
    # takes all back
    stp: NotRequired[PortAddParamsStp | None]
    # the worker that receives its frames; default: the one with fewest ports
    worker: NotRequired[int]
    description: NotRequired[str]  # a remark for people


class ConfigSwitch(TypedDict):
    fdb: NotRequired[ConfigSwitchFdb]  # limits of the forwarding database
    # which of the addresses 01:80:c2:00:00:00 to 0f cross the switch; 802.1Q says none
    forward_reserved: NotRequired[list[Literal['stp', 'pause', 'lacp', 'eapol', 'lldp', 'all'] | str]]
    # the spanning tree that keeps a ring of switches from being one; what is named is changed, null
    # makes it off
    stp: NotRequired[SwitchAddParamsStp | None]
    # a link of two ends: a TAP has no carrier while the other end is down, lost, unplugged or not
    # there; without effect on a switch of more than two ports
    wire: NotRequired[bool]
    vlans: NotRequired[dict[str, ConfigSwitchVlan]]  # the VLANs that have names, by number
    # what copies frames to other ports, by name
    mirrors: NotRequired[dict[str, ConfigSwitchMirror]]
    # the ports, by name
    ports: NotRequired[dict[str, TapConfigSwitchPort | InterfaceConfigSwitchPort | PatchConfigSwitchPort | QemuConfigSwitchPort | VdeConfigSwitchPort | VethConfigSwitchPort | UdpConfigSwitchPort | VhostUserConfigSwitchPort | VxlanConfigSwitchPort]]


class ConfigSflow(TypedDict):
    collectors: list[str]  # who gets the datagrams, as 192.0.2.1:6343; the port may be left out
    # the address by which collectors know this agent; default, and null: the one that leads to the
    # first collector
    agent: NotRequired[str | None]
    sampling: NotRequired[int]  # of so many frames that come in one is sampled; 0: none
    header_bytes: NotRequired[int]  # the first bytes that are sent of each frame
    polling_seconds: NotRequired[int]  # how often the counters of each port are sent; 0: never
    # how many dropped frames are told with their reasons, at most; 0: none
    drops_per_second: NotRequired[int]


class Config(TypedDict):
    version: int  # of this format
    revision: NotRequired[int]  # how many changes came before config.get wrote this; not read
    switches: dict[str, ConfigSwitch]  # the switches, by name
    # samples of frames and counters for collectors of sFlow; default: none
    sflow: NotRequired[ConfigSflow | None]


class ConfigDiffParams(TypedDict):
    config: Config  # the document
    # replace: what the document does not name goes; merge: it stays as it is
    mode: NotRequired[Literal['replace', 'merge']]


class ConfigPlan(TypedDict):
    step: str  # for people, as '~ vlan of alice: 10 -> 20'
    disturbs: bool  # whether it may cost frames


class ConfigDiffResult(TypedDict):
    revision: int  # how many changes there have been
    plan: list[ConfigPlan]  # the steps, in their order; empty: there is no difference
    # in the answer of config.apply: what the user of the ports that were added should know of their
    # far ends
    warnings: NotRequired[list[str]]


class ConfigApplyParams(TypedDict):
    config: Config  # the document
    # replace: what the document does not name goes; merge: it stays as it is
    mode: NotRequired[Literal['replace', 'merge']]
    if_revision: NotRequired[int]  # only if the configuration is still of this revision


class ConfigSaveResult(TypedDict):
    path: str  # of the file
    revision: int  # how many changes there have been


class EventSubscribeParams(TypedDict):
    # what to be told of; default: all but stats
    topics: NotRequired[list[Literal['switch', 'port', 'vlan', 'fdb', 'config', 'stats', 'log', 'capture', 'stp']]]
    switch: NotRequired[str]  # only what happens on this switch, or on none
    # answer with the present state: each later change is told, and no earlier one
    snapshot: NotRequired[bool]
    interval_seconds: NotRequired[int]  # how often topic stats is told


class EventSnapshotVlan(TypedDict):
    switch: str  # the switch
    vid: int  # the VLAN
    name: str  # its name


class EventSnapshotEntry(TypedDict):
    switch: str  # the switch
    mac: str  # the station's address
    vlan: int  # its VLAN
    port: str  # the port to reach it by
    kind: Literal['dynamic', 'static']  # learned, or put by hand
    age_seconds: int  # since it was last heard; 0 for a static entry


class EventSnapshot(TypedDict):
    switches: NotRequired[list[Switch]]  # as switch.get answers
    ports: NotRequired[list[Port]]  # as port.get answers
    vlans: NotRequired[list[EventSnapshotVlan]]  # those that have a name
    entries: NotRequired[list[EventSnapshotEntry]]  # the stations, as fdb.list answers


class EventSubscribeResult(TypedDict):
    subscription: int  # its number in this session
    snapshot: NotRequired[EventSnapshot]  # the present state, if asked for


class EventUnsubscribeParams(TypedDict):
    subscription: int  # the number that event.subscribe gave


class MirrorAddParams(TypedDict):
    name: str  # the mirror's name
    to_port: str  # the port that gets the copies, and nothing else
    # only frames of these ports; default: of all on the switch, also of those to come
    from_port: NotRequired[list[str]]
    # only frames that belong to these VLANs; default: to any
    from_vlan: NotRequired[str | list[int]]
    # frames that the switch receives by the port (in), sends by it (out), or both
    direction: NotRequired[Literal['in', 'out', 'both']]
    snaplen: NotRequired[int]  # bytes that are copied of each frame; 0: all
    filter: NotRequired[str]  # only frames that match, in the words of pcap-filter(7)


class Mirror(TypedDict):
    name: str  # the mirror's name
    switch: str  # the switch of its ports
    # only frames of these ports; default: of all on the switch, also of those to come
    from_port: list[str]
    from_vlan: str | list[int]  # only frames that belong to these VLANs; default: to any
    # frames that the switch receives by the port (in), sends by it (out), or both
    direction: Literal['in', 'out', 'both']
    to_port: str  # the port that gets the copies, and nothing else
    snaplen: int  # bytes that are copied of each frame; 0: all
    filter: str  # only frames that match, in the words of pcap-filter(7)


class MirrorListParams(TypedDict):
    switch: NotRequired[str]  # only those of this switch


class MirrorListResult(TypedDict):
    mirrors: list[Mirror]  # in order of switch and name


class MirrorRemoveParams(TypedDict):
    name: str  # the mirror's name


class SflowSetParams(TypedDict):
    # who gets the datagrams, as 192.0.2.1:6343; the port may be left out; to be said the first time
    collectors: NotRequired[list[str]]
    # the address by which collectors know this agent; default, and null: the one that leads to the
    # first collector
    agent: NotRequired[str | None]
    sampling: NotRequired[int]  # of so many frames that come in one is sampled; 0: none
    header_bytes: NotRequired[int]  # the first bytes that are sent of each frame
    polling_seconds: NotRequired[int]  # how often the counters of each port are sent; 0: never
    # how many dropped frames are told with their reasons, at most; 0: none
    drops_per_second: NotRequired[int]


class Sflow(TypedDict):
    collectors: list[str]  # who gets the datagrams, as 192.0.2.1:6343; the port may be left out
    agent: str | None  # the address that is told; null: it is not known yet
    sampling: int  # of so many frames that come in one is sampled; 0: none
    header_bytes: int  # the first bytes that are sent of each frame
    polling_seconds: int  # how often the counters of each port are sent; 0: never
    drops_per_second: int  # how many dropped frames are told with their reasons, at most; 0: none
    datagrams: int  # sent, to each collector by itself
    datagrams_refused: int  # of those, what the kernel did not take
    flow_samples: int  # told
    discard_samples: int  # told
    counter_samples: int  # told
    counter_samples_lost: int  # there was no room for them


class CaptureStartParams(TypedDict):
    fd: int  # the file or pipe: which of the descriptors that came with the line
    lease: NotRequired[int]  # the writing end of a pipe: the capture ends when nobody has the other
    ports: NotRequired[list[str]]  # only these; default: all, also those to come
    switch: NotRequired[str]  # only ports of this switch
    vlan: NotRequired[int]  # only frames that belong to this VLAN, tagged or not
    # frames that the switch receives by the port (in), sends by it (out), or both
    direction: NotRequired[Literal['in', 'out', 'inout']]
    filter: NotRequired[str]  # only frames that match, in the words of pcap-filter(7)
    snaplen: NotRequired[int]  # bytes kept of each frame; 0: all
    count: NotRequired[int]  # frames after which it ends; 0: none
    # super-frames and unfinished checksums as they cross; else as a wire would have them
    uncut: NotRequired[bool]
    # only frames that the switch drops, each with the reason as its comment
    drops: NotRequired[bool]


class CaptureStartResult(TypedDict):
    capture: int  # its number


class Capture(TypedDict):
    capture: int  # its number
    frames: int  # written
    octets: int  # of its file
    missed: int  # frames for which the writer was too slow
    ports_refused: int  # ports for which there was no room
    ports: list[str]  # only these; default: all, also those to come
    switch: str | None  # only ports of this switch
    vlan: int | None  # only frames that belong to this VLAN, tagged or not
    # frames that the switch receives by the port (in), sends by it (out), or both
    direction: Literal['in', 'out', 'inout']
    filter: str  # only frames that match, in the words of pcap-filter(7)
    snaplen: int  # bytes kept of each frame; 0: all
    count: int  # frames after which it ends; 0: none
    # super-frames and unfinished checksums as they cross; else as a wire would have them
    uncut: bool
    drops: bool  # only frames that the switch drops, each with the reason as its comment


class CaptureListResult(TypedDict):
    captures: list[Capture]  # in order of their numbers


class CaptureStopParams(TypedDict):
    capture: int  # its number


class StpGetParams(TypedDict):
    switch: NotRequired[str]  # which switch; may be left out where there is only one


class StpBridge(TypedDict):
    priority: int  # the first half of its identifier
    address: str  # the other half


class StpRoot(TypedDict):
    priority: int  # the first half of its identifier
    address: str  # the other half
    path_cost: int  # of the way there
    port: str | None  # the root port; null: this bridge is the root


class StpPortDesignated(TypedDict):
    bridge: StpBridge  # whose port it is
    port: int  # the number of that port
    path_cost: int  # from there to the root


class StpPort(TypedDict):
    name: str  # of the port
    number: int  # by which others know it
    # root: the way to the root; designated: the way to it for those behind; alternate, backup:
    # ready to take their places
    role: Literal['disabled', 'alternate', 'backup', 'root', 'designated']
    # what becomes of frames that are no protocol's
    state: Literal['discarding', 'learning', 'forwarding']
    path_cost: int  # of the way by it
    priority: int  # among ports as good
    edge: bool  # whether it counts as one with no bridge behind
    point_to_point: bool  # whether two bridges at most are on its link
    protocol: Literal['rstp', 'stp']  # what is spoken there
    guard: Literal['bpdu', 'root'] | None  # which guard keeps it from forwarding
    designated: StpPortDesignated | None  # the designated port of its link
    received: int  # BPDUs that came in
    sent: int  # BPDUs that left
    invalid: int  # frames to bridges that were no BPDUs


class Stp(TypedDict):
    switch: str  # its name
    mode: Literal['off', 'rstp', 'stp']  # off: nothing but the ports follows
    bridge: NotRequired[StpBridge]  # the switch, as others know it
    root: NotRequired[StpRoot]  # of the tree
    hello_seconds: NotRequired[int]  # as the root says
    max_age_seconds: NotRequired[int]  # likewise
    forward_delay_seconds: NotRequired[int]  # likewise
    topology_changes: NotRequired[int]  # that were seen here or heard of
    seconds_since_change: NotRequired[int | None]  # since the last of them; null: there was none
    ports: list[StpPort]  # in order of their numbers; empty where it is off


class TypedMethods(ABC):
    """One method for each of the daemon's, with its parameters by name."""

    @abstractmethod
    def call(self, method: str, params: Mapping[str, object],
             fds: Sequence[int] = ()) -> Any:
        """Calls any method; Refused if the daemon refuses. The descriptors "fds" go
        with it: what it calls "fd" is an index in them."""

    def system_info(self) -> SystemInfoResult:
        """system.info: version, limits and state of the daemon."""
        return cast('SystemInfoResult', self.call("system.info", {}))

    def system_shutdown(self) -> Nothing:
        """system.shutdown: end the daemon in good order."""
        return cast('Nothing', self.call("system.shutdown", {}))

    def system_hand_over(self, *, fds: Sequence[int] = (), **params: Unpack[SystemHandOverParams]) -> Nothing:
        """system.hand_over: give everything to a successor (tapswitchd --takeover), and end."""
        return cast('Nothing', self.call("system.hand_over", params, fds))

    def rpc_discover(self) -> Any:
        """rpc.discover: this interface as an OpenRPC document."""
        return cast('Any', self.call("rpc.discover", {}))

    def switch_add(self, **params: Unpack[SwitchAddParams]) -> Switch:
        """switch.add: make a new switch without ports."""
        return cast('Switch', self.call("switch.add", params))

    def switch_remove(self, **params: Unpack[SwitchRemoveParams]) -> Nothing:
        """switch.remove: remove a switch."""
        return cast('Nothing', self.call("switch.remove", params))

    def switch_list(self) -> SwitchListResult:
        """switch.list: all switches."""
        return cast('SwitchListResult', self.call("switch.list", {}))

    def switch_get(self, **params: Unpack[SwitchGetParams]) -> Switch:
        """switch.get: one switch."""
        return cast('Switch', self.call("switch.get", params))

    def switch_set(self, **params: Unpack[SwitchSetParams]) -> Switch:
        """switch.set: change what is named, and nothing else."""
        return cast('Switch', self.call("switch.set", params))

    def port_add(self, *, fds: Sequence[int] = (), **params: Unpack[PortAddParams]) -> Port:
        """port.add: open a port and attach it to a switch."""
        return cast('Port', self.call("port.add", params, fds))

    def port_remove(self, **params: Unpack[PortRemoveParams]) -> Nothing:
        """port.remove: detach a port, forget its stations and close it."""
        return cast('Nothing', self.call("port.remove", params))

    def port_list(self, **params: Unpack[PortListParams]) -> PortListResult:
        """port.list: all ports, or those of a switch."""
        return cast('PortListResult', self.call("port.list", params))

    def port_get(self, **params: Unpack[PortGetParams]) -> Port:
        """port.get: one port."""
        return cast('Port', self.call("port.get", params))

    def port_set(self, **params: Unpack[PortSetParams]) -> Port:
        """port.set: change what is named, and nothing else."""
        return cast('Port', self.call("port.set", params))

    def vlan_list(self, **params: Unpack[VlanListParams]) -> VlanListResult:
        """vlan.list: every VLAN that has a name, or that a port names, page by page."""
        return cast('VlanListResult', self.call("vlan.list", params))

    def vlan_set(self, **params: Unpack[VlanSetParams]) -> Vlan:
        """vlan.set: name a VLAN."""
        return cast('Vlan', self.call("vlan.set", params))

    def fdb_list(self, **params: Unpack[FdbListParams]) -> FdbListResult:
        """fdb.list: the stations that a switch knows, page by page."""
        return cast('FdbListResult', self.call("fdb.list", params))

    def fdb_add(self, **params: Unpack[FdbAddParams]) -> FdbEntry:
        """fdb.add: put a static entry, which neither ages nor moves."""
        return cast('FdbEntry', self.call("fdb.add", params))

    def fdb_remove(self, **params: Unpack[FdbRemoveParams]) -> Nothing:
        """fdb.remove: remove an entry."""
        return cast('Nothing', self.call("fdb.remove", params))

    def fdb_flush(self, **params: Unpack[FdbFlushParams]) -> FdbFlushResult:
        """fdb.flush: remove all entries, or those of a port, a VLAN or a kind."""
        return cast('FdbFlushResult', self.call("fdb.flush", params))

    def stats_get(self, **params: Unpack[StatsGetParams]) -> Stats:
        """stats.get: what was counted since each port, VLAN and switch came to be."""
        return cast('Stats', self.call("stats.get", params))

    def stats_rates(self, **params: Unpack[StatsRatesParams]) -> Rates:
        """stats.rates: how fast each port receives and sends."""
        return cast('Rates', self.call("stats.rates", params))

    def frame_trace(self, **params: Unpack[FrameTraceParams]) -> Trace:
        """frame.trace: where a frame would go, and why; nothing is sent, learned or counted."""
        return cast('Trace', self.call("frame.trace", params))

    def log_set(self, **params: Unpack[LogSetParams]) -> Log:
        """log.set: log from this level on, until the daemon ends."""
        return cast('Log', self.call("log.set", params))

    def log_tail(self, **params: Unpack[LogTailParams]) -> LogTailResult:
        """log.tail: the last lines that the daemon logged."""
        return cast('LogTailResult', self.call("log.tail", params))

    def config_get(self, **params: Unpack[ConfigGetParams]) -> Config:
        """config.get: the running configuration as a document."""
        return cast('Config', self.call("config.get", params))

    def config_diff(self, **params: Unpack[ConfigDiffParams]) -> ConfigDiffResult:
        """config.diff: what config.apply would do."""
        return cast('ConfigDiffResult', self.call("config.diff", params))

    def config_apply(self, **params: Unpack[ConfigApplyParams]) -> ConfigDiffResult:
        """config.apply: make the running configuration that of a document, whole or not at all."""
        return cast('ConfigDiffResult', self.call("config.apply", params))

    def config_save(self) -> ConfigSaveResult:
        """config.save: write the running configuration to the startup file."""
        return cast('ConfigSaveResult', self.call("config.save", {}))

    def event_subscribe(self, **params: Unpack[EventSubscribeParams]) -> EventSubscribeResult:
        """event.subscribe: be told of changes as they happen."""
        return cast('EventSubscribeResult', self.call("event.subscribe", params))

    def event_unsubscribe(self, **params: Unpack[EventUnsubscribeParams]) -> Nothing:
        """event.unsubscribe: be told no more."""
        return cast('Nothing', self.call("event.unsubscribe", params))

    def mirror_add(self, **params: Unpack[MirrorAddParams]) -> Mirror:
        """mirror.add: copy frames of a switch to one of its ports."""
        return cast('Mirror', self.call("mirror.add", params))

    def mirror_list(self, **params: Unpack[MirrorListParams]) -> MirrorListResult:
        """mirror.list: the mirrors of all switches, or of one."""
        return cast('MirrorListResult', self.call("mirror.list", params))

    def mirror_remove(self, **params: Unpack[MirrorRemoveParams]) -> Nothing:
        """mirror.remove: copy no more; the port that got the copies is as any other again."""
        return cast('Nothing', self.call("mirror.remove", params))

    def sflow_set(self, **params: Unpack[SflowSetParams]) -> Sflow:
        """sflow.set: send samples of frames and counters to collectors; what is named is changed."""
        return cast('Sflow', self.call("sflow.set", params))

    def sflow_get(self) -> Sflow:
        """sflow.get: what is sent by sFlow, and how much of it; without collectors there is none."""
        return cast('Sflow', self.call("sflow.get", {}))

    def sflow_clear(self) -> Nothing:
        """sflow.clear: send no samples any more."""
        return cast('Nothing', self.call("sflow.clear", {}))

    def capture_start(self, *, fds: Sequence[int] = (), **params: Unpack[CaptureStartParams]) -> CaptureStartResult:
        """capture.start: write the frames of ports to a file or a pipe, as pcapng."""
        return cast('CaptureStartResult', self.call("capture.start", params, fds))

    def capture_list(self) -> CaptureListResult:
        """capture.list: the captures that run."""
        return cast('CaptureListResult', self.call("capture.list", {}))

    def capture_stop(self, **params: Unpack[CaptureStopParams]) -> Nothing:
        """capture.stop: end a capture soon; event 'ended' of topic capture tells when."""
        return cast('Nothing', self.call("capture.stop", params))

    def stp_get(self, **params: Unpack[StpGetParams]) -> Stp:
        """stp.get: the spanning tree of a switch: its root, and what each port does in it."""
        return cast('Stp', self.call("stp.get", params))


class AsyncMethods(ABC):
    """One method for each of the daemon's, with its parameters by name."""

    @abstractmethod
    async def call(self, method: str, params: Mapping[str, object],
                   fds: Sequence[int] = ()) -> Any:
        """Calls any method; Refused if the daemon refuses. The descriptors "fds" go
        with it: what it calls "fd" is an index in them."""

    async def system_info(self) -> SystemInfoResult:
        """system.info: version, limits and state of the daemon."""
        return cast('SystemInfoResult', await self.call("system.info", {}))

    async def system_shutdown(self) -> Nothing:
        """system.shutdown: end the daemon in good order."""
        return cast('Nothing', await self.call("system.shutdown", {}))

    async def system_hand_over(self, *, fds: Sequence[int] = (), **params: Unpack[SystemHandOverParams]) -> Nothing:
        """system.hand_over: give everything to a successor (tapswitchd --takeover), and end."""
        return cast('Nothing', await self.call("system.hand_over", params, fds))

    async def rpc_discover(self) -> Any:
        """rpc.discover: this interface as an OpenRPC document."""
        return cast('Any', await self.call("rpc.discover", {}))

    async def switch_add(self, **params: Unpack[SwitchAddParams]) -> Switch:
        """switch.add: make a new switch without ports."""
        return cast('Switch', await self.call("switch.add", params))

    async def switch_remove(self, **params: Unpack[SwitchRemoveParams]) -> Nothing:
        """switch.remove: remove a switch."""
        return cast('Nothing', await self.call("switch.remove", params))

    async def switch_list(self) -> SwitchListResult:
        """switch.list: all switches."""
        return cast('SwitchListResult', await self.call("switch.list", {}))

    async def switch_get(self, **params: Unpack[SwitchGetParams]) -> Switch:
        """switch.get: one switch."""
        return cast('Switch', await self.call("switch.get", params))

    async def switch_set(self, **params: Unpack[SwitchSetParams]) -> Switch:
        """switch.set: change what is named, and nothing else."""
        return cast('Switch', await self.call("switch.set", params))

    async def port_add(self, *, fds: Sequence[int] = (), **params: Unpack[PortAddParams]) -> Port:
        """port.add: open a port and attach it to a switch."""
        return cast('Port', await self.call("port.add", params, fds))

    async def port_remove(self, **params: Unpack[PortRemoveParams]) -> Nothing:
        """port.remove: detach a port, forget its stations and close it."""
        return cast('Nothing', await self.call("port.remove", params))

    async def port_list(self, **params: Unpack[PortListParams]) -> PortListResult:
        """port.list: all ports, or those of a switch."""
        return cast('PortListResult', await self.call("port.list", params))

    async def port_get(self, **params: Unpack[PortGetParams]) -> Port:
        """port.get: one port."""
        return cast('Port', await self.call("port.get", params))

    async def port_set(self, **params: Unpack[PortSetParams]) -> Port:
        """port.set: change what is named, and nothing else."""
        return cast('Port', await self.call("port.set", params))

    async def vlan_list(self, **params: Unpack[VlanListParams]) -> VlanListResult:
        """vlan.list: every VLAN that has a name, or that a port names, page by page."""
        return cast('VlanListResult', await self.call("vlan.list", params))

    async def vlan_set(self, **params: Unpack[VlanSetParams]) -> Vlan:
        """vlan.set: name a VLAN."""
        return cast('Vlan', await self.call("vlan.set", params))

    async def fdb_list(self, **params: Unpack[FdbListParams]) -> FdbListResult:
        """fdb.list: the stations that a switch knows, page by page."""
        return cast('FdbListResult', await self.call("fdb.list", params))

    async def fdb_add(self, **params: Unpack[FdbAddParams]) -> FdbEntry:
        """fdb.add: put a static entry, which neither ages nor moves."""
        return cast('FdbEntry', await self.call("fdb.add", params))

    async def fdb_remove(self, **params: Unpack[FdbRemoveParams]) -> Nothing:
        """fdb.remove: remove an entry."""
        return cast('Nothing', await self.call("fdb.remove", params))

    async def fdb_flush(self, **params: Unpack[FdbFlushParams]) -> FdbFlushResult:
        """fdb.flush: remove all entries, or those of a port, a VLAN or a kind."""
        return cast('FdbFlushResult', await self.call("fdb.flush", params))

    async def stats_get(self, **params: Unpack[StatsGetParams]) -> Stats:
        """stats.get: what was counted since each port, VLAN and switch came to be."""
        return cast('Stats', await self.call("stats.get", params))

    async def stats_rates(self, **params: Unpack[StatsRatesParams]) -> Rates:
        """stats.rates: how fast each port receives and sends."""
        return cast('Rates', await self.call("stats.rates", params))

    async def frame_trace(self, **params: Unpack[FrameTraceParams]) -> Trace:
        """frame.trace: where a frame would go, and why; nothing is sent, learned or counted."""
        return cast('Trace', await self.call("frame.trace", params))

    async def log_set(self, **params: Unpack[LogSetParams]) -> Log:
        """log.set: log from this level on, until the daemon ends."""
        return cast('Log', await self.call("log.set", params))

    async def log_tail(self, **params: Unpack[LogTailParams]) -> LogTailResult:
        """log.tail: the last lines that the daemon logged."""
        return cast('LogTailResult', await self.call("log.tail", params))

    async def config_get(self, **params: Unpack[ConfigGetParams]) -> Config:
        """config.get: the running configuration as a document."""
        return cast('Config', await self.call("config.get", params))

    async def config_diff(self, **params: Unpack[ConfigDiffParams]) -> ConfigDiffResult:
        """config.diff: what config.apply would do."""
        return cast('ConfigDiffResult', await self.call("config.diff", params))

    async def config_apply(self, **params: Unpack[ConfigApplyParams]) -> ConfigDiffResult:
        """config.apply: make the running configuration that of a document, whole or not at all."""
        return cast('ConfigDiffResult', await self.call("config.apply", params))

    async def config_save(self) -> ConfigSaveResult:
        """config.save: write the running configuration to the startup file."""
        return cast('ConfigSaveResult', await self.call("config.save", {}))

    async def event_subscribe(self, **params: Unpack[EventSubscribeParams]) -> EventSubscribeResult:
        """event.subscribe: be told of changes as they happen."""
        return cast('EventSubscribeResult', await self.call("event.subscribe", params))

    async def event_unsubscribe(self, **params: Unpack[EventUnsubscribeParams]) -> Nothing:
        """event.unsubscribe: be told no more."""
        return cast('Nothing', await self.call("event.unsubscribe", params))

    async def mirror_add(self, **params: Unpack[MirrorAddParams]) -> Mirror:
        """mirror.add: copy frames of a switch to one of its ports."""
        return cast('Mirror', await self.call("mirror.add", params))

    async def mirror_list(self, **params: Unpack[MirrorListParams]) -> MirrorListResult:
        """mirror.list: the mirrors of all switches, or of one."""
        return cast('MirrorListResult', await self.call("mirror.list", params))

    async def mirror_remove(self, **params: Unpack[MirrorRemoveParams]) -> Nothing:
        """mirror.remove: copy no more; the port that got the copies is as any other again."""
        return cast('Nothing', await self.call("mirror.remove", params))

    async def sflow_set(self, **params: Unpack[SflowSetParams]) -> Sflow:
        """sflow.set: send samples of frames and counters to collectors; what is named is changed."""
        return cast('Sflow', await self.call("sflow.set", params))

    async def sflow_get(self) -> Sflow:
        """sflow.get: what is sent by sFlow, and how much of it; without collectors there is none."""
        return cast('Sflow', await self.call("sflow.get", {}))

    async def sflow_clear(self) -> Nothing:
        """sflow.clear: send no samples any more."""
        return cast('Nothing', await self.call("sflow.clear", {}))

    async def capture_start(self, *, fds: Sequence[int] = (), **params: Unpack[CaptureStartParams]) -> CaptureStartResult:
        """capture.start: write the frames of ports to a file or a pipe, as pcapng."""
        return cast('CaptureStartResult', await self.call("capture.start", params, fds))

    async def capture_list(self) -> CaptureListResult:
        """capture.list: the captures that run."""
        return cast('CaptureListResult', await self.call("capture.list", {}))

    async def capture_stop(self, **params: Unpack[CaptureStopParams]) -> Nothing:
        """capture.stop: end a capture soon; event 'ended' of topic capture tells when."""
        return cast('Nothing', await self.call("capture.stop", params))

    async def stp_get(self, **params: Unpack[StpGetParams]) -> Stp:
        """stp.get: the spanning tree of a switch: its root, and what each port does in it."""
        return cast('Stp', await self.call("stp.get", params))


# ---- end of what tools/generate made ----


def _send_fds(connection: socket.socket, line: bytes, fds: Sequence[int]) -> int:
    """Sends the beginning of 'line' with 'fds'; how many bytes that was."""
    try:
        return socket.send_fds(connection, [line], list(fds))
    except PermissionError:
        return 0  # by the read-only socket none are passed, as the daemon will say


def _request(number: int, method: str, params: Mapping[str, object]) -> bytes:
    message = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
    line = json.dumps(message, allow_nan=False).encode()
    if len(line) > LINE_TAKEN:
        raise Refused({"code": -32005, "data": {"kind": "limit_reached", "limit": LINE_TAKEN},
                       "message": f"the line of {len(line)} bytes is not sent: the daemon takes at most {LINE_TAKEN}"})
    return line + b"\n"


def _result(reply: Mapping[str, Any]) -> Any:
    if "error" in reply:
        raise Refused(reply["error"])
    return reply["result"]


class _Unanswered:
    """The calls that were sent and are not answered yet, in their order, which is that of the
    answers."""

    def __init__(self) -> None:
        self._numbers: dict[int, None] = {}

    def add(self, number: int) -> None:
        self._numbers[number] = None

    def take(self, answer: Mapping[str, Any]) -> int | None:
        """The call that 'answer' is to. The daemon names none where it could not read the line,
        which then is the first of them; None if there is none."""
        number = cast("int | None", answer["id"])
        if number is None:
            number = next(iter(self._numbers), None)
        if number is not None:
            self._numbers.pop(number, None)
        return number


def _ended(where: str, reason: str) -> NoDaemon:
    return NoDaemon(f"the daemon{where} has ended the session{reason and ': '}{reason}")


class Client(TypedMethods):
    """A session that waits for each answer. Use it in a 'with', or close() it."""

    def __init__(self, path: str | None = None, timeout: float | None = None) -> None:
        """'timeout': the most seconds to wait for an answer or an event; None: for ever. After a
        TimeoutError the session goes on: the call may still be carried out, and its answer is left
        out when it comes."""
        self._path = path or default_path()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout)
        try:
            self._socket.connect(self._path)
        except OSError as error:
            self._socket.close()
            raise NoDaemon(f"no daemon answers on {self._path}: {error.strerror or error}") from error
        self._unread = bytearray()  # what has come, and is no whole line yet
        self._unsent = b""
        self._numbers = itertools.count(1)
        self._unanswered = _Unanswered()
        self._farewell = ""  # why the daemon ends the session, if it says so
        self._events: deque[Event] = deque(maxlen=EVENTS_KEPT)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def timeout(self) -> float | None:
        """The most seconds to wait from now on."""
        return self._socket.gettimeout()

    @timeout.setter
    def timeout(self, seconds: float | None) -> None:
        self._socket.settimeout(seconds)

    def close(self) -> None:
        self._socket.close()

    def call(self, method: str, params: Mapping[str, object], fds: Sequence[int] = ()) -> Any:
        number = next(self._numbers)
        line = _request(number, method, params)
        self._unanswered.add(number)
        # Why a daemon has ended the session can be read even so.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._send(line, fds)
        message = self._read()
        while self._note(message) != number:
            message = self._read()
        return _result(message)

    def _send(self, line: bytes, fds: Sequence[int]) -> None:
        self._send_rest()
        sent = _send_fds(self._socket, line, fds) if fds else 0
        self._unsent = line[sent:]
        self._send_rest()

    def _send_rest(self) -> None:
        while self._unsent:
            self._unsent = self._unsent[self._socket.send(self._unsent):]

    def _note(self, message: Mapping[str, Any]) -> int | None:
        """The call that is answered, which may be one that has been given up."""
        if "method" in message:
            self._events.append(message["params"])
            return None
        number = self._unanswered.take(message)
        if number is None:
            self._farewell = message["error"]["message"]
        return number

    def plan(self, method: str, params: Mapping[str, object]) -> list[str]:
        """The steps that a method which changes something would take. Nothing changes."""
        return cast("list[str]", self.call(method, {**params, "dry_run": True})["plan"])

    def events(self) -> Iterator[Event]:
        """Every event of what event_subscribe() has subscribed to, for as long as the daemon
        lives. After a TimeoutError it goes on."""
        return cast("Iterator[Event]", iter(self._next_event, None))

    def _next_event(self) -> Event:
        while not self._events:
            self._note(self._read())
        return self._events.popleft()

    def _read(self) -> dict[str, Any]:
        seen = 0
        while (end := self._unread.find(b"\n", seen)) < 0:
            seen = len(self._unread)
            try:
                received = self._socket.recv(RECEIVED_AT_ONCE)
            except ConnectionResetError as error:
                raise self._gone() from error
            if not received:
                raise self._gone()
            self._unread += received
        line = bytes(self._unread[:end])
        del self._unread[:end + 1]
        return cast("dict[str, Any]", json.loads(line))

    def _gone(self) -> NoDaemon:
        return _ended(f" on {self._path}", self._farewell)


class AsyncClient(AsyncMethods):
    """A session in an event loop: calls may overlap, and are answered in the order they were made.
    Made by connect(); use it in an 'async with', or close() it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._numbers = itertools.count(1)
        self._unanswered = _Unanswered()
        self._farewell = ""
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._events: deque[Event] = deque(maxlen=EVENTS_KEPT)
        self._news = asyncio.Event()
        self._is_gone = False
        self._task = asyncio.create_task(self._read_all())

    @classmethod
    async def connect(cls, path: str | None = None) -> AsyncClient:
        path = path or default_path()
        try:
            return cls(*await asyncio.open_unix_connection(path, limit=LINE_LIMIT))
        except OSError as error:
            raise NoDaemon(f"no daemon answers on {path}: {error.strerror or error}") from error

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._writer.close()

    async def call(self, method: str, params: Mapping[str, object],
                   fds: Sequence[int] = ()) -> Any:
        if self._is_gone:
            raise _ended("", self._farewell)
        number = next(self._numbers)
        line = _request(number, method, params)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            sent = await self._send_fds(line, fds)
            self._unanswered.add(number)
            self._writer.write(line[sent:])
            await self._writer.drain()
            return _result(await answer)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise _ended("", self._farewell) from error
        finally:
            self._waiting.pop(number, None)

    async def _send_fds(self, line: bytes, fds: Sequence[int]) -> int:
        """Sends the beginning of 'line' with 'fds', if there are any; how many bytes that was."""
        if not fds:
            return 0
        # A transport knows nothing of descriptors, so they go beside it, once it has sent its own.
        transport = self._writer.transport
        transport.set_write_buffer_limits(high=0)
        loop = asyncio.get_running_loop()
        same = transport.get_extra_info("socket").fileno()
        with socket.socket(fileno=os.dup(same)) as beside:
            while True:
                while transport.get_write_buffer_size():
                    await self._writer.drain()
                try:
                    return _send_fds(beside, line, fds)
                except BlockingIOError:
                    has_room = asyncio.Event()
                    loop.add_writer(beside, has_room.set)
                    try:
                        await has_room.wait()
                    finally:
                        loop.remove_writer(beside)

    async def plan(self, method: str, params: Mapping[str, object]) -> list[str]:
        """The steps that a method which changes something would take. Nothing changes."""
        return cast("list[str]", (await self.call(method, {**params, "dry_run": True}))["plan"])

    async def events(self) -> AsyncIterator[Event]:
        """Every event of what event_subscribe() has subscribed to, for as long as the daemon
        lives."""
        while True:
            while self._events:
                yield self._events.popleft()
            if self._is_gone:
                raise _ended("", self._farewell)
            self._news.clear()
            await self._news.wait()

    async def _read_all(self) -> None:
        try:
            while line := await self._reader.readline():
                message = json.loads(line)
                if "method" in message:
                    self._events.append(message["params"])
                    self._news.set()
                elif (number := self._unanswered.take(message)) is None:
                    self._farewell = message["error"]["message"]
                elif (answer := self._waiting.get(number)) and not answer.done():
                    answer.set_result(message)
        finally:
            self._is_gone = True
            self._news.set()
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(_ended("", self._farewell))
