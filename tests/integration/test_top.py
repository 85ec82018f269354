# SPDX-License-Identifier: Apache-2.0
"""tapctl top: on a terminal of many sizes, and without one."""

import contextlib
import json
import re
import signal
import subprocess

import pytest

from lab import DEADLINE, program
from screen import DOWN, ENTER, RIGHT, Screen

LEFT_THE_SCREEN = b"\x1b[?1049l"


def command(lab, *words):
    return [program("TAPCTL"), "--socket", str(lab.socket), "top", *words]


@pytest.fixture(name="net")
def network(lab):
    """alice and bob talk; carol is on a switch of her own."""
    lab.join("alice", "10.0.0.1/24")
    lab.join("bob", "10.0.0.2/24")
    lab.call("switch.add", {"name": "sw1"})
    lab.call("port.add", {"name": "carol", "type": "tap", "switch": "sw1"})
    return lab


@pytest.fixture(name="screen_of")
def screens():
    opened = []

    def open_screen(words, **size):
        opened.append(Screen(words, **size))
        return opened[-1]

    yield open_screen
    for one in opened:
        one.close()


@pytest.fixture(name="top")
def running_top(net, screen_of):
    screen = screen_of(command(net))
    screen.wait_for_text("PORT")
    return screen


@contextlib.contextmanager
def background(net, *words):
    """While it lasts alice runs a command."""
    process = subprocess.Popen(net.command_in("alice", *words), stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def names(screen):
    """The first word of each row, which stand between the heading and the keys."""
    return [line.split()[0] for line in screen.lines()[2:-1] if line]


def has_given_back_the_terminal(screen):
    return LEFT_THE_SCREEN in screen.output and screen.settings() == screen.settings_before \
        and b"\x1b[?25h" in screen.output


def test_busy_ports_stand_first_with_their_rates(net, top):
    with background(net, "ping", "-i", "0.002", "10.0.0.2"):
        top.wait_for(lambda s: re.search(r"^(alice|bob) .*kbit/s .*kbit/s +[1-9]\d* ", s.text(),
                                         re.M) and names(s)[2:] == ["carol"], "rates of two ports")
        assert "2 switches, 3 ports, 2 stations; by rx" in top.lines()[0]


def test_keys_sort_filter_and_sum(top):
    top.press("<<<")  # state, switch, port
    top.wait_for(lambda s: names(s) == ["alice", "bob", "carol"], "sorted by port")
    top.press("r")
    top.wait_for(lambda s: names(s) == ["carol", "bob", "alice"], "the other way around")
    top.press(RIGHT)
    top.wait_for_text("by switch, reversed")
    top.press("/AL")
    top.wait_for(lambda s: names(s) == ["alice"] and s.lines()[-1] == "filter: AL_", "filtered")
    top.press(ENTER)
    top.wait_for_text("3 ports (1 shown)")
    top.press("/\x7f\x7f" + ENTER + "s")
    top.wait_for(lambda s: "1 port " in s.text() and "2 ports " in s.text(), "sums of switches")


def test_drops_are_shown_while_they_happen(net, screen_of):
    screen = screen_of(command(net, "--sort", "drops", "--filter", "alice"))
    screen.wait_for_text("by drops")
    net.call("port.set", {"name": "alice", "vlan": {"mode": "trunk", "native": None}})
    with background(net, "ping", "-b", "-i", "0.02", "10.0.0.255"):
        screen.wait_for(lambda s: re.search(r"^alice .* [1-9]\d* +\d+$", s.text(), re.M), "drops")


@pytest.mark.parametrize("keys", ["q", "\x03"])
def test_quitting_gives_the_terminal_back(top, keys):
    assert top.settings() != top.settings_before
    top.press(keys)
    assert top.wait_for_end() == 0
    assert has_given_back_the_terminal(top)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_deadly_signal_is_died_of_but_not_before_the_terminal_is_given_back(top, number):
    top.process.send_signal(number)
    assert top.wait_for_end() == -number
    assert has_given_back_the_terminal(top)


def test_daemon_that_ends_is_told_below_the_command(net, top):
    net.stop()
    assert top.wait_for_end() == 3
    assert has_given_back_the_terminal(top)
    assert b"ended the session" in top.output.split(LEFT_THE_SCREEN)[-1]


def test_daemon_that_does_not_answer_can_be_left(net, top):
    net.daemon.send_signal(signal.SIGSTOP)
    try:
        top.press("q")
        assert top.wait_for_end() == 0
    finally:
        net.daemon.send_signal(signal.SIGCONT)
    assert has_given_back_the_terminal(top)


def state_of(process):
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as stat:
        return stat.read().rsplit(")", 1)[1].split()[0]


def test_stopping_gives_the_terminal_back_until_it_goes_on(top):
    top.press("\x1a")
    # A shell would be told; here nobody waits for it, and the group has no other process.
    top.wait_for(lambda s: state_of(s.process) == "T", "it stops")
    top.wait_for(has_given_back_the_terminal, "the terminal is given back")
    top.process.send_signal(signal.SIGCONT)
    top.wait_for(lambda s: s.output.count(b"\x1b[?1049h") > 1, "it draws again")
    top.press("q")
    assert top.wait_for_end() == 0
    assert has_given_back_the_terminal(top)


def test_terminal_that_changes_its_size_is_filled(top):
    top.resize(40, 160)
    top.wait_for(lambda s: s.lines()[39].startswith("q quit") and "STATIONS" in s.text(),
                 "40 lines of 160 columns")
    top.resize(8, 30)
    top.wait_for(lambda s: s.lines()[7].startswith("q quit") and "STATIONS" not in s.text()
                 and names(s) == ["alice", "bob", "carol"], "8 lines of 30 columns")
    top.resize(1, 1)
    top.resize(24, 80)
    top.wait_for(lambda s: s.lines()[23].startswith("q quit"), "24 lines of 80 columns")


def test_narrow_terminal_drops_columns_and_wraps_nothing(net, screen_of):
    screen = screen_of(command(net, "--sort", "port"), lines=10, columns=24)
    screen.wait_for(lambda s: names(s) == ["alice", "bob", "carol"], "three rows")
    assert screen.lines()[1] == "PORT               RX"


def test_more_ports_than_lines_are_scrolled(net, screen_of):
    for number in range(20):
        net.call("port.add", {"name": f"p{number:02}", "type": "tap", "switch": "sw1"})
    screen = screen_of(command(net, "--sort", "port", "--switch", "sw1"), lines=10)
    screen.wait_for(lambda s: names(s)[:2] == ["carol", "p00"] and len(names(s)) == 7, "a page")
    screen.press(DOWN * 14)
    screen.wait_for(lambda s: names(s)[-1] == "p19" and len(names(s)) == 7, "the last page")


def test_strange_keys_do_no_harm(top):
    top.press("\x1b[1;5Cxyz\x1b[200~\x1b[M !!\x00\xff\x1b")
    top.press("q")
    assert top.wait_for_end() == 0


def test_pipe_gets_one_table_behind_the_other(net):
    with subprocess.Popen(command(net, "--sort", "port"), stdout=subprocess.PIPE,
                          text=True) as process:
        lines = [process.stdout.readline() for _ in range(9)]
        process.kill()
    assert [line.split()[0] if line.strip() else "" for line in lines] == \
        ["PORT", "alice", "bob", "carol", "", "PORT", "alice", "bob", "carol"]
    assert "\x1b" not in "".join(lines)


def test_once_prints_one_table(net):
    done = subprocess.run(command(net, "--once", "--sort", "port", "--filter", "o"),
                          capture_output=True, text=True, timeout=DEADLINE, check=True)
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["PORT", "bob", "carol"]


def test_once_on_a_terminal_leaves_it_alone(net, screen_of):
    screen = screen_of(command(net, "--once"))
    assert screen.wait_for_end() == 0
    assert b"\x1b[?1049h" not in screen.output
    assert "alice" in screen.text()


def test_dumb_terminal_gets_tables(net, screen_of):
    screen = screen_of(command(net), term="dumb")
    screen.wait_for_text("alice")
    assert b"\x1b[?" not in screen.output


def test_for_programs_each_line_is_an_answer(net):
    with subprocess.Popen(command(net, "--json", "--switch", "sw1"), stdout=subprocess.PIPE,
                          text=True) as process:
        answers = [json.loads(process.stdout.readline()) for _ in range(2)]
        process.kill()
    for answer in answers:
        assert list(answer["ports"]) == ["carol"]


def test_reader_that_has_enough_ends_it(net):
    with subprocess.Popen(command(net), stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(DEADLINE) == -signal.SIGPIPE


@pytest.mark.parametrize("words", [("--sort", "weather"), ("--interval", "0"), ("alice",)])
def test_wrong_words_are_refused(net, words):
    done = net.tapctl("top", *words, check=False)
    assert done.returncode == 2 and done.stdout == ""


def test_switch_that_is_not_there_is_told_before_the_screen_is_taken(net, screen_of):
    screen = screen_of(command(net, "--switch", "sw9"))
    assert screen.wait_for_end() == 1
    assert b"\x1b[?1049h" not in screen.output
    assert "no switch 'sw9'" in screen.text()


