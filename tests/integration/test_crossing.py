# SPDX-License-Identifier: Apache-2.0
"""docs/crossing.md, cell by cell: each of its tables is read from the document, and what a cell says
is tried on real devices. A cell, or a word in it, for which there is no trial fails.
"""

import struct
from dataclasses import dataclass

import pytest

from document_tables import table
from far_ends import FarEnds
from frames import BOB, EVERYBODY, counted
from lab import older_kernel, run, wait_until
from super_frames import (GSO_TCPV4, GSO_TCPV6, GSO_UDP, GSO_UDP_L4, TCP_FIELD, TUNNELS,
                          UDP_FIELD, Sent, framed, left_together, payload_of, sctp, segments, tcp,
                          udp, unfinished_sctp, whole, whole_of_any_size)
from test_wire import ALLOW_BIG_FRAMES

PAGE = "docs/crossing.md"

# The tables say what the daemon does; in the kernel frames cross as they came.
pytestmark = pytest.mark.without_path


@pytest.fixture(scope="module")
def ends(module_lab):
    with FarEnds(module_lab) as made:
        made.make()
        yield made


def cells(first_heading):
    return [pytest.param(row, column, text, id=f"{row} | {column}")
            for (row, column), text in table(PAGE, first_heading).items()]


def trial_of(trials, key, what):
    assert key in trials, f"no trial for the {what} '{key}' of {PAGE}"
    return trials[key]


