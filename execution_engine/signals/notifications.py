"""Tells EventBridge of runs that ended and of orders that failed."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import structlog

from execution_engine.clock import Clock
from execution_engine.orders.run import Run
from execution_engine.orders.signals import Silence
from execution_engine.orders.status import Status
from execution_engine.orders.transaction import Transaction
from execution_engine.signals.news import JOB_COMPLETED, ORDER_FAILED, SOURCE, Detail, job_completed, order_failed

log = structlog.get_logger()

_AT_ONCE = 10
"""Entries that PutEvents takes in a call; together 256 KB, of which each of ours is a hundredth."""

_ROUNDS = 2
"""EventBridge refuses entries one by one (its own throttling); those are sent once more."""

PAUSE = 30.0
"""Seconds without a word after a call that failed: a run never waits for one that does not answer, again and again."""


class Notifications(Silence):
    """Implements ``orders.signals.Signals``. ``events``: a client of EventBridge, asked for when there is news, which
    retries by itself and soon gives up. What could not be told is logged, and not told later."""

    def __init__(self, events: Callable[[], Any], bus: str, clock: Clock) -> None:
        self._events = events
        self._bus = bus
        self._clock = clock
        self._silent_until = 0.0

    def committed(self, transaction: Transaction) -> None:
        ends = {move.order.order_num: move.after for move in transaction.moves if move.target.is_terminal}
        self._tell(
            [
                self._entry(ORDER_FAILED, order_failed(ends[str(event.order_num)], event))
                for event in transaction.events
                if event.order_num in ends and event.event_type in (Status.FAILED, Status.TIMED_OUT)
            ]
        )

    def ended(self, run: Run, epoch: float) -> None:
        self._tell([self._entry(JOB_COMPLETED, job_completed(run, epoch))])

    def _entry(self, kind: str, detail: Detail) -> dict[str, Any]:
        return {
            "EventBusName": self._bus,
            "Source": SOURCE,
            "DetailType": kind,
            "Detail": json.dumps(detail),
            "Time": datetime.fromtimestamp(detail["epoch"], UTC),
        }

    def _tell(self, entries: Sequence[dict[str, Any]]) -> None:
        for start in range(0, len(entries), _AT_ONCE):
            if self._clock.now() < self._silent_until:
                log.warning("notifications not sent: EventBridge just failed", count=len(entries) - start)
                return
            self._send(entries[start : start + _AT_ONCE])

    def _send(self, entries: Sequence[dict[str, Any]]) -> None:
        left = list(entries)
        for _ in range(_ROUNDS):
            try:
                answer = self._events().put_events(Entries=left)
            except Exception as error:
                self._silent_until = self._clock.now() + PAUSE
                log.warning("notifications not sent", count=len(left), error=f"{type(error).__name__}: {error}")
                return
            refused = [
                (entry, told) for entry, told in zip(left, answer["Entries"], strict=True) if "ErrorCode" in told
            ]
            if not refused:
                return
            left = [entry for entry, _ in refused]
        log.warning("notifications refused", count=len(left), why=refused[0][1]["ErrorCode"])
