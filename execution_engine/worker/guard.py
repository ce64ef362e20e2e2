"""What the worker asks of the kernel for itself (Linux; elsewhere nothing happens)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_CHILD_SUBREAPER = 36
_PR_GET_CHILD_SUBREAPER = 37


def forbid_dumping() -> bool:
    """Let no other process of this user read our memory or environment. Says whether it took effect.

    Called by the entry points once per process. A root user's commands can read it all the same.
    """
    return _prctl(_PR_SET_DUMPABLE, 0)


def told_when_parent_dies(number: int) -> bool:
    """Get this signal when the process that forked this one ends. Says whether it took effect.

    A parent that has ended already is not told of: look afterwards who the parent is.
    """
    return _prctl(_PR_SET_PDEATHSIG, number)


@contextmanager
def adopting_orphans() -> Iterator[bool]:
    """Meanwhile processes below us that lose their parent become our children, not init's."""
    before = _adopts()
    adopting = before or _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    try:
        yield adopting
    finally:
        if adopting and not before:
            _prctl(_PR_SET_CHILD_SUBREAPER, 0)


def _prctl(option: int, value: int) -> bool:
    if not sys.platform.startswith("linux"):
        return False
    import ctypes

    try:
        return int(ctypes.CDLL(None).prctl(option, value, 0, 0, 0)) == 0
    except (OSError, AttributeError):
        return False


def _adopts() -> bool:
    if not sys.platform.startswith("linux"):
        return False
    import ctypes

    flag = ctypes.c_int(0)
    try:
        done = ctypes.CDLL(None).prctl(_PR_GET_CHILD_SUBREAPER, ctypes.byref(flag), 0, 0, 0)
    except (OSError, AttributeError):
        return False
    return int(done) == 0 and flag.value == 1
