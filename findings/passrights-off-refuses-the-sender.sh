#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A Unix socket that takes no descriptors (SO_PASSRIGHTS off) makes its peer's send fail, words and all.
#
# Expected: as without SO_PASSCRED, what the receiver does not want is left out: the bytes arrive, the descriptors
#   do not. And an option of a listening socket that is about messages is to be set again for each connection.
# Found: sendmsg() with SCM_RIGHTS fails with EPERM at the sender and nothing arrives; a message without descriptors
#   goes through. A connection has the option as the listening socket had it when the client connected: turned off
#   while clients wait in the backlog, it does not hold for them.
# Seen on: Linux 6.18 (the option is of 6.16; on older kernels this script ends with 2).
# Matters to: servers that turn it off for strangers and must tell a client why, clients that read EPERM as missing rights.
# Output seen:
#   turned off before connect:   words pass, words with a descriptor: EPERM, at the server the option is 0
#   turned off in the backlog:   words pass, words with a descriptor: pass, at the server the option is 1
#   turned off after accept:     words pass, words with a descriptor: EPERM, at the server the option is 0
set -euo pipefail
echo "kernel $(uname -r)"
python3 - <<'PYTHON'
import errno, os, socket, sys, tempfile

SO_PASSRIGHTS = 83
off = lambda s: s.setsockopt(socket.SOL_SOCKET, SO_PASSRIGHTS, 0)


def tried(client, fds):
    try:
        socket.send_fds(client, [b"words"], fds) if fds else client.send(b"words")
        return "pass"
    except OSError as error:
        return errno.errorcode[error.errno]


def run(folder, when):
    path = os.path.join(folder, when)
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(path)
        server.listen()
        if when == "before":
            off(server)
        client.connect(path)
        if when == "backlog":
            off(server)
        connection, _ = server.accept()
        with connection:
            if when == "after":
                off(connection)
            option = connection.getsockopt(socket.SOL_SOCKET, SO_PASSRIGHTS)
            return tried(client, []), tried(client, [0]), option


with tempfile.TemporaryDirectory() as folder:
    try:
        with socket.socket(socket.AF_UNIX) as probe:
            off(probe)
    except OSError:
        print("this kernel has no SO_PASSRIGHTS")
        sys.exit(2)
    seen = [run(folder, when) for when in ("before", "backlog", "after")]
    for name, (words, rights, option) in zip(
            ("before connect:  ", "in the backlog:  ", "after accept:    "), seen):
        print("turned off %s words %s, words with a descriptor: %s, at the server the option is %d"
              % (name, words, rights, option))
    refused, passed = ("pass", "EPERM", 0), ("pass", "pass", 1)
    sys.exit(seen != [refused, passed, refused])
PYTHON
echo "as found"
