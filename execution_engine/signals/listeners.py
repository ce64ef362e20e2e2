"""All who listen, each by itself: none stands in the way of another, or of a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import structlog

from execution_engine.orders.order import Order
from execution_engine.orders.run import Run
from execution_engine.orders.signals import Signals
from execution_engine.orders.transaction import Transaction

log = structlog.get_logger()


class Listeners:
    """Implements ``orders.signals.Signals``. What a listener raises is logged, and that is all that comes of it."""

    def __init__(self, listeners: Sequence[Signals]) -> None:
        self._listeners = listeners

    def committed(self, transaction: Transaction) -> None:
        self._each(lambda listener: listener.committed(transaction))

    def completed(self, run: Run) -> None:
        self._each(lambda listener: listener.completed(run))

    def ended(self, run: Run, epoch: float) -> None:
        self._each(lambda listener: listener.ended(run, epoch))

    def ended_from_outside(self, order: Order) -> None:
        self._each(lambda listener: listener.ended_from_outside(order))

    def dead_letters(self, count: int) -> None:
        self._each(lambda listener: listener.dead_letters(count))

    def _each(self, tell: Callable[[Signals], None]) -> None:
        for listener in self._listeners:
            try:
                tell(listener)
            except Exception as error:
                who = type(listener).__name__
                log.warning("a listener failed", listener=who, error=f"{type(error).__name__}: {error}")
