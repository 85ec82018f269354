# SPDX-License-Identifier: Apache-2.0
"""hung_files: a file system that does not answer: whoever looks a file up there waits."""

import contextlib
import ctypes
import os

import pytest

MNT_DETACH = 2


@contextlib.contextmanager
def hung_file_system(path):
    """Mounts it at 'path', for as long as its 'with' lasts; then all that wait get an error. The
    server of this FUSE never reads what it is asked."""
    try:
        server = os.open("/dev/fuse", os.O_RDWR)
    except OSError as error:
        pytest.skip(f"this kernel has no FUSE: {error}")
    path.mkdir(exist_ok=True)
    libc = ctypes.CDLL(None, use_errno=True)
    options = f"fd={server},rootmode=40000,user_id=0,group_id=0,allow_other"
    if libc.mount(b"hung", bytes(path), b"fuse", 0, options.encode()) != 0:
        raise OSError(ctypes.get_errno(), "mount")
    try:
        yield path
    finally:
        os.close(server)
        libc.umount2(bytes(path), MNT_DETACH)
