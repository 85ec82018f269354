# SPDX-License-Identifier: Apache-2.0
"""Lab files as people write them: YAML, comments, variables, and lab.yml found by itself."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[2] / "docs/labs.md"

OFFICE = """\
# Two nodes that are alike but for their addresses.
version: 1
switches:
  sw0: {}
nodes:
  web: &node
    commands:
      - test "${HOME:-x}" != '$''{HOME:-x}'  # the node's shell expands it
  client:
    <<: *node
    after: [web]
links:
  - ends: [web:eth0, sw0]
    addresses: [10.96.0.1/24]
    mtu: ${OFFICE_MTU:-1400}
  - ends: [client:eth0, sw0]
    addresses: [10.96.0.2/24]
    conditions: {delay: 5ms}
"""


@pytest.fixture
def office(lab_files, tmp_path):
    """A directory with lab.yml, whose lab has the directory's name."""
    lab = lab_files.make({})
    directory = tmp_path / lab.name
    directory.mkdir()
    lab.path = directory / "lab.yml"
    lab.path.write_text(OFFICE)
    return lab


def here(lab, *words, variables=(), check=True):
    return lab.tapctl(*words, check=check, under=("env", "-C", lab.path.parent, *variables))


def test_lab_of_the_directory_comes_up_and_goes(office):
    here(office, "lab", "up", variables=["OFFICE_MTU=1300"])
    assert "mtu 1300" in office.exec("web", "ip", "link", "show", "eth0").stdout
    took = re.search(r"time=([\d.]+) ms", office.exec("client", "ping", "-c1", "10.96.0.1").stdout)
    assert float(took[1]) >= 5
    assert office.name in here(office, "lab", "status").stdout
    again = here(office, "lab", "up", variables=["OFFICE_MTU=1300"])
    assert "no difference" in again.stdout, again.stdout
    here(office, "lab", "down")
    office.assert_nothing_is_left()


def test_mistakes_in_yaml_are_told_with_their_places(office):
    office.path.write_text(OFFICE.replace("5ms", "5parsecs").replace("1400", "70000")
                           .replace("[web]", "[wob]").replace("sw0: {}", "sw0: {size: '${NONE}'}"))
    done = here(office, "lab", "up", check=False)
    assert done.returncode == 1
    told = re.findall(r"^lab\.yml:(\d+):(\d+): /([^:]*):", done.stderr, re.M)
    assert told == [("4", "15", "switches/sw0/size"), ("11", "13", "nodes/client/after/0"),
                    ("15", "10", "links/0/mtu"), ("18", "25", "links/1/conditions/delay")], done.stderr
    assert "the variable NONE is not set" in done.stderr
    office.assert_nothing_is_left()
    checked = here(office, "lab", "validate", check=False)
    assert (checked.returncode, checked.stderr) == (1, done.stderr)
    office.path.write_text(OFFICE)
    checked = here(office, "lab", "validate")
    assert (checked.stdout, checked.stderr) == ("", "")


def test_two_files_of_the_directory_are_asked_about(office):
    (office.path.parent / "lab.json").write_text("{}")
    done = here(office, "lab", "up", check=False)
    assert done.returncode != 0 and "which file? There are lab.yml, lab.json" in done.stderr


def test_json_may_have_comments(lab_files):
    lab = lab_files.make('{"version": 1, // of the file\n "nodes": {"a": {} /* alone */}}')
    lab.up()
    lab.exec("a", "true")
    lab.down()
    lab.assert_nothing_is_left()


def test_files_that_the_page_shows_have_no_mistakes(lab_files, tmp_path):
    blocks = re.findall(r"^```(json|yaml)\n(.*?)^```$", PAGE.read_text(), re.M | re.S)
    files = [block for block in blocks if "nodes" in block[1]]
    assert {ending for ending, _ in files} == {"json", "yaml"}
    lab = lab_files.make({})
    for number, (ending, text) in enumerate(files):
        path = tmp_path / f"shown{number}.{ending}"
        path.write_text(text)
        for needed in re.findall(r'"(?:kernel|initrd|disk)": "([^"]+)"', text):
            (tmp_path / needed).touch()
        plan = lab.tapctl("lab", "up", path, "--dry-run")
        assert "+ node" in plan.stdout, plan.stdout + plan.stderr


def test_topology_of_containerlab_becomes_a_lab_that_comes_up(lab_files, tmp_path):
    lab = lab_files.make({})
    topology = tmp_path / f"{lab.name}.clab.yml"
    topology.write_text("""\
topology:
  defaults: {kind: linux, image: "alpine:3"}
  groups: {hosts: {env: {MASK: "24"}}}
  nodes:
    a: {group: hosts, exec: ["ip addr add 10.95.0.1/$MASK dev eth1"]}
    b: {group: hosts, exec: ["ip addr add 10.95.0.2/$MASK dev eth1"]}
    lan: {kind: bridge}
  links:
    - endpoints: ["a:eth1", "lan:port1"]
    - {type: veth, mtu: 1400, endpoints: [{node: b, interface: eth1}, {node: lan, interface: port2}]}
""")
    done = lab.tapctl("lab", "import", topology)
    assert f"{topology}:2:34: /topology/defaults/image: nodes are network namespaces" in done.stderr
    lab.write(done.stdout)
    lab.up()
    lab.exec("a", "ping", "-c1", "10.95.0.2")
    assert "mtu 1400" in lab.exec("b", "ip", "link", "show", "eth1").stdout
    lab.down()
    lab.assert_nothing_is_left()

    topology.write_text("topology: {nodes: {a: 5}}")
    done = lab.tapctl("lab", "import", topology, check=False)
    assert done.returncode == 1 and done.stdout == "" and ":1:23: /topology/nodes/a: is " in done.stderr
