"""Progress for logs and pipes: one line for each change, nothing that moves."""

from __future__ import annotations

from execution_engine.cli.board import Board, Change
from execution_engine.cli.output import Output
from execution_engine.cli.wording import duration, words


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

    def say(self, text: str) -> None:
        self._output.say(text)
