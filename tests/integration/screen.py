# SPDX-License-Identifier: Apache-2.0
"""screen: a terminal with a program on it: what stands there can be read, and keys be pressed.

The terminal is pyte's, so that what is tested is what a person would see and not which escape
sequences made it so.
"""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time

import pyte

from lab import DEADLINE

ENTER, ESCAPE, DOWN, RIGHT = "\r", "\x1b", "\x1b[B", "\x1b[C"


class Screen:
    """Starts 'command' in a session of its own, whose terminal this is."""

    def __init__(self, command, lines=24, columns=100, term="xterm"):
        self._ours, self._theirs = pty.openpty()
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self._set_size(lines, columns)
        self.settings_before = termios.tcgetattr(self._theirs)
        self.output = b""
        self.process = subprocess.Popen(
            [str(word) for word in command], stdin=self._theirs, stdout=self._theirs,
            stderr=self._theirs, start_new_session=True, env={**os.environ, "TERM": term},
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

    def _set_size(self, lines, columns):
        fcntl.ioctl(self._ours, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def resize(self, lines, columns):
        """As a window's edge is drawn: the kernel sends SIGWINCH."""
        self._read(0)
        self._screen.resize(lines, columns)
        self._set_size(lines, columns)

    def press(self, keys):
        os.write(self._ours, keys.encode())

    def lines(self):
        return [line.rstrip() for line in self._screen.display]

    def text(self):
        return "\n".join(self.lines())

    def wait_for(self, condition, what):
        """Reads until condition(self) is true; returns its value."""
        end = time.monotonic() + DEADLINE
        while True:
            value = condition(self)
            if value:
                return value
            assert time.monotonic() < end, f"in {DEADLINE} s not: {what}\n{self.text()}"
            self._read(0.1)

    def wait_for_text(self, text):
        return self.wait_for(lambda screen: text in screen.text(), f"'{text}' on the screen")

    def wait_for_end(self):
        """The program's exit status; all that it wrote has been read."""
        self.wait_for(lambda screen: screen.process.poll() is not None, "the program ends")
        while self._read(0):
            pass
        return self.process.returncode

    def settings(self):
        """Those of the terminal now, as termios has them."""
        return termios.tcgetattr(self._theirs)

    def _read(self, timeout):
        if not select.select([self._ours], [], [], timeout)[0]:
            return False
        data = os.read(self._ours, 65536)
        self.output += data
        self._stream.feed(data)
        return True

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        os.close(self._ours)
        os.close(self._theirs)
