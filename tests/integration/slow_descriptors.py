# SPDX-License-Identifier: Apache-2.0
"""slow_descriptors: descriptors whose last close() waits for somebody, to be passed to a daemon that
does not want them."""

import array
import contextlib
import os
import signal
import socket
import struct

SO_PASSRIGHTS = 83  # Linux 6.16; of asm-generic/socket.h

# Whoever closes the last one waits so long at most: far longer than any test does.
LINGER_SECONDS = 600


def kernel_can_refuse():
    """Whether a Unix socket can be told to take no descriptors."""
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.setsockopt(socket.SOL_SOCKET, SO_PASSRIGHTS, 0)
        except OSError:
            return False
        return True


class SlowDescriptors:
    """Makes TCP sockets with SO_LINGER and words unsent, for their peer does not read. Those that
    are closed already at the end of its 'with' are gone then, wherever they were closed. 'daemon' is
    the process that shall have the last of each."""

    def __init__(self, daemon):
        self._daemon = daemon
        self._is_stopped = False
        self._listener = socket.socket()
        # So little that most of what is sent has to stay here.
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen()
        self._peers = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # With words unread this resets the connection, and nobody waits any more.
        for peer in self._peers:
            peer.close()
        self._listener.close()

    def make(self):
        ours = socket.socket()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 17)
        ours.connect(self._listener.getsockname())
        self._peers.append(self._listener.accept()[0])
        ours.setblocking(False)
        assert ours.send(bytes(1 << 16)) > 1 << 15
        linger(ours, LINGER_SECONDS)
        return ours

    def send(self, connection, data, count=1, to=None, flags=0):
        """Sends 'data' with as many of them, by a Unix socket. Nobody but the receiver has them
        then. False: the kernel refuses them, and nothing is sent. BlockingIOError: it has no room."""
        ours = [self.make() for _ in range(count)]
        rights = array.array("i", [one.fileno() for one in ours])
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)]
        is_sent = False
        with self.stopped():
            try:
                connection.sendmsg([data], ancillary, socket.MSG_DONTWAIT | flags,
                                   *([str(to)] if to else []))
                is_sent = True
            except PermissionError:
                pass
            finally:
                for one in ours:
                    if not is_sent:
                        linger(one, 0)
                    one.close()
        return is_sent

    @contextlib.contextmanager
    def stopped(self):
        """Else the daemon may have closed its own before we close ours, and we would wait. The
        signal ends what it waits for, so send() after send() does not add up outside of this."""
        if self._is_stopped:
            yield
            return
        self._is_stopped = True
        os.kill(self._daemon.pid, signal.SIGSTOP)
        os.waitid(os.P_PID, self._daemon.pid, os.WSTOPPED)
        try:
            yield
        finally:
            os.kill(self._daemon.pid, signal.SIGCONT)
            self._is_stopped = False


def linger(tcp, seconds):
    tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, seconds))
