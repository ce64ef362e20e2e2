"""Progress on a terminal: a table of the orders that is drawn again at each look."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from execution_engine.cli import instances
from execution_engine.cli.board import Board, Change, Line
from execution_engine.cli.folding import MOST, fold
from execution_engine.cli.wording import MARKS, duration, words

_STYLES = {
    "queued": "dim",
    "dispatched": "cyan",
    "running": "bold cyan",
    "succeeded": "green",
    "failed": "bold red",
    "timed_out": "bold magenta",
}
_AROUND = 4
"""Lines that the table needs beside its rows."""


class LiveTable:
    """Implements ``Progress``. A terminal that is gone does not end what it showed."""

    def __init__(self, console: Console, begun: float) -> None:
        self._console = console
        self._begun = begun
        self._live = Live(console=console, auto_refresh=False, redirect_stdout=False, redirect_stderr=False)

    def __enter__(self) -> LiveTable:
        self._live.start()
        return self

    def __exit__(self, *ignored: object) -> None:
        with suppress(OSError):
            self._live.stop()

    def show(self, board: Board, changes: list[Change], now: float) -> None:
        with suppress(OSError):
            picture = draw(board, now, self._begun, self._console.height - _AROUND)
            self._live.update(picture, refresh=True)

    def say(self, text: str) -> None:
        with suppress(OSError):
            self._console.print(text, markup=False, highlight=False)


def draw(board: Board, now: float, begun: float, room: int) -> Group:
    """The table, and under it what it leaves out, the counts and the time since ``begun``. Where there is room, below
    an order that ended on instances their count, and those that did not succeed."""
    folded = fold(list(board.lines.values()), room)
    left = min(MOST, room) - len(folded.shown)
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0), expand=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=None)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, justify="right")
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)  # what the others leave, however much it has to say
    for line in folded.shown:
        table.add_row(*_row(line, now))
        for row in _below(line, left):
            table.add_row(*row)
            left -= 1
    counts = board.counts
    told = [Text(f"{count} {words(state)}", _STYLES[state]) for state in MARKS if (count := counts[state])]
    last = Text(f"{duration(now - begun)}  ").append_text(Text(" · ").join(told))
    hidden = [Text(f"and {folded.hidden}", "dim")] if folded.hidden else []
    return Group(table, *hidden, last)


def _row(line: Line, now: float) -> list[Text]:
    style = _STYLES[line.state]
    if line.state == "failed" and not line.must_succeed:
        style = "yellow"
    elapsed = line.elapsed(now)
    optional = "" if line.must_succeed else "optional"
    return [
        Text(f"{MARKS[line.state]} {words(line.state)}", style),
        Text(line.name),
        Text(line.target, "dim"),
        Text("" if elapsed is None else duration(elapsed)),
        Text(" ".join(part for part in (line.why, optional) if part), "dim"),
    ]


def _below(line: Line, room: int) -> Iterator[list[Text]]:
    if not line.instances or room < 1:
        return
    wrong, hidden = instances.choose(instances.unsuccessful(line.instances), room - 1)
    told = instances.count(line.instances) + (" (not all shown)" if hidden else "")
    yield [Text(""), Text(""), Text(""), Text(""), Text(told, "dim")]
    for one in wrong:
        seconds = "" if one["seconds"] is None else duration(one["seconds"])
        said = "  ".join(part for part in (instances.why(one), instances.message(one)) if part)
        status = Text(f"  {MARKS[one['status']]} {words(one['status'])}", _STYLES[one["status"]])
        yield [status, Text(one["instance_id"]), Text(""), Text(seconds), Text(said, "dim")]
