"""Follows a run until everything about it is in place, and passes on what happens."""

from __future__ import annotations

from typing import Any, Protocol

from execution_engine.cli.board import Board, Change
from execution_engine.cli.interrupts import Interrupts
from execution_engine.cli.machine import Machine, MachineLost

SHORTEST, LONGEST = 0.1, 0.5
"""Seconds between two looks: often at first, so that a short run ends at once; less often later."""

STOPPING = "interrupted: asking the run to end (once more to leave it at once)"


class Progress(Protocol):
    """Shows a run under way."""

    def __enter__(self) -> Progress: ...

    def __exit__(self, *ignored: object) -> None: ...

    def show(self, board: Board, changes: list[Change], now: float) -> None: ...

    def say(self, text: str) -> None: ...


class Follower:
    """One call a look: the run's record says whether there is anything new to read."""

    def __init__(self, machine: Machine, board: Board, progress: Progress, interrupts: Interrupts) -> None:
        self._machine = machine
        self._board = board
        self._progress = progress
        self._interrupts = interrupts
        self._said = False

    def until_done(self, run_id: str, since: float = 0.0) -> None:
        """``since``: the epoch of the last event that the board knows. When interrupted, has the run
        stopped, and goes on until it has ended."""
        begun = self._machine.clock.now()
        while True:
            run = self._machine.history.outline(run_id)
            self._stop_if_asked(run)
            changes, since = self._news(run, since)
            now = self._machine.clock.now()
            self._progress.show(self._board, changes, now)
            if run["completed_at"] is not None and self._machine.is_done(run_id):
                return
            self._machine.clock.sleep(min(LONGEST, max(SHORTEST, (now - begun) / 20)))

    def _news(self, run: dict[str, Any], since: float) -> tuple[list[Change], float]:
        changes: list[Change] = []
        if run["last_epoch"] <= since:
            return changes, since
        for page in self._machine.history.pages(run["trace_id"], since=since):
            for event in page["events"]:
                if event["run_id"] != run["run_id"]:
                    continue  # another run of the same trace
                since = max(since, event["epoch"])
                change = self._board.learn(event)
                if change is not None:
                    changes.append(change)
        return changes, since

    def _stop_if_asked(self, run: dict[str, Any]) -> None:
        if not self._interrupts.asked:
            return
        if not self._said:
            self._said = True
            self._progress.say(STOPPING)
        # One that was asked goes on ending.
        if run["completed_at"] is None and run["stop"] is None:
            try:
                self._machine.cancel(run["run_id"])
            except MachineLost as error:
                self._progress.say(f"{error}; asking again")
