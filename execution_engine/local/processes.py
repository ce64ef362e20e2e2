"""The processes below one of ours, also those that made sessions of their own."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Collection, Iterable
from pathlib import Path

_PR_SET_CHILD_SUBREAPER = 36

Row = tuple[int, int, str]
"""A process: its id, its parent's, and the letter of its state."""


def adopt_orphans() -> None:
    """From now on a descendant whose parent dies becomes this process's child, so that
    :func:`descendants` still finds it. Linux only; elsewhere it goes to init, as ever."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def descendants(pid: int) -> list[int]:
    """All living processes below ``pid``, nearest first; zombies are not among them."""
    return below([pid])


def below(pids: Iterable[int]) -> list[int]:
    """The same for several at once."""
    children = by_parent(table())
    found: list[int] = []
    queue = list(pids)
    while queue:
        nearest = children.get(queue.pop(0), [])
        found += nearest
        queue += nearest
    return found


def end_descendants(
    pid: int,
    grace: float,
    now: Callable[[], float],
    sleep: Callable[[float], None],
    functions: Callable[[], Collection[int]] = frozenset,
) -> None:
    """Ends everything below ``pid``; after ``grace`` seconds kills what is left.

    Each process hears of it once. A function (in the group of ``pid``, or one of ``functions``, which is asked again
    and again) is told to terminate; a worker then interrupts its commands and reports how they ended. Commands that
    have no function any more are interrupted from here.
    """
    own = group_of(pid)
    end(lambda: descendants(pid), lambda one: group_of(one) == own or one in functions(), grace, now, sleep)


def end(
    look: Callable[[], Iterable[int]],
    is_function: Callable[[int], bool],
    grace: float,
    now: Callable[[], float],
    sleep: Callable[[float], None],
) -> None:
    """See ``Ending``."""
    ending = Ending(look, is_function, grace, now)
    while not ending.step():
        sleep(0.02)


class Ending:
    """The end of some processes, begun when it is made. What was seen once is followed, whoever it belongs to by
    then. ``is_function``: told to terminate, and left to end what is below it."""

    def __init__(
        self,
        look: Callable[[], Iterable[int]],
        is_function: Callable[[int], bool],
        grace: float,
        now: Callable[[], float],
    ) -> None:
        self._look = look
        self._is_function = is_function
        self._now = now
        self._until = now() + grace
        self._seen: set[int] = set()
        self._asked: set[int] = set()

    def step(self) -> bool:
        """Called again and again, until it says that all have ended (or are in uninterruptible sleep, where
        nothing in our power ends them)."""
        self._seen = {*self._seen, *self._look()} & living(table())
        functions = {one for one in self._seen if self._is_function(one)}
        cared_for = set(below(functions))
        for one in self._seen:
            if self._now() >= self._until:
                send(one, signal.SIGKILL)
            elif one not in self._asked and (one in functions or one not in cared_for):
                self._asked.add(one)
                send(one, signal.SIGTERM if one in functions else signal.SIGINT)
        return not self._seen or self._now() > self._until + 5


def living(rows: Iterable[Row]) -> set[int]:
    """All but zombies."""
    return {pid for pid, _, state in rows if state != "Z"}


def by_parent(rows: Iterable[Row]) -> dict[int, list[int]]:
    """The living children of each."""
    children: dict[int, list[int]] = {}
    for child, parent, state in rows:
        if state != "Z":
            children.setdefault(parent, []).append(child)
    return children


def send(pid: int, which: int) -> None:
    """A signal, if it is there to hear it, and ours."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, which)


def group_of(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return -1


def table() -> list[Row]:
    """Every process there is."""
    if Path("/proc/self/stat").exists():
        return _from_proc()
    rows = (line.split() for line in ps("pid=,ppid=,state="))
    return [(int(row[0]), int(row[1]), row[2][0]) for row in rows if len(row) >= 3]


def ps(columns: str) -> list[str]:
    shown = subprocess.run(["ps", "-A", "-o", columns], capture_output=True, text=True, check=False)
    return shown.stdout.splitlines()


def _from_proc() -> list[Row]:
    rows = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                # The name in parentheses may itself hold spaces and parentheses.
                after = Path(entry.path, "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
                rows.append((int(entry.name), int(after[1]), after[0]))
    return rows
