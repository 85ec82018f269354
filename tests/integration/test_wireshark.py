# SPDX-License-Identifier: Apache-2.0
"""tapswitchdump: the ports of the switch in Wireshark's own list, as tshark has it too."""

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from frames import ALICE, BOB, EVERYBODY, counted, frame, transmit
from lab import DEADLINE, program, run, wait_until


@pytest.fixture(name="tshark")
def user_with_tapswitchdump(lab):
    """Runs tshark as a user who has the program in the extcap folder of their own."""
    folder = lab.directory / ".config" / "wireshark" / "extcap"
    folder.mkdir(parents=True)
    (folder / "tapswitchdump").symlink_to(Path(program("TAPCTL")).parent / "tapswitchdump")
    environment = {**os.environ, "HOME": str(lab.directory), "TAPSWITCH_SOCKET": str(lab.socket),
                   "XDG_CONFIG_HOME": ""}

    def tshark(*words):
        return subprocess.Popen(["tshark", "-n", *map(str, words)], env=environment,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)
    return tshark


def dump(*words, check=True, **environment):
    return subprocess.run([Path(program("TAPCTL")).parent / "tapswitchdump", *words],
                          env={**os.environ, **environment}, capture_output=True, text=True,
                          timeout=DEADLINE, check=check)


def test_ports_are_in_the_list(lab, tshark):
    lab.join("alice", "10.0.0.1/24")
    listed = tshark("-D").communicate(timeout=DEADLINE)[0]
    assert "tapswitch (tapswitch: all ports)" in listed, listed
    assert "tapswitch:alice (tapswitch: sw0/alice)" in listed, listed


def send_until(lab, process, station, *frames):
    """Sends frames until the process has enough, for nobody says when a capture has begun."""
    wait_until(lambda: transmit(lab, station, *frames) or process.poll() is not None,
               "tshark has what it wants")


def test_frames_are_captured_by_name_and_filter(lab, tshark):
    lab.join("alice", "10.0.0.1/24")
    process = tshark("-i", "tapswitch:alice", "-f", f"ether src {ALICE}", "-c", "2", "-T", "fields",
                     "-e", "frame.interface_name", "-e", "eth.src")
    send_until(lab, process, "alice", frame(BOB, EVERYBODY), frame(ALICE, EVERYBODY))
    shown, complaints = process.communicate(timeout=DEADLINE)
    assert shown.splitlines() == [f"sw0/alice\t{ALICE}"] * 2, shown + complaints
    wait_until(lambda: not lab.call("capture.list")["captures"], "the capture is over")


def test_options_of_the_toolbar_hold(lab, tshark):
    lab.join("alice", "10.0.0.1/24", vlan=10)
    process = tshark("-i", "tapswitch", "-o", "extcap.tapswitch.drops:true", "-c", "1", "-T",
                     "fields", "-e", "frame.comment")
    send_until(lab, process, "alice", frame(ALICE, EVERYBODY))
    shown, complaints = process.communicate(timeout=DEADLINE)
    assert re.match("dropped as no_egress", shown), shown + complaints


def test_what_is_wrong_is_shown(lab):
    fifo = lab.directory / "fifo"
    os.mkfifo(fifo)
    for words, said in ((("tapswitch:nobody",), "no port 'nobody'"),
                        (("tapswitch:nobody", "--vlan", "4095"), "vlan"),
                        (("tapswitch.no-lab",), "no-lab")):
        with subprocess.Popen(["cat", fifo], stdout=subprocess.PIPE) as reader:
            done = dump("--capture", "--extcap-interface", *words, "--fifo", fifo, check=False,
                        TAPSWITCH_SOCKET=str(lab.socket))
            file = reader.communicate(timeout=DEADLINE)[0]
        assert done.returncode == 1 and said in done.stderr, done.stderr
        assert file.startswith(b"\x0a\x0d\x0d\x0a"), "a whole beginning, so that nobody waits"
    checked = dump("--extcap-interface", "tapswitch", "--extcap-capture-filter", "tcp prot 80")
    assert "syntax error" in checked.stdout
    assert dump("--extcap-interface", "tapswitch", "--extcap-capture-filter", "arp").stdout == ""
    assert dump("--extcap-interfaces", TAPSWITCH_SOCKET="/nowhere").stdout.startswith("extcap ")


def test_end_by_wireshark_is_quiet_and_leaves_a_whole_file(lab):
    lab.join("alice", "10.0.0.1/24")
    fifo, path = lab.directory / "fifo", lab.directory / "copy.pcapng"
    os.mkfifo(fifo)
    with open(path, "wb") as file, \
            subprocess.Popen(["cat", fifo], stdout=file) as reader, \
            subprocess.Popen([Path(program("TAPCTL")).parent / "tapswitchdump", "--capture",
                              "--extcap-interface", "tapswitch:alice", "--fifo", fifo],
                             env={**os.environ, "TAPSWITCH_SOCKET": str(lab.socket)},
                             stderr=subprocess.PIPE, text=True) as process:
        wait_until(lambda: lab.call("capture.list")["captures"], "the capture has begun")
        before = counted(lab, "alice")
        transmit(lab, "alice", frame(ALICE, EVERYBODY))
        wait_until(lambda: counted(lab, "alice") > before, "the frame is counted")
        process.send_signal(signal.SIGTERM)
        assert process.communicate(timeout=DEADLINE)[1] == ""
        assert process.returncode == 0 and reader.wait(DEADLINE) == 0
    assert len(run("tshark", "-n", "-r", path).stdout.splitlines()) == 1
