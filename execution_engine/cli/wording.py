"""Small texts that several commands show: durations, times, statuses, the end of a log."""

from __future__ import annotations

import re
from datetime import UTC, datetime

MARKS = {
    "queued": "·",
    "dispatched": "…",
    "running": "▶",
    "succeeded": "✓",
    "failed": "✗",
    "timed_out": "⏱",
}

LINE_LIMIT = 400
"""Characters of a log's line that are shown."""

_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])")


def duration(seconds: float) -> str:
    """``00:03``, ``12:40``, ``1:02:03``."""
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes:02d}:{rest:02d}"


def moment(epoch: float | None) -> str:
    """A time in UTC; a dash for none."""
    if epoch is None:
        return "-"
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def words(status: str) -> str:
    return status.replace("_", " ")


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def last_lines(log: str, count: int) -> list[str]:
    """The last lines of a log as a terminal may be shown them: nothing in them moves its cursor."""
    lines = _ESCAPES.sub("", log).replace("\r\n", "\n").rstrip("\n").split("\n")
    # Of a line that a progress bar wrote over, what was left standing.
    shown = [line.rstrip("\r").rpartition("\r")[2] for line in lines[-count:]]
    cut = [line if len(line) <= LINE_LIMIT else line[: LINE_LIMIT - 1] + "…" for line in shown]
    return ["".join(c if c.isprintable() or c == "\t" else "�" for c in line) for line in cut]


def plain(text: str) -> str:
    """Somebody else's words as one line that moves no cursor."""
    return " ".join("".join(c if c.isprintable() else " " for c in _ESCAPES.sub("", text)).split())
