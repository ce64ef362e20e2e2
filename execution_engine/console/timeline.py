"""A run as bars of waiting and running, in percent of its time so far. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from execution_engine.console.graph import needed
from execution_engine.console.wording import ENDED, duration
from execution_engine.history.documents import Document

TICKS = 6
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400)

SAID = {
    "held": "held back by what it needs",
    "waiting": "ready, waiting for a place",
    "starting": "starting",
    "again": "waiting to be tried again",
    "running": "running",
    "succeeded": "ran and succeeded",
    "failed": "ran and failed",
    "timed_out": "ran until its time was up",
    "ended": "ran, and did not succeed",
}


@dataclass(frozen=True, slots=True)
class Bar:
    """``kind`` is a key of ``SAID``; ``x`` and ``width`` are percent."""

    kind: str
    x: float
    width: float
    seconds: float

    @property
    def said(self) -> str:
        return f"{SAID[self.kind]}, {duration(self.seconds)}"


@dataclass(frozen=True, slots=True)
class Row:
    order: Document
    bars: Sequence[Bar]

    @property
    def said(self) -> str:
        """The bars in words, for whoever hears the page."""
        return "; ".join(bar.said for bar in self.bars)


@dataclass(frozen=True, slots=True)
class Tick:
    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Timeline:
    rows: Sequence[Row]
    ticks: Sequence[Tick]
    seconds: float


def timeline(run: Document, now: float, earlier: Mapping[str, Sequence[Document]]) -> Timeline:
    """``earlier``: the attempts that events tell of, by order number, of orders that had several."""
    orders = run["orders"]
    begin = min([run["created_at"], *(order["created_at"] for order in orders)])
    times = [order[name] for order in orders for name in ("started_at", "ended_at") if order[name] is not None]
    end = run["completed_at"] or max([now if _goes_on(run) else run["last_epoch"], *times])
    scale = _Scale(begin, max([end, *times]))
    ended_at = {order["order_num"]: order["ended_at"] for order in orders}
    needs = needed(orders)
    rows = [
        Row(order, _bars(order, [ended_at[one] for one in needs[order["order_num"]]], scale, earlier))
        for order in orders
    ]
    return Timeline(rows, list(_ticks(scale)), scale.seconds)


@dataclass(frozen=True, slots=True)
class _Scale:
    begin: float
    end: float

    @property
    def seconds(self) -> float:
        return max(self.end - self.begin, 0.001)

    def bar(self, kind: str, start: float, end: float | None) -> list[Bar]:
        """None for no time at all; ``end`` None: until now."""
        stop = self.end if end is None else min(end, self.end)
        start = max(start, self.begin)
        if stop <= start:
            return []
        x, width = (start - self.begin) / self.seconds * 100, (stop - start) / self.seconds * 100
        return [Bar(kind, round(x, 3), round(width, 3), stop - start)]


def _goes_on(run: Document) -> bool:
    return run["completed_at"] is None and not run.get("expired")


def _bars(
    order: Document, needs_ended: Sequence[float | None], scale: _Scale, earlier: Mapping[str, Sequence[Document]]
) -> list[Bar]:
    tried = list(earlier.get(order["order_num"], ())) or [order]
    ended, first = order["ended_at"], tried[0]["dispatched_at"]
    until = first if first is not None else ended
    ready = max([order["created_at"], *(one if one is not None else scale.end for one in needs_ended)])
    ready = min(ready, until if until is not None else scale.end)
    bars = scale.bar("held", order["created_at"], ready)
    if first is None:  # it never started: what ended it is no waiting of its own
        return bars + (scale.bar("waiting", ready, ended) if order["status"] == "queued" else [])
    bars += scale.bar("waiting", ready, first)
    for place, attempt in enumerate(tried):
        following = tried[place + 1]["dispatched_at"] if place + 1 < len(tried) else None
        bars += _attempt(attempt, following, scale)
    return bars


def _attempt(attempt: Document, following: float | None, scale: _Scale) -> list[Bar]:
    dispatched, started, ended = attempt["dispatched_at"], attempt["started_at"], attempt["ended_at"]
    bars = scale.bar("starting", dispatched, started if started is not None else ended)
    if started is not None:
        status = attempt["status"]
        kind = "running" if ended is None else status if status in ENDED else "ended"
        bars += scale.bar(kind, started, ended)
    if ended is not None and (following is not None or attempt["status"] == "queued"):
        bars += scale.bar("again", ended, following)
    return bars


def _ticks(scale: _Scale) -> list[Tick]:
    step = next((one for one in _STEPS if scale.seconds / one <= TICKS), _STEPS[-1])
    count = int(scale.seconds / step + 1e-9)
    return [Tick(round(place * step / scale.seconds * 100, 3), _label(place * step)) for place in range(count + 1)]


def _label(seconds: float) -> str:
    """Round figures, as short as they can be: ``0``, ``0.5 s``, ``20 s``, ``5 m``, ``1 h 30 m``."""
    if seconds < 60:
        return "0" if seconds == 0 else f"{seconds:g} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = [(hours, "h"), (minutes, "m"), (rest, "s")]
    return " ".join(f"{value} {unit}" for value, unit in parts if value)
