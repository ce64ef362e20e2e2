"""Everything an order's commands have started, wherever it went, and the signals for it.

On Linux a process that lost its parent (double fork, ``setsid``) becomes our child, because the worker
adopts orphans (guard.py) while an order runs. So the order's family is: our children that were not
there before and are not in our own session, and all that descends from them. What the host process
started before, or starts without a session of its own meanwhile, is never touched. One order at a
time per process. Elsewhere only the process groups of the commands are known.
"""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import Protocol

from execution_engine.worker.process_table import Process, ignores_interrupt, processes


class Family(Protocol):
    """The processes of one order. No method raises because somebody has ended meanwhile."""

    def begin(self, leader: int) -> None:
        """A command was started; it leads its own session. It is reaped by whoever started it."""
        ...

    def interrupt(self) -> None:
        """SIGINT, once to each process."""
        ...

    def nudge(self) -> None:
        """SIGTERM to those that ignore SIGINT."""
        ...

    def kill(self) -> None:
        """SIGKILL to all."""
        ...

    def alive(self) -> int:
        """How many are left; the dead are reaped in passing."""
        ...


class LinuxFamily:
    """To be made before the first command is started."""

    def __init__(self) -> None:
        self._me = os.getpid()
        self._session = os.getsid(0)
        self._before = {row.identity for row in processes().values() if row.parent == self._me}
        self._leaders: set[int] = set()

    def begin(self, leader: int) -> None:
        self._leaders.add(leader)

    def interrupt(self) -> None:
        # By group: nobody who is forked meanwhile is missed, and nobody gets it twice (a second
        # interrupt makes terraform, for one, give up its clean end).
        for group in {row.group for row in self._members() if not row.dead}:
            with suppress(OSError):
                os.killpg(group, signal.SIGINT)

    def nudge(self) -> None:
        for row in self._members():
            if not row.dead and ignores_interrupt(row.pid):
                _send(row, signal.SIGTERM)

    def kill(self) -> None:
        for row in self._members():
            if not row.dead:
                _send(row, signal.SIGKILL)

    def alive(self) -> int:
        alive = 0
        for row in self._members():
            if not row.dead:
                alive += 1
            elif row.parent == self._me and row.pid not in self._leaders:
                with suppress(OSError):
                    os.waitpid(row.pid, os.WNOHANG)
        return alive

    def _members(self) -> list[Process]:
        children: dict[int, list[Process]] = {}
        for row in processes().values():
            children.setdefault(row.parent, []).append(row)
        found = [
            row
            for row in children.get(self._me, ())
            if row.session != self._session and row.identity not in self._before
        ]
        for row in found:
            found.extend(children.get(row.pid, ()))
        return found


class GroupFamily:
    """Where there is no ``/proc``: who leaves its command's process group gets away."""

    def __init__(self) -> None:
        self._groups: set[int] = set()

    def begin(self, leader: int) -> None:
        self._groups.add(leader)

    def interrupt(self) -> None:
        self._send(signal.SIGINT)

    def nudge(self) -> None:
        """Nobody: who ignores SIGINT can't be told here from who is cleaning up after it."""

    def kill(self) -> None:
        self._send(signal.SIGKILL)

    def alive(self) -> int:
        self._send(0)
        return len(self._groups)

    def _send(self, number: int) -> None:
        for group in tuple(self._groups):
            try:
                os.killpg(group, number)
            except OSError:
                self._groups.discard(group)  # empty, or nothing in it that we may signal


def family_here() -> Family:
    """The better of the two that this machine can do."""
    return LinuxFamily() if processes() else GroupFamily()


def _send(row: Process, number: int) -> None:
    with suppress(OSError):
        os.kill(row.pid, number)
