"""The scripts that run, and what those that ended have left behind. Not thread-safe: the desk's lock is held."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Protocol

from execution_engine.local.commands.invocation import Invocation
from execution_engine.local.processes import Row

LOOK_EVERY = 0.5
"""Seconds between two looks at the processes of the machine, for the case that a script dies."""


class Running(Protocol):
    """A script's process (commands/process.py)."""

    @property
    def pids(self) -> set[int]: ...
    def look(self, table: Collection[Row]) -> None: ...
    def exit_code(self) -> int | None: ...
    def printed(self) -> tuple[str, str]: ...
    def kill(self) -> None: ...
    def kill_all(self) -> None: ...
    def is_gone(self, table: Collection[Row]) -> bool: ...
    def close(self) -> None: ...


class Scripts(Protocol):
    def start(self, invocation: Invocation) -> Running: ...


class Floor:
    """``table``: the processes there are; ``now`` counts seconds."""

    def __init__(self, scripts: Scripts, table: Callable[[], Collection[Row]], now: Callable[[], float]) -> None:
        self._scripts = scripts
        self._table = table
        self._now = now
        self._running: dict[tuple[str, str], Running] = {}
        self._leaving: list[Running] = []
        self._looked_at = now()

    def __len__(self) -> int:
        return len(self._running)

    @property
    def is_empty(self) -> bool:
        return not self._running and not self._leaving

    def pids(self) -> set[int]:
        return set().union(*(one.pids for one in (*self._running.values(), *self._leaving)))

    def start(self, invocation: Invocation) -> None:
        """Raises ``StartFailed``."""
        self._running[_key(invocation)] = self._scripts.start(invocation)

    def of(self, invocation: Invocation) -> Running | None:
        return self._running.get(_key(invocation))

    def kill(self, invocation: Invocation) -> None:
        """Its script, of which nobody hears any more."""
        running = self._running[_key(invocation)]
        running.look(self._table())
        running.kill()
        self.let_go(invocation)

    def lose(self, invocation: Invocation) -> None:
        """Its script and all below it: there is no such instance any more."""
        running = self._running[_key(invocation)]
        running.look(self._table())
        running.kill_all()
        self.let_go(invocation)

    def let_go(self, invocation: Invocation) -> None:
        self._leaving.append(self._running.pop(_key(invocation)))

    def look(self) -> None:
        """Now and then; and whatever is gone is closed."""
        if self.is_empty or self._now() - self._looked_at < LOOK_EVERY:
            return
        self.look_closely()
        table = self._table()
        gone = [one for one in self._leaving if one.is_gone(table)]
        for one in gone:
            one.close()
            self._leaving.remove(one)

    def look_closely(self) -> None:
        table = self._table()
        for one in self._running.values():
            one.look(table)
        self._looked_at = self._now()

    def clear(self) -> None:
        """Nothing of it all runs any more."""
        for one in (*self._running.values(), *self._leaving):
            one.close()
        self._running.clear()
        self._leaving.clear()


def _key(invocation: Invocation) -> tuple[str, str]:
    return invocation.command.id, invocation.instance_id