# ---- what is left unfinished ---------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """What is sent, what whoever takes all gets of it (the same, if it is not said), and what
    whoever takes nothing gets."""

    name: str
    sent: list
    finished: list
    joined: list = None
    senders: tuple = ("long", "veth", "own")

    def frames_of_taker(self):
        return self.sent if self.joined is None else self.joined

    def tagged(self, kind):
        def each(frames):
            return frames and [one.tagged(kind, 7) for one in frames]
        return Row(f"{self.name} behind 0x{kind:04x}", each(self.sent), each(self.finished),
                   each(self.joined), self.senders)


def plain(datas):
    return [Sent(data) for data in datas]


def unfinished_sum(name, build, field=16, size=100):
    payload = payload_of(size)
    return Row(name, [whole(build, payload, size, field=field)],
               plain(segments(build, payload, size)))


def super_frame(name, build, kind, *, field=16, size=1000, outer_udp=0, senders=Row.senders):
    payload = payload_of(4 * size + size // 2)
    return Row(name, [whole(build, payload, size, kind, field, outer_udp=outer_udp)],
               plain(segments(build, payload, size)), senders=senders)


def in_tunnel(name):
    """The virtio-net header of another program's TAP says no more of a tunnel than that of a packet
    socket."""
    tunnel = TUNNELS[name]
    return super_frame(name, tunnel.build, GSO_TCPV6 if "IPv6" in name else GSO_TCPV4,
                       outer_udp=tunnel.outer_udp, senders=("own",))


SCTP_PAYLOAD = payload_of(100)
STREAM = payload_of(12_000)
STREAMS = {4: framed(tcp(4)), 6: framed(tcp(6))}

ROWS = {
    "a checksum of TCP or UDP, also inside a tunnel": [
        *(unfinished_sum(f"TCP over IPv{version}", framed(tcp(version))) for version in (4, 6)),
        *(unfinished_sum(f"UDP over IPv{version}", framed(udp(version)), UDP_FIELD)
          for version in (4, 6)),
        *(unfinished_sum(name, tunnel.build) for name, tunnel in TUNNELS.items())],
    "the checksum of SCTP": [
        Row("SCTP", [unfinished_sctp(SCTP_PAYLOAD)],
            plain([framed(sctp)(SCTP_PAYLOAD, 0, 0, True)]))],
    "a super-frame of TCP, over IPv4 or IPv6 (TSO)": [
        super_frame("TCP over IPv4", STREAMS[4], GSO_TCPV4, size=1448),
        super_frame("TCP over IPv6", STREAMS[6], GSO_TCPV6, size=1428)],
    "a super-frame of UDP (USO)": [
        super_frame(f"UDP over IPv{version}", framed(udp(version)), GSO_UDP_L4, field=UDP_FIELD)
        for version in (4, 6)],
    "a super-frame in GRE, GRE-TAP or IP in IP, or behind MPLS labels": [
        in_tunnel(name) for name, tunnel in TUNNELS.items() if not tunnel.is_in_udp],
    "a super-frame of SCTP, UDP in IP fragments (UFO), a card's LRO": [
        super_frame("UFO", framed(udp(4)), GSO_UDP, field=UDP_FIELD, senders=("own",))],
}

WITHOUT_OFFLOADS = 'to these with `"offload": false`, to `qemu`, `vde`, `udp` and `vxlan`'
COLUMNS = {
    "to a TAP, `veth` or `interface`, and over a patch":
        ("tap", "veth", "wired", "own", "beyond"),
    WITHOUT_OFFLOADS:
        ("tap-off", "veth-off", "wired-off", "stream", "datagram", "vde", "udp",
         "vxlan"),
}

# The words of a cell, and what a row becomes there.
OUTCOMES = {
    "unfinished, as it came": Row.frames_of_taker,
    "finished": lambda row: row.finished,
    "finished as CRC32c [RFC 9260, appendix A]": lambda row: row.finished,
    "whole": Row.frames_of_taker,
    "whole (Linux 6.2 for TAPs, 6.4 for `veth` and `interface`), else cut": Row.frames_of_taker,
    "cut": lambda row: row.finished,
    "cut; whole over a patch": lambda row: row.finished,
    "lost, `offload_invalid`": lambda row: [],
}


def send_to_each(ends, sender, listeners, frames, is_late=False):
    """What of them each has heard: {listener: frames}, as if all had been sent to Bob. Nobody else
    has heard anything. With 'is_late' they come in only after a while."""
    for name in listeners:
        if name != sender:
            before = counted(ends.lab, sender) if is_late else 0
            ends[sender].send(*(one.to(ends[name].mac) for one in frames))
            wait_until(lambda known=before: not is_late or counted(ends.lab, sender) > known,
                       "they have come in")
    ends[sender].mark()
    heard = {name: [one.to(BOB) for one in ends[name].heard()]
             for name in ends.names() if name != sender}
    assert not [name for name, found in heard.items() if found and name not in listeners]
    return {name: found for name, found in heard.items() if name in listeners}


def check_crossing(ends, row, sender, listeners, expected):
    for name, heard in send_to_each(ends, sender, listeners, row.sent).items():
        assert heard == expected, f"{row.name} from {sender} to {name}"


def with_tags(rows):
    yield from rows
    for kind in (0x8100, 0x88A8):
        yield from (row.tagged(kind) for row in rows)


def through_patch(ends):
    return ends.counters("to-sw0")["in_unicast"]


@pytest.mark.parametrize("row, column, text", cells("the sender leaves"))
def test_what_is_left_unfinished(ends, row, column, text):
    if row in OTHER_ROWS:
        OTHER_ROWS[row](ends, column, text)
        return
    listeners = trial_of(COLUMNS, column, "column")
    outcome = trial_of(OUTCOMES, text, "words")
    for each in with_tags(trial_of(ROWS, row, "row")):
        for sender in each.senders:
            patched, lost = through_patch(ends), drops(ends, sender)
            check_crossing(ends, each, sender, listeners, outcome(each))
            if "whole over a patch" in text:
                assert through_patch(ends) == patched + 1
            if "offload_invalid" in text:
                assert drops(ends, sender).get("offload_invalid", 0) - \
                    lost.get("offload_invalid", 0) == len(set(listeners) - {sender})


def drops(ends, name):
    return ends.counters(name)["drops"]


def check_joined(build, kind, frames):
    """Super-frames of neighbouring segments, or some of these alone; together they are all."""
    assert len(frames) < len(STREAM) // 1000
    position = 0
    for one in frames:
        part = STREAM[position:position + len(one.data) - len(build(b"", 0, 0, True))]
        index, is_last = position // 1000, position + len(part) == len(STREAM)
        assert one == (whole(build, part, 1000, kind, index=index, is_last=is_last) if one.kind
                       else Sent(build(part, index, 1000, is_last)))
        position += len(part)
    assert position == len(STREAM)


def joined_stream(ends, column, text):
    """From a machine at a stream, which sends segment by segment, but many at once. How many are
    received together grows with how many there are."""
    for version, build in STREAMS.items():
        sent = plain(segments(build, STREAM, 1000))
        heard = send_to_each(ends, "stream", trial_of(COLUMNS, column, "column"), sent)
        for name, frames in heard.items():
            if text == "joined, if they were received together":
                check_joined(build, {4: GSO_TCPV4, 6: GSO_TCPV6}[version], frames)
            else:
                assert text == "as they came", f"no trial for the words '{text}'"
                assert frames == sent, name


BIG = 70_000  # octets of payload, in one frame


def big_frame(version):
    """With a length of 0 over IPv4, and the jumbo option over IPv6 [RFC 2675], as Linux makes it."""
    sent = whole_of_any_size(STREAMS[version], payload_of(BIG), 1400, {4: GSO_TCPV4, 6: GSO_TCPV6}[version])
    if version == 4:
        return Sent(sent.data[:16] + bytes(2) + sent.data[18:], *sent.rest())
    length = struct.pack("!BBBBI", 6, 0, 0xC2, 4, len(sent.data) - 54 + 8)
    data = sent.data[:18] + bytes(2) + b"\0" + sent.data[21:54] + length + sent.data[54:]
    return Sent(data, sent.start + 8, *sent.rest()[1:])


def check_pieces(version, pieces):
    """Super-frames of a big frame's payload, which is all there, and each no longer than IP can
    tell."""
    assert len(pieces) > 1
    position = 0
    for piece in pieces:
        assert len(piece.data) <= 0xFFFF + 14 and piece.kind in (GSO_TCPV4, GSO_TCPV6)
        payload = piece.data[piece.start + 20:]
        assert payload == payload_of(BIG)[position:position + len(payload)]
        length, = struct.unpack_from("!H", piece.data, {4: 16, 6: 18}[version])
        assert length == len(piece.data) - {4: 14, 6: 54}[version]
        sequence, = struct.unpack_from("!I", piece.data, piece.start + 4)
        assert sequence == 1 + position
        position += len(payload)
    assert position == BIG


def big_tcp(ends, column, text):
    for end in ("wired-off", "to-wired-off"):
        where = "switch" if end.startswith("to-") else end
        ends.lab.exec(where, "/usr/bin/python3", "-c", ALLOW_BIG_FRAMES, end, 200_000)
    for version, build in STREAMS.items():
        heard = send_to_each(ends, "wired-off", trial_of(COLUMNS, column, "column"),
                             [big_frame(version)])
        for name, frames in heard.items():
            if text == "in several super-frames of at most 64 KiB":
                check_pieces(version, frames)
            else:
                assert text == "cut", f"no trial for the words '{text}'"
                assert frames == plain(segments(build, payload_of(BIG), 1400)), name


def neighbours():
    """Segments that the kernel joins, with a finished sum or an unfinished one, which is that of each.
    All are alike: it joins neither a shorter one nor one that pushes."""
    payload = payload_of(4000)
    for name, build, kind, field in (("TCP over IPv4", STREAMS[4], GSO_TCPV4, TCP_FIELD),
                                     ("TCP over IPv6", STREAMS[6], GSO_TCPV6, TCP_FIELD),
                                     ("UDP over IPv4", framed(udp(4)), GSO_UDP_L4, UDP_FIELD),
                                     ("UDP over IPv6", framed(udp(6)), GSO_UDP_L4, UDP_FIELD)):
        finished = plain(segments(build, payload + bytes(1), 1000)[:4])
        joined = [whole(build, payload, 1000, kind, field, is_last=False)]
        yield Row(name, finished, finished, joined)
        yield Row(f"{name}, unfinished",
                  [whole(build, payload[start:start + 1000], 1000, field=field,
                         index=start // 1000, is_last=False) for start in range(0, 4000, 1000)],
                  finished, joined)


def joined_by_the_kernel(ends, column, text):
    """On the port's own interface, with rx-gro-list. The kernel waits a moment for more to join."""
    lab, near = ends.lab, "to-wired"
    lab.exec("switch", "ethtool", "-K", near, "gro", "on", "rx-gro-list", "on")
    for name, value in (("gro_flush_timeout", 20_000_000), ("napi_defer_hard_irqs", 1)):
        # By this command /sys is that of the namespace.
        run("ip", "netns", "exec", lab.switch, "sh", "-c",
            f"echo {value} > /sys/class/net/{near}/{name}")
    for each in neighbours():
        heard = send_to_each(ends, "wired", trial_of(COLUMNS, column, "column"), each.sent,
                             is_late=True)
        assert set(map(tuple, heard.values())) == {
            tuple(trial_of(OUTCOMES, text, "words")(each))}, each.name
    lab.exec("switch", "ethtool", "-K", near, "gro", "off", "rx-gro-list", "off")


