# SPDX-License-Identifier: Apache-2.0
"""Links of a lab that are late, lossy or cut, in both directions or in one: by the lab file, and by
`tapctl link`."""

import json
import re
import subprocess

import pytest

from conftest import require_root
from lab import program, wait_until
from lab_file import PATIENCE, LabFiles

# Milliseconds by which a busy machine is late; a delay is never too short.
LATE = 20

A, B = "10.86.0.1", "10.86.0.2"


def pair_lab(**link):
    """Two nodes, a and b, whose only link has these members."""
    return {"nodes": {"a": {"interfaces": {"eth0": {"addresses": [f"{A}/24"]}}},
                      "b": {"interfaces": {"eth0": {"addresses": [f"{B}/24"]}}}},
            "links": [{"ends": ["a:eth0", "b:eth0"], **link}]}


def row_lab():
    """a - sw0 - sw1 - b, where nothing has conditions."""
    return {"switches": {"sw0": {}, "sw1": {}}, "nodes": {"a": {}, "b": {}},
            "links": [{"ends": ["a:eth0", "sw0"], "addresses": [f"{A}/24"]},
                      {"ends": ["sw0", "sw1"]},
                      {"ends": ["sw1", "b:eth0"], "addresses": [f"{B}/24"]}]}


def introduce(lab):
    """Neither node asks for the other's hardware address any more: each frame is of a ping."""
    for node, other, address in (("a", "b", B), ("b", "a", A)):
        mac = lab.exec(other, "cat", "/sys/class/net/eth0/address").stdout.strip()
        lab.exec(node, "ip", "neigh", "replace", address, "lladdr", mac, "dev", "eth0")


def round_trip(lab, node="a", address=B):
    """Milliseconds, the shortest of a few."""
    said = lab.exec(node, "ping", "-n", "-c", "5", "-i", "0.2", "-W", "5", address)
    return min(float(time) for time in re.findall(r"time=([\d.]+) ms", said.stdout))


def pings(lab, node, address):
    return lab.exec(node, "ping", "-n", "-c", "1", "-W", "1", address, check=False).returncode == 0


def icmp_of(lab, node, counter):
    table = lab.exec(node, "grep", "^Icmp:", "/proc/net/snmp").stdout.splitlines()
    names, values = (line.split()[1:] for line in table)
    return int(dict(zip(names, values))[counter])


def hears(lab):
    """Who hears a question of the other: {"a", "b"} on a whole link."""
    heard = set()
    for node, other, address in (("a", "b", A), ("b", "a", B)):
        before = icmp_of(lab, node, "InEchos")
        pings(lab, other, address)
        if icmp_of(lab, node, "InEchos") > before:
            heard.add(node)
    return heard


def link_set(lab, *words, check=True):
    return lab.tapctl("--lab", lab.name, "link", "set", *words, check=check)


def links(lab):
    return json.loads(lab.tapctl("--lab", lab.name, "--json", "link").stdout)["links"]


def conditions(lab):
    """Those of the first link."""
    return links(lab)[0]["conditions"]


@pytest.fixture(scope="module")
def row(tmp_path_factory):
    """A row_lab() that is up, for several tests; each leaves it without conditions."""
    require_root()
    files = LabFiles(tmp_path_factory.mktemp("row"))
    try:
        lab = files.make(row_lab())
        lab.up()
        introduce(lab)
        yield lab
    finally:
        files.remove()


def test_conditions_of_both_directions_are_met_once(lab_files):
    lab = lab_files.make(pair_lab(conditions={"delay": "30ms"}))
    lab.up()
    assert 60 <= round_trip(lab) < 60 + LATE
    assert [name for name, port in lab.ports().items() if "conditions" in port] == ["a"]
    assert conditions(lab) == {"a-to-b": {"delay": "30ms"}, "b-to-a": {"delay": "30ms"}}


def test_delay_of_one_direction(lab_files):
    lab = lab_files.make(pair_lab(conditions={"a-to-b": {"delay": "50ms"}}))
    lab.up()
    assert 50 <= round_trip(lab) < 50 + LATE
    assert 50 <= round_trip(lab, "b", A) < 50 + LATE


