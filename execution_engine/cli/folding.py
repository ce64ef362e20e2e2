"""Which orders a table shows when there are more than it has room for. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from execution_engine.cli.board import OUT, Line

MOST = 30
"""Rows: more are no table that somebody reads."""


@dataclass(frozen=True, slots=True)
class Folded:
    """``shown`` in the order of the job; ``hidden`` says in words what else runs or failed, or is empty."""

    shown: tuple[Line, ...]
    hidden: str = ""


def fold(lines: Collection[Line], room: int) -> Folded:
    """All of them if they fit. Otherwise what runs and what went wrong, the latest failures first to stay."""
    room = max(3, min(MOST, room))
    if len(lines) <= room:
        return Folded(tuple(lines))
    wrong = sorted(
        (line for line in lines if line.state in ("failed", "timed_out")),
        key=lambda line: (line.reason == "dependency_failed", -(line.since or 0.0)),
    )
    out = [line for line in lines if line.state in OUT]
    for_wrong = min(len(wrong), max(room // 2, room - len(out)))
    kept = {line.num for line in [*wrong[:for_wrong], *out[: room - for_wrong]]}
    shown = tuple(line for line in lines if line.num in kept)
    others = sum(1 for line in lines if line.state not in ("queued", "succeeded")) - len(shown)
    return Folded(shown, f"{others} more that run or failed" if others else "")
