# SPDX-License-Identifier: Apache-2.0
"""front_end: a front end of the vhost-user protocol with a guest that has a network card, as
tests/support/front_end.hpp has it, for what only a daemon can show.

    with FrontEnd(path) as guest:
        guest.start()
        guest.put(frame)
        assert guest.wait_for_frame() == other

The guest's memory is a memfd of which the rings are at the beginning.
"""

import array
import contextlib
import mmap
import os
import select
import socket
import struct
import time

MEMORY = 4 << 20
GUEST_BASE, USER_BASE = 0x4000_0000, 0x7F00_0000_0000
RING_SIZE = 256
TO_GUEST, FROM_GUEST = 0, 1
RING_AT = (0, 0x1_0000)
BUFFERS_AT = (0x10_0000, 0x20_0000)
BUFFER = 2048
HEADER = 12
(GET_FEATURES, SET_FEATURES, SET_OWNER, SET_MEM_TABLE, SET_VRING_NUM, SET_VRING_ADDR, SET_VRING_BASE,
 GET_VRING_BASE, SET_VRING_KICK, SET_VRING_CALL, SET_VRING_ENABLE) = (1, 2, 3, 5, 8, 9, 10, 11, 12, 13, 18)
FEATURES = 1 << 32 | 1 << 30
DEADLINE = 10.0


class FrontEnd:
    def __init__(self, path=None, connection=None):
        self.connection = connection or socket.socket(socket.AF_UNIX)
        self.connection.settimeout(DEADLINE)
        if connection is None:
            self.connection.connect(str(path))
        self.file = os.memfd_create("guest")
        os.ftruncate(self.file, MEMORY)
        self.memory = mmap.mmap(self.file, MEMORY)
        self.kicks = [os.eventfd(0, os.EFD_NONBLOCK) for _ in range(2)]
        self.calls = [os.eventfd(0, os.EFD_NONBLOCK) for _ in range(2)]
        self._seen = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.connection.close()
        for descriptor in [self.file, *self.kicks, *self.calls]:
            with contextlib.suppress(OSError):
                os.close(descriptor)
        self.file, self.kicks, self.calls = -1, [], []

    # ---- messages --------------------------------------------------------------------------

    def send(self, request, payload=b"", descriptors=(), flags=1):
        message = struct.pack("<III", request, flags, len(payload)) + payload
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]
        self.connection.sendmsg([message], rights if descriptors else [])

    def answer(self):
        header = self.connection.recv(12, socket.MSG_WAITALL)
        assert len(header) == 12, "hung up on"
        return self.connection.recv(struct.unpack("<III", header)[2], socket.MSG_WAITALL)

    def ask(self, request):
        self.send(request)
        return struct.unpack("<Q", self.answer())[0]

    def start(self, features=FEATURES, buffers=RING_SIZE // 2):
        """All that there is to say, until both rings run."""
        self.ask(GET_FEATURES)
        self.send(SET_OWNER)
        self.send(SET_FEATURES, struct.pack("<Q", features))
        region = struct.pack("<IIQQQQ", 1, 0, GUEST_BASE, MEMORY, USER_BASE, 0)
        self.send(SET_MEM_TABLE, region, [self.file])
        for ring, at in enumerate(RING_AT):
            self.send(SET_VRING_NUM, struct.pack("<II", ring, RING_SIZE))
            self.send(SET_VRING_BASE, struct.pack("<II", ring, 0))
            self.send(SET_VRING_ADDR, struct.pack(
                "<IIQQQQ", ring, 0, USER_BASE + at, USER_BASE + self._used_at(ring),
                USER_BASE + self._available_at(ring), 0))
            self.send(SET_VRING_CALL, struct.pack("<Q", ring), [self.calls[ring]])
            self.send(SET_VRING_KICK, struct.pack("<Q", ring), [self.kicks[ring]])
            self.send(SET_VRING_ENABLE, struct.pack("<II", ring, 1))
        self.give_buffers(buffers)
        self.ask(GET_FEATURES)

    # ---- the driver --------------------------------------------------------------------------

    @staticmethod
    def _available_at(ring):
        return RING_AT[ring] + 16 * RING_SIZE

    @staticmethod
    def _used_at(ring):
        return RING_AT[ring] + 32 * RING_SIZE

    def word(self, at):
        return struct.unpack_from("<H", self.memory, at)[0]

    def offer(self, ring, address, size, flags):
        index = self.word(self._available_at(ring) + 2)
        head = index % RING_SIZE
        struct.pack_into("<QIHH", self.memory, RING_AT[ring] + 16 * head, address, size, flags, 0)
        struct.pack_into("<H", self.memory, self._available_at(ring) + 4 + 2 * head, head)
        struct.pack_into("<H", self.memory, self._available_at(ring) + 2, (index + 1) & 0xFFFF)

    def give_buffers(self, count):
        for _ in range(count):
            head = self.word(self._available_at(TO_GUEST) + 2) % RING_SIZE
            self.offer(TO_GUEST, GUEST_BASE + BUFFERS_AT[TO_GUEST] + head * BUFFER, BUFFER, 2)

    def put(self, frame):
        head = self.word(self._available_at(FROM_GUEST) + 2) % RING_SIZE
        at = BUFFERS_AT[FROM_GUEST] + head * BUFFER
        self.memory[at:at + HEADER + len(frame)] = bytes(HEADER) + frame
        self.offer(FROM_GUEST, GUEST_BASE + at, HEADER + len(frame), 0)
        self.kick(FROM_GUEST)

    def kick(self, ring):
        os.eventfd_write(self.kicks[ring], 1)

    def next_frame(self):
        if self.word(self._used_at(TO_GUEST) + 2) == self._seen:
            return None
        entry = self._used_at(TO_GUEST) + 4 + 8 * (self._seen % RING_SIZE)
        head, size = struct.unpack_from("<II", self.memory, entry)
        self._seen = (self._seen + 1) & 0xFFFF
        at = BUFFERS_AT[TO_GUEST] + head * BUFFER
        return self.memory[at + HEADER:at + size]

    def wait_for_frame(self):
        end = time.monotonic() + DEADLINE
        while (frame := self.next_frame()) is None:
            left = end - time.monotonic()
            assert left > 0, "no frame has come"
            if select.select([self.calls[TO_GUEST]], [], [], left)[0]:
                os.eventfd_read(self.calls[TO_GUEST])
        return frame