@pytest.mark.parametrize("direction, hearing", [("a-to-b", {"a"}), ("b-to-a", {"b"})])
def test_all_is_lost_in_one_direction(lab_files, direction, hearing):
    lab = lab_files.make(pair_lab(conditions={direction: {"loss": "100%"}}))
    lab.up()
    introduce(lab)
    assert hears(lab) == hearing
    assert "LOWER_UP" in lab.exec("a", "ip", "link", "show", "eth0").stdout


def test_links_with_switches_have_them(lab_files):
    document = row_lab()
    document["links"][0]["conditions"] = {"a-to-b": {"delay": "10ms"}}
    document["links"][1]["conditions"] = {"delay": "10ms", "b-to-a": {"delay": "20ms"}}
    document["links"][2]["conditions"] = {"b-to-a": {"delay": "10ms"}}
    lab = lab_files.make(document)
    lab.up()
    assert 50 <= round_trip(lab) < 50 + LATE


@pytest.mark.parametrize("words, hearing", [
    (("a:eth0",), {"a"}), (("a:eth0", "--direction", "b-to-a"), {"b"}),
    (("sw0", "sw1", "--direction", "a-to-b"), {"a"}),
    (("sw1", "sw0", "--direction", "b-to-a"), {"b"}),
    (("b:eth0",), {"b"}), (("b:eth0", "--direction", "a-to-b"), {"a"}),
    (("b:eth0", "sw1"), set())])
def test_cut_is_of_the_direction_that_is_meant(row, words, hearing):
    link_set(row, *words, "--cut")
    assert hears(row) == hearing
    link_set(row, *words[:2] if words[0].startswith("sw") else words[:1], "--clear")
    assert hears(row) == {"a", "b"}


def test_set_changes_what_is_named_and_keeps_the_rest(lab_files):
    lab = lab_files.make(pair_lab())
    lab.up()
    link_set(lab, "a:eth0", "b:eth0", "--delay", "5ms", "--rate", "1gbit")
    link_set(lab, "a:eth0", "--loss", "5%", "--corruption", "0.5")
    said = link_set(lab, "b:eth0", "--jitter", "1ms", "--cut").stdout
    assert conditions(lab) == {
        "a-to-b": {"delay": "5ms", "rate": "1gbit", "loss": "5%", "corrupt": "0.5%"},
        "b-to-a": {"delay": "5ms", "rate": "1gbit", "jitter": "1ms", "cut": True}}
    assert "cut, delay 5ms, jitter 1ms" in said and "A TO B" in said
    link_set(lab, "a:eth0", "--flap", "10s/1s")
    link_set(lab, "a:eth0", "--direction", "b-to-a", "--clear")
    assert conditions(lab) == {
        "a-to-b": {"delay": "5ms", "rate": "1gbit", "loss": "5%", "corrupt": "0.5%"},
        "flap": "10s/1s"}
    link_set(lab, "b:eth0", "--clear")
    assert conditions(lab) == {}
    assert not any("conditions" in port for port in lab.ports().values())
    assert pings(lab, "a", B)


def test_link_that_is_cleared_lets_go_of_what_waits(lab_files):
    lab = lab_files.make(pair_lab())
    lab.up()
    introduce(lab)
    link_set(lab, "a:eth0", "b:eth0", "--delay", "50s")
    words = [program("TAPCTL"), "lab", "exec", "--lab", lab.name, "a", "--",
             "ping", "-n", "-c", "1", "-W", "60", B]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as pinging:
        wait_until(lambda: icmp_of(lab, "a", "OutEchos") == 1, "a has asked")
        link_set(lab, "a:eth0", "--clear")
        said = pinging.communicate(timeout=PATIENCE)[0]
    assert " 0% packet loss" in said, said


def test_list_tells_how_links_are(lab_files):
    lab = lab_files.make({**row_lab(), "links": row_lab()["links"] + [
        {"ends": ["a:eth1", "b:eth1"], "conditions": {"a-to-b": {"loss": "1%"}}}]})
    lab.up()
    wait_until(lambda: {link["state"] for link in links(lab)} == {"up"}, "all are up")
    assert [(link["a"], link["b"]) for link in links(lab)] == [
        ("a:eth0", "sw0"), ("sw0", "sw1"), ("sw1", "b:eth0"), ("a:eth1", "b:eth1")]
    text = lab.tapctl("--lab", lab.name, "link", "list").stdout
    assert re.search(r"^a:eth1 +b:eth1 +up +loss 1% +-", text, re.M), text
    lab.link("down", "a:eth1")
    assert links(lab)[3]["state"] == "unplugged"
    # Conditions of the port at the other end are no secret, and go with the rest.
    lab.tapctl("--lab", lab.name, "port", "set", "b-eth1", "--delay", "7ms")
    text = lab.tapctl("--lab", lab.name, "link").stdout
    assert "port b-eth1 of the link a:eth1 - b:eth1 has conditions of its own: delay 7ms" in text
    link_set(lab, "a:eth1", "--clear")
    assert not any(link["conditions"] or "beside" in link for link in links(lab))


