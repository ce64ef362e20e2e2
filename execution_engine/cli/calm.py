"""Progress for logs and pipes: one line for each change, nothing that moves."""

from __future__ import annotations

import shutil

from execution_engine.cli import instances
from execution_engine.cli.board import Board, Change
from execution_engine.cli.output import Output
from execution_engine.cli.wording import duration, words

MOST = 30
"""Instances that did not succeed are told of up to so many; the others are counted."""

_INDENT = " " * 6


class CalmLines:
    """Implements ``Progress``. ``begun``: the epoch that the times are counted from."""

    def __init__(self, output: Output, begun: float) -> None:
        self._output = output
        self._begun = begun

    def __enter__(self) -> CalmLines:
        return self

    def __exit__(self, *ignored: object) -> None:
        pass

    def show(self, board: Board, changes: list[Change], now: float) -> None:
        width = min(40, max((len(line.name) for line in board.lines.values()), default=0))
        for change in changes:
            if change.what == "dispatched":
                continue  # its start or its end follows
            told = f"event {change.what}" if change.note else words(change.what)
            why = f" ({change.why})" if change.why else ""
            self._output.say(f"{duration(change.epoch - self._begun)} {change.name:<{width}}  {told}{why}")
            if change.instances:
                self._tell(change.instances)

    def _tell(self, ends: tuple[instances.Instance, ...]) -> None:
        self._output.say(f"{_INDENT}{instances.count(ends)}")
        wrong, hidden = instances.choose(instances.unsuccessful(ends), MOST)
        for row in instances.rows(wrong, indent=_INDENT, columns=shutil.get_terminal_size().columns):
            for line in row:
                self._output.say(line)
        if hidden:
            self._output.say(f"{_INDENT}{hidden}")

    def say(self, text: str) -> None:
        self._output.say(text)