def in_udp_tunnels(ends, column, text):
    """Who takes datagrams of UDP as one super-frame is given the segments so."""
    listeners = trial_of(COLUMNS, column, "column")
    for name in (name for name, tunnel in TUNNELS.items() if tunnel.is_in_udp):
        for each in with_tags([in_tunnel(name)]):
            together = each.finished
            if TUNNELS[name].outer_udp:
                together = [left_together(each.finished, TUNNELS[name].outer_udp +
                                          each.sent[0].start - in_tunnel(name).sent[0].start)]
            for listener, heard in send_to_each(ends, "own", listeners, each.sent).items():
                if text == "cut":
                    assert heard == each.finished, (each.name, listener)
                else:
                    assert text == WHOLE_IN_UDP, f"no trial for the words '{text}'"
                    expected = each.sent if listener in ("tap", "beyond") else together
                    assert heard == expected, (each.name, listener)


WHOLE_IN_UDP = ("whole to a TAP (Linux 6.17) and over a patch; else as a super-frame of UDP, or cut if "
                "the outer UDP has no checksum")
OTHER_ROWS = {
    "a super-frame in VXLAN, Geneve, GUE or FOU": in_udp_tunnels,
    "segments of a stream, one by one, from a port without offloads": joined_stream,
    "a super-frame of TCP longer than 64 KiB (BIG TCP)": big_tcp,
    "segments that the kernel joined unseen (`rx-gro-list`)": joined_by_the_kernel,
}


