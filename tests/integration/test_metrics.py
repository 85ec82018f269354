# SPDX-License-Identifier: Apache-2.0
"""Metrics: what Prometheus fetches, whether its own linter likes it, and what it costs."""

import json
import re
import shutil
import socket
import statistics
import subprocess
import threading
import time
from pathlib import Path

import pytest

from lab import IS_SANITIZED, program, run, wait_until

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
DASHBOARD = ROOT / "examples" / "grafana" / "tapswitch.json"

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"'
SAMPLE = re.compile(rf"({NAME})(?:{{({LABEL}(?:,{LABEL})*)}})? ([0-9.e+-]+)")


def parse(page):
    """{name: {labels: value}} of a page; AssertionError where it breaks the text format 0.0.4."""
    assert page.endswith("\n")
    families, types, current = {}, {}, None
    for line in page.splitlines():
        if line.startswith("# HELP "):
            current = line.split(" ", 3)[2]
            assert current not in families, f"{current} stands in two places"
            assert len(line.split(" ", 3)[3]) > 3, line
            families[current] = {}
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name == current and kind in ("counter", "gauge"), line
            assert (kind == "counter") == name.endswith("_total"), line
            types[name] = kind
        else:
            match = SAMPLE.fullmatch(line)
            assert match, f"no sample: {line!r}"
            assert match[1] == current and current in types, line
            assert match[2] not in families[current], f"twice: {line}"
            families[current][match[2]] = float(match[3])
    return families


@pytest.fixture
def place(empty_lab):
    """A Unix socket that serves metrics, whatever namespace the daemon is in."""
    path = empty_lab.directory / "metrics.sock"
    empty_lab.start("--metrics", f"unix:{path}")
    return path


def fetch(path, request=b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"):
    """(status line, body) of one request over a Unix socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(20)
        connection.connect(str(path))
        connection.sendall(request)
        reply = b""
        while part := connection.recv(1 << 16):
            reply += part
    head, _, body = reply.partition(b"\r\n\r\n")
    return head.split(b"\r\n")[0].decode(), body.decode()


def page_of(path):
    status, body = fetch(path)
    assert status == "HTTP/1.1 200 OK", status
    return body


def test_page_tells_what_the_switch_counted(empty_lab, place):
    empty_lab.join("alice", "10.0.0.1/24")
    empty_lab.join("bob", "10.0.0.2/24")
    assert empty_lab.ping("alice", "bob")
    families = parse(page_of(place))
    alice = 'switch="sw0",port="alice"'
    assert families["tapswitch_port_receive_frames_total"][f'{alice},kind="unicast"'] >= 1
    assert families["tapswitch_port_transmit_bytes_total"][alice] >= 98
    assert families["tapswitch_port_up"] == {alice: 1, 'switch="sw0",port="bob"': 1}
    assert families["tapswitch_fdb_entries"] == {'switch="sw0"': 2}
    version = empty_lab.call("system.info")["version"]
    assert families["tapswitch_build_info"] == {f'version="{version}"': 1}
    assert abs(families["process_start_time_seconds"][None] - time.time()) < 60


def test_promtool_finds_nothing_to_complain_of(empty_lab, place):
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is missing (Debian's package 'prometheus')")
    empty_lab.join("alice", "10.0.0.1/24")
    done = subprocess.run([promtool, "check", "metrics"], input=page_of(place), text=True,
                          capture_output=True, timeout=30, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_without_the_option_nothing_is_served(lab):
    listening = lab.exec("switch", "ss", "-Htln").stdout
    assert listening == ""


def test_a_port_alone_is_served_to_this_machine_alone(empty_lab):
    empty_lab.start("--metrics", ":0")
    pattern = r"metrics are on http://127\.0\.0\.1:\d+/metrics"
    wait_until(lambda: re.search(pattern, empty_lab.log()), "the address is logged")
    listening = empty_lab.exec("switch", "ss", "-Htln").stdout.split()
    assert listening[3].startswith("127.0.0.1:")


def test_address_that_makes_no_sense_is_wrong_usage(empty_lab):
    done = run(program("TAPSWITCHD"), "--socket", empty_lab.socket, "--metrics", "localhost:9100",
               check=False)
    assert done.returncode == 2 and "--metrics" in done.stderr


def test_every_metric_of_the_dashboard_exists(empty_lab, place):
    empty_lab.join("alice", "10.0.0.1/24")
    exist = set(parse(page_of(place)))
    dashboard = DASHBOARD.read_text(encoding="utf-8")
    json.loads(dashboard)
    used = set(re.findall(r"\b(?:tapswitch|process)_[a-z_]+", dashboard))
    assert len(used) > 8
    assert used <= exist, f"not served: {used - exist}"


def test_documentation_names_every_metric(place):
    text = (DOCS / "operations.md").read_text(encoding="utf-8")
    table = text.partition("<!-- metrics: begin -->")[2].partition("<!-- metrics: end -->")[0]
    assert set(re.findall(r"`((?:tapswitch|process)_\w+)`", table)) == set(parse(page_of(place)))


def test_thousand_ports_are_told_without_delaying_others(empty_lab, place):
    client = empty_lab.client()
    for number in range(1000):
        client.call("port.add", {"name": f"p{number}"})
    done = threading.Event()
    pages = []

    def scrape_for_a_while():
        while not done.is_set():
            pages.append(page_of(place))

    scraper = threading.Thread(target=scrape_for_a_while)
    waits = []
    scraper.start()
    try:
        wait_until(lambda: pages, "a first page came")
        while len(pages) < 6:
            began = time.monotonic()
            client.call("port.get", {"name": "p500"})
            waits.append(time.monotonic() - began)
    finally:
        done.set()
        scraper.join()
    began = time.monotonic()
    page = page_of(place)
    whole = time.monotonic() - began
    assert len(parse(page)["tapswitch_port_up"]) == 1000
    waits.sort()
    print(f"{len(page) >> 10} KiB in {whole * 1000:.0f} ms; while pages are fetched one after the "
          f"other, another call takes {statistics.median(waits) * 1000:.2f} ms at the median, "
          f"{waits[len(waits) * 99 // 100] * 1000:.2f} ms at 99 %, {waits[-1] * 1000:.2f} ms at "
          f"most ({len(waits)} calls)")
    if not IS_SANITIZED:
        assert statistics.median(waits) < 0.005
    # Closing so many takes the kernel its time.
    client.call("system.shutdown")
    assert empty_lab.daemon.wait(120) == 0
