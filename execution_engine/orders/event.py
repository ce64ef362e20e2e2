"""One line of a run's history."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MICROSECOND = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """``epoch``: seconds with microseconds, strictly increasing within a run."""

    trace_id: str
    order_name: str
    epoch: float
    event_type: str
    status: str
    run_id: str
    flow_id: str
    order_num: str | None = None
    data: Mapping[str, Any] | None = None

    @property
    def sk(self) -> str:
        """``<order_name>:<epoch>`` and enough of the run, so that two runs of one trace never share a key."""
        return f"{self.order_name}:{self.epoch:.6f}:{self.run_id}"


class Epochs:
    """Gives out the epochs of one run's events: never one twice, never one that goes back.

    Two invocations' clocks may disagree by seconds, so the run's record carries the last epoch used and the
    next is at least a microsecond later.
    """

    def __init__(self, last: float, now: float) -> None:
        self.last = last
        self.recorded = last
        """The last that the run's record knows of, once everything decided so far is written."""
        self._now = now

    def next(self) -> float:
        self.last = round(max(self._now, self.last + MICROSECOND), 6)
        return self.last

    def record(self) -> float:
        """All given out so far are about to be written; the epoch that the record has before that."""
        before, self.recorded = self.recorded, self.last
        return before
