# SPDX-License-Identifier: Apache-2.0
"""Stops single threads of a running program, as a debugger does (ptrace(2))."""

import contextlib
import ctypes
import os
import re
from pathlib import Path

_SEIZE, _INTERRUPT, _DETACH = 0x4206, 0x4207, 17
_WALL = 0x40000000

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)
_libc.ptrace.restype = ctypes.c_long


def _ptrace(request, thread):
    if _libc.ptrace(request, thread, None, None) != 0:
        raise OSError(ctypes.get_errno(), f"ptrace {request:#x} of thread {thread}")


def threads(pid, name):
    """Ids of the threads whose name begins like this, in the order of their names."""
    found = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        called = (task / "comm").read_text().strip()
        if re.fullmatch(rf"{name} \d+", called):
            found[called] = int(task.name)
    return [found[called] for called in sorted(found)]


@contextlib.contextmanager
def held(thread):
    """The thread stands still, and no other of its process does."""
    _ptrace(_SEIZE, thread)
    try:
        _ptrace(_INTERRUPT, thread)
        os.waitpid(thread, _WALL)
        yield
    finally:
        _ptrace(_DETACH, thread)
