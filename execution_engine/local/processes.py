"""The processes below one of ours, also those that made sessions of their own."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36


def adopt_orphans() -> None:
    """From now on a descendant whose parent dies becomes this process's child, so that
    :func:`descendants` still finds it. Linux only; elsewhere it goes to init, as ever."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def descendants(pid: int) -> list[int]:
    """All living processes below ``pid``, nearest first; zombies are not among them."""
    children: dict[int, list[int]] = {}
    for child, parent, state in _table():
        if state != "Z":
            children.setdefault(parent, []).append(child)
    found: list[int] = []
    queue = [pid]
    while queue:
        below = children.get(queue.pop(0), [])
        found += below
        queue += below
    return found


def reap_adopted(own_group: int) -> None:
    """Collects dead orphans. Children in our own process group are left to whoever started them."""
    for child, parent, state in _table():
        if parent == os.getpid() and state == "Z":
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                if os.getpgid(child) != own_group:
                    os.waitpid(child, os.WNOHANG)


def end_descendants(pid: int, grace: float, now: Callable[[], float], sleep: Callable[[float], None]) -> None:
    """Interrupts and terminates everything below ``pid``; after ``grace`` seconds kills what is left.

    Each process hears of it once, in the order that lets a command's own clean-up run: an interrupt
    for those in groups of their own (commands), a termination for the functions that ran them.
    """
    asked: set[int] = set()
    until = now() + grace
    while living := descendants(pid):
        for one in living:
            if now() >= until:
                _signal(one, signal.SIGKILL)
            elif one not in asked:
                asked.add(one)
                _signal(one, signal.SIGTERM if _group(one) == _group(pid) else signal.SIGINT)
        sleep(0.02)
        if now() > until + 5:
            return  # in uninterruptible sleep: nothing in our power ends these


def _signal(pid: int, which: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, which)


def _group(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return -1


def _table() -> list[tuple[int, int, str]]:
    """(pid, parent, one-letter state) of every process there is."""
    if Path("/proc/self/stat").exists():
        return _from_proc()
    listing = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,state="], capture_output=True, text=True, check=False
    ).stdout
    rows = (line.split() for line in listing.splitlines())
    return [(int(row[0]), int(row[1]), row[2][0]) for row in rows if len(row) >= 3]


def _from_proc() -> list[tuple[int, int, str]]:
    rows = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                # The name in parentheses may itself hold spaces and parentheses.
                after = Path(entry.path, "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
                rows.append((int(entry.name), int(after[1]), after[0]))
    return rows
