# SPDX-License-Identifier: Apache-2.0
"""The tables of docs/crossing.md about tags and lengths, cell by cell, as test_crossing.py has the
first. A cell for which there is no trial fails.
"""

import pytest

from document_tables import table
from far_ends import FarEnds
from frames import ALICE, BOB, EVERYBODY, counted, frame, tag, tags_of
from lab import wait_until
from super_frames import Sent, payload_of, segments, whole
# pylint: disable-next=unused-import
from test_crossing import PAGE, STREAMS, cells, drops, ends, send_to_each, trial_of  # noqa: F401

# ---- tags ----------------------------------------------------------------------------------------

ACCESS = {"mode": "access", "pvid": 10}
ACCESS_ALL = {**ACCESS, "acceptable": "all"}
TRUNK = {"mode": "trunk", "native": 10}
TRUNK_OF_10 = {**TRUNK, "allowed": "10"}
VENDOR_TRUNK = {**TRUNK, "vendor_ethertype": "0x9100"}
TUNNEL = {"mode": "dot1q-tunnel", "pvid": 10}
ALL_TAGGED = {"mode": "trunk", "native": None}  # of the port where frames are heard
ACCESS_20 = {"mode": "access", "pvid": 20}
SERVICE_10 = tag(10, kind=0x88A8)
PRIORITY = tag(0, priority=5)
VENDOR_20 = tag(20, kind=0x9100)

NO_TAG, OWN, OTHER, VENDOR = ("no tag, or one that has only a priority", "a tag of its own VLAN",
                              "a tag of another VLAN", "0x9100 or 0x9200")
BY_ACCESS, BY_TRUNK, BY_TUNNEL = "by an access port", "by a trunk", "by a dot1q-tunnel port"
IS_PAYLOAD = [(ACCESS, [VENDOR_20], [tag(10), VENDOR_20]),
              (ACCESS, [tag(20, kind=0x9200)], [tag(10), tag(20, kind=0x9200)])]

# Each cell has its words, and (VLAN of the port, tags sent, tags heard at a trunk or the reason of
# the drop).
TAG_TRIALS = {
    (NO_TAG, BY_ACCESS, "its VLAN"): [
        (ACCESS, [], [tag(10)]), (ACCESS, [PRIORITY], [tag(10, priority=5)])],
    (NO_TAG, BY_TRUNK, "the native VLAN"): [
        (TRUNK, [], [tag(10)]), (TRUNK, [PRIORITY], [tag(10, priority=5)])],
    (NO_TAG, BY_TUNNEL, "its VLAN; the tag is payload"): [
        (TUNNEL, [], [SERVICE_10]), (TUNNEL, [PRIORITY], [SERVICE_10, PRIORITY])],
    (OWN, BY_ACCESS, "`tagged_refused`, unless `acceptable` is `all`"): [
        (ACCESS, [tag(10)], "tagged_refused"), (ACCESS_ALL, [tag(10)], [tag(10)])],
    (OWN, BY_TRUNK, "that VLAN"): [(TRUNK, [tag(10)], [tag(10)])],
    (OWN, BY_TUNNEL, "payload"): [(TUNNEL, [tag(10)], [SERVICE_10, tag(10)])],
    (OTHER, BY_ACCESS, "`tagged_refused` or `vlan_not_allowed`"): [
        (ACCESS, [tag(20)], "tagged_refused"), (ACCESS_ALL, [tag(20)], "vlan_not_allowed")],
    (OTHER, BY_TRUNK, "that VLAN, if it is allowed"): [
        (TRUNK, [tag(20)], [tag(20)]), (TRUNK_OF_10, [tag(20)], "vlan_not_allowed")],
    (OTHER, BY_TUNNEL, "payload"): [(TUNNEL, [tag(20)], [SERVICE_10, tag(20)])],
    (VENDOR, BY_ACCESS, "payload"): IS_PAYLOAD,
    (VENDOR, BY_TRUNK, "payload, or that VLAN if `vendor_ethertype` says so"): [
        *[(TRUNK, *more) for _, *more in IS_PAYLOAD], (VENDOR_TRUNK, [VENDOR_20], "VLAN 20")],
    (VENDOR, BY_TUNNEL, "payload"): [
        (TUNNEL, sent, [SERVICE_10, *heard[1:]]) for _, sent, heard in IS_PAYLOAD],
}


def told_of(ends, sender, listener, sent):
    """What is heard of a frame, and the reasons for which it was dropped at its ingress."""
    before, reasons = counted(ends.lab, sender), drops(ends, sender)
    ends[sender].send(sent)
    wait_until(lambda: counted(ends.lab, sender) == before + 1, "the frame is dealt with")
    told = {reason for reason, count in drops(ends, sender).items()
            if count != reasons.get(reason, 0)}
    for port in (sender, listener):
        ends.lab.call("port.set", {"name": port, "vlan": FarEnds.TRUNK})
        ends.introduce(port)
    ends[sender].mark()
    heard = {name: ends[name].heard() for name in ends.names() if name != sender}
    return heard[listener], told


@pytest.mark.parametrize("row, column, text", cells("a frame comes in with"))
def test_tags(ends, row, column, text):
    for vlan, tags, expected in trial_of(TAG_TRIALS, (row, column, text), "cell"):
        is_untagged = expected == "VLAN 20"
        ends.lab.call("port.set", {"name": "long", "vlan": vlan})
        ends.lab.call("port.set", {"name": "tap",
                                   "vlan": ACCESS_20 if is_untagged else ALL_TAGGED})
        heard, told = told_of(ends, "long", "tap", Sent(frame(ALICE, EVERYBODY, *tags)))
        tags_heard = [tags_of(one.data)[0] for one in heard]
        if isinstance(expected, list) or is_untagged:
            assert (tags_heard, told) == ([[] if is_untagged else expected], set()), (vlan, tags)
        else:
            assert (tags_heard, told) == ([], {expected}), (vlan, tags)


