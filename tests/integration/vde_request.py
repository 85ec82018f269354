# SPDX-License-Identifier: Apache-2.0
"""vde_request: what a VDE client says to a switch, of version 3."""

import os
import socket
import struct


def vde_request(path):
    """Asks for a port, for the client's socket at 'path'."""
    address = struct.pack("=H108s", socket.AF_UNIX, os.fsencode(path))
    return struct.pack("=III", 0xfeedface, 3, 0) + address + b"a test\0"
