# SPDX-License-Identifier: Apache-2.0
"""The filter of system calls: no scenario makes a call that it refuses. All daemons of all scenarios
run with a library that ends them if they do (conftest.py); here it is shown that it would."""

import os
import subprocess
import sys

# A filter as the daemon has one, with a list that is a little shorter.
CONFINED = """
import ctypes, os
seccomp = ctypes.CDLL(None)
seccomp.seccomp_init.restype = ctypes.c_void_p
refuse = 0x00050001  # SCMP_ACT_ERRNO(EPERM)
refused = ctypes.c_void_p(seccomp.seccomp_init(ctypes.c_uint32(refuse)))
for name in (b"write", b"exit_group", b"rt_sigreturn", b"munmap", b"mmap", b"brk", b"futex"):
    number = seccomp.seccomp_syscall_resolve_name(name)
    assert seccomp.seccomp_rule_add(refused, 0x7FFF0000, number, 0) == 0  # SCMP_ACT_ALLOW
os.write(1, b"before ")
assert seccomp.seccomp_load(refused) == 0
os.write(1, b"behind ")
os.rmdir("/nowhere")
"""


def test_refused_call_ends_its_program_and_is_named():
    done = subprocess.run([sys.executable, "-c", CONFINED], capture_output=True, text=True,
                          timeout=10, check=False)
    assert (done.returncode, done.stdout) == (97, "before behind "), done.stderr
    assert done.stderr == "refused system call: rmdir (84)\n" or os.uname().machine != "x86_64"


def test_every_daemon_is_under_it(lab):
    with open(f"/proc/{lab.daemon.pid}/maps", encoding="ascii", errors="replace") as maps:
        assert os.path.basename(os.environ["TAPSWITCH_STRICT_FILTER"]) in maps.read()
    for thread in os.listdir(f"/proc/{lab.daemon.pid}/task"):
        with open(f"/proc/{lab.daemon.pid}/task/{thread}/status", encoding="ascii") as status:
            assert "Seccomp:\t2\n" in status.read()