# ---- lengths -------------------------------------------------------------------------------------

# By which far ends a frame leaves towards what a row names.
TOWARDS = {
    "a TAP": ("tap",),
    "a patch": ("beyond",),
    "`veth`": ("veth",),
    "`interface`: a veth, a card": ("wired", "own"),
    "`qemu`": ("stream", "datagram"),
    "`vde`": ("vde",),
    "`udp`": ("udp",),
    "`vxlan`": ("vxlan",),
}
MTU = 1500
CUSTOMER, SERVICE = tag(7), tag(7, kind=0x88A8)


def frame_of(payload, *tags):
    return Sent(frame(ALICE, BOB, *tags, size=payload))


def lost(counters):
    return counters["egress_kernel_drops"] + sum(counters["drops"].values())


def crosses(ends, name, sent, heard=None):
    """Whether it does, as it is or as 'heard'; what is lost is counted as longer than the MTU, or
    by the kernel."""
    before = ends.counters(name)
    found = send_to_each(ends, "long", [name], [sent])[name]
    if found == [heard or sent]:
        return True
    assert found == [], name
    wait_until(lambda: lost(ends.counters(name)) > lost(before), "it is counted")
    return False


def as_it_came_in(ends, name):
    for size in (0, 28):
        assert crosses(ends, name, frame_of(size))


def of_any_length(ends, name):
    for tags in ([], [SERVICE, CUSTOMER]):
        assert crosses(ends, name, frame_of(8900, *tags))


def filled_up(ends, name):
    for size in (0, 28, 45):
        sent = frame_of(size)
        assert crosses(ends, name, sent, Sent(sent.data + bytes(46 - size)))


def with_all_tags(ends, name, most=3):
    for tags in ([], [CUSTOMER], [SERVICE], [SERVICE, CUSTOMER], [CUSTOMER] * 3)[:most + 2]:
        assert crosses(ends, name, frame_of(MTU, *tags)), tags
        assert not crosses(ends, name, frame_of(MTU + 1, *tags)), tags


def with_one_tag(ends, name):
    for tags in ([], [CUSTOMER], [SERVICE]):
        assert crosses(ends, name, frame_of(MTU, *tags)), tags
        assert not crosses(ends, name, frame_of(MTU + 1, *tags)), tags
    assert crosses(ends, name, frame_of(MTU - 4, SERVICE, CUSTOMER))
    assert not crosses(ends, name, frame_of(MTU, SERVICE, CUSTOMER))


def as_the_kernel_takes_it(ends, name):
    """Segments of TCP behind 0x88a8 cross whole; other such frames if they are shorter."""
    for sent in (frame_of(MTU), frame_of(MTU, CUSTOMER), frame_of(MTU - 4, SERVICE),
                 frame_of(MTU - 4, CUSTOMER, CUSTOMER)):
        assert crosses(ends, name, sent), sent
    segment, = segments(STREAMS[4], payload_of(MTU - 40), MTU)
    # The kernel is told that there is a checksum to finish, and leaves it so.
    heard = whole(STREAMS[4], payload_of(MTU - 40), MTU)
    assert crosses(ends, name, Sent(segment).tagged(0x88A8, 7), heard.tagged(0x88A8, 7))
    for sent in (frame_of(MTU + 1), frame_of(MTU + 1, CUSTOMER), frame_of(MTU, SERVICE),
                 frame_of(MTU, CUSTOMER, CUSTOMER)):
        assert not crosses(ends, name, sent), sent


def with_all_tags_or_of_any_length(ends, name):
    """Of a machine's port that was given an MTU, and of one that was not."""
    with_all_tags(ends, name)
    of_any_length(ends, f"any-{name}")


LENGTH_TRIALS = {
    ("shortest", "as it came in"): as_it_came_in,
    ("shortest", "60 octets, filled up with zeros"): filled_up,
    ("longest", "as it came in"): of_any_length,
    ("longest", "the MTU, and all its tags"): with_all_tags,
    ("longest", "the MTU, and one tag of any type"): with_one_tag,
    ("longest", "the MTU, and all its tags; the kernel may take less"): as_the_kernel_takes_it,
    ("longest", "the MTU that the port was given, and all its tags; without one as it came in"):
        with_all_tags_or_of_any_length,
    ("longest", "the MTU that the port was given, and all its tags; without one what fits the way, "
                "tags counted"): with_all_tags_or_of_any_length,
}


@pytest.mark.parametrize("row, column, text", cells("the frame leaves towards"))
def test_lengths(ends, row, column, text):
    trial = trial_of(LENGTH_TRIALS, (column, text), "words")
    for name in trial_of(TOWARDS, row, "row"):
        trial(ends, name)


# ---- the document --------------------------------------------------------------------------------


def test_no_trial_is_of_what_the_document_does_not_say():
    tags, lengths = (table(PAGE, heading) for heading in ("a frame comes in with",
                                                          "the frame leaves towards"))
    assert {(*cell, text) for cell, text in tags.items()} == set(TAG_TRIALS)
    assert {row for row, _ in lengths} == set(TOWARDS)
    assert {(column, text) for (_, column), text in lengths.items()} == set(LENGTH_TRIALS)