def test_frame_that_is_flooded_is_finished_for_all_or_for_who_needs_it(ends):
    """That it is finished once is enough."""
    for each in ROWS["a checksum of TCP or UDP, also inside a tunnel"]:
        ends["own"].send(*(one.to(EVERYBODY) for one in each.sent))
        ends["own"].mark()
        for name in ends.names():
            if name == "own":
                continue
            heard = [one.to(BOB) for one in ends[name].heard()]
            assert heard == each.finished or (
                heard == each.sent and name not in COLUMNS[WITHOUT_OFFLOADS]), (each.name, name)


def test_super_frames_in_tunnels_go_together_to_taps_of_older_kernels(empty_lab):
    """A library between the daemon and the kernel says no as an older kernel would."""
    empty_lab.start(environment=older_kernel("tunnels"))
    with FarEnds(empty_lab) as ends:
        ends.make(("own", "tap"))
        each = in_tunnel("vxlan")
        check_crossing(ends, each, "own", ("tap",),
                       [left_together(each.finished, TUNNELS["vxlan"].outer_udp)])


def test_super_frames_of_udp_are_cut_on_older_kernels(empty_lab):
    """A library between the daemon and the kernel says no as an older kernel would."""
    row = "a super-frame of UDP (USO)"
    texts = {text for (name, _), text in table(PAGE, "the sender leaves").items() if name == row}
    assert any(text.endswith(", else cut") for text in texts), texts
    empty_lab.start(environment=older_kernel("uso"))
    with FarEnds(empty_lab) as ends:
        ends.make(("own", "tap", "veth", "wired"))
        for each in ROWS[row]:
            check_crossing(ends, each, "own", ("tap", "veth", "wired"), each.finished)


# ---- the document --------------------------------------------------------------------------------


def test_no_trial_is_of_what_the_document_does_not_say():
    unfinished = table(PAGE, "the sender leaves")
    assert {row for row, _ in unfinished} == {*ROWS, *OTHER_ROWS}
    assert {column for _, column in unfinished} == set(COLUMNS)
    assert set(unfinished.values()) >= set(OUTCOMES)