def test_changed_file_changes_conditions_and_no_node(lab_files):
    lab = lab_files.make(pair_lab(conditions={"delay": "5ms"}))
    lab.up()
    before = lab.exec("a", "stat", "-Lc", "%i", "/proc/self/ns/net").stdout
    lab.write(pair_lab(conditions={"b-to-a": {"delay": "7ms"}}))
    planned = lab.up("--dry-run").stdout
    assert "conditions of a: " in planned and "delay 7ms" in planned, planned
    assert "node" not in planned, planned
    lab.up()
    assert conditions(lab) == {"b-to-a": {"delay": "7ms"}}
    assert lab.exec("a", "stat", "-Lc", "%i", "/proc/self/ns/net").stdout == before


def test_up_makes_links_what_the_file_says(lab_files):
    lab = lab_files.make(pair_lab(conditions={"delay": "5ms"}))
    lab.up()
    link_set(lab, "a:eth0", "b:eth0", "--loss", "1%", "--delay", "9ms")
    assert "conditions of a: " in lab.up("--dry-run").stdout
    lab.up()
    assert conditions(lab) == {"a-to-b": {"delay": "5ms"}, "b-to-a": {"delay": "5ms"}}
    assert "no difference" in lab.up().stdout


@pytest.mark.parametrize("settings, told", [
    ({"loss": "101%"}, "/links/0/conditions/loss: "),
    ({"a-to-b": {"delay": "61s"}}, "/links/0/conditions/a-to-b/delay: "),
    ({"a-to-b": {"reorder": "5%"}}, "a-to-b/reorder: from a to b: without a delay"),
    ({"in": {"delay": "1s"}}, "/links/0/conditions/in: "),
    ({"c-to-d": {}}, "/links/0/conditions/c-to-d: ")])
def test_wrong_conditions_in_a_file_are_told(lab_files, settings, told):
    refused = lab_files.make(pair_lab(conditions=settings)).up(check=False)
    assert refused.returncode == 1 and told in refused.stderr, refused.stderr


@pytest.mark.parametrize("words, status, told", [
    (("a:eth1", "--loss", "1%"), 1, "did you mean 'a:eth0'?"),
    (("a:eth0", "sw1", "--loss", "1%"), 1, "no link between 'a:eth0' and 'sw1'"),
    (("sw0", "--loss", "1%"), 1, "'sw0' has 2 links: name the other end too"),
    (("a:eth0", "--loss", "101%"), 2, "--loss: "),
    (("a:eth0", "--delay", "61s"), 2, "--delay: "),
    (("a:eth0", "--reorder", "5%"), 1, "--reorder: without a delay"),
    (("b:eth0", "--burst", "32kb"), 1, "--burst: there is no rate"),
    (("a:eth0", "--direction", "a-to-c", "--cut"), 2, "--direction: "),
    (("a:eth0", "--direction", "a-to-b", "--flap", "1s/1s"), 2, "--flap is of both directions"),
    (("a:eth0",), 2, "nothing is to be changed"),
    (("a:eth0", "--clear", "--loss", "1%"), 2, "--clear"),
    (("none", "--cut"), 2, "which link?")])
def test_what_cannot_be_is_told_and_changes_nothing(row, words, status, told):
    refused = link_set(row, *words, check=False)
    assert refused.returncode == status and told in refused.stderr, refused.stderr
    assert not any(link["conditions"] for link in links(row))


def test_links_are_those_of_a_lab(row):
    wrong = row.tapctl("--socket", row.directory / "control.sock", "link", check=False)
    assert wrong.returncode == 2 and "--lab NAME" in wrong.stderr, wrong.stderr
    wrong = row.tapctl("--lab", "nowhere", "link", check=False)
    assert wrong.returncode == 1 and "'nowhere' is not up" in wrong.stderr, wrong.stderr
