"""Counts in CloudWatch's embedded metric format: a line on standard output, which CloudWatch Logs reads. No call.

Each has the dimension ``service``, which tells one deployment from another; what ends by status has ``status`` beside.
The dashboard and the alarms of infrastructure/modules/observability read these very names.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from execution_engine.orders.order import Order
from execution_engine.orders.run import Phase, Run
from execution_engine.orders.signals import Silence
from execution_engine.orders.transaction import Transaction

_AT_ONCE = 99
"""Values in a line: the format takes 100, at which the library prints by itself."""


class Meter(Silence):
    """Implements ``orders.signals.Signals``.

    ``TimeToDispatch``: from submission to the first attempt, of orders that wait for no other: what the engine
    itself takes, and the run's own limit of orders in flight.
    """

    def __init__(self, namespace: str, service: str) -> None:
        self._namespace = namespace
        self._service = service

    def committed(self, transaction: Transaction) -> None:
        if transaction.run is not None and transaction.run.phase is Phase.RUNNING:
            self._count("RunsStarted")
        ended = Counter(str(move.target) for move in transaction.moves if move.target.is_terminal)
        for status, count in ended.items():
            self._count("OrdersEnded", count, status=status)
        first = [move.after for move in transaction.moves if move.is_dispatch and move.after.attempt == 1]
        waits = [
            1_000 * (order.dispatched_at - order.created_at)
            for order in first
            if order.dispatched_at is not None and not order.dependencies
        ]
        self._put("TimeToDispatch", "Milliseconds", waits)

    def completed(self, run: Run) -> None:
        self._count("RunsEnded", status=str(run.outcome))

    def ended_from_outside(self, order: Order) -> None:
        self._count("WatchdogTimeouts")

    def dead_letters(self, count: int) -> None:
        self._count("DeadLetters", count)

    def _count(self, name: str, count: int = 1, **dimensions: str) -> None:
        self._put(name, "Count", [count], **dimensions)

    def _put(self, name: str, unit: str, values: Sequence[float], **dimensions: str) -> None:
        # Loaded when there is something to count: a cold start does not wait for it.
        from aws_lambda_powertools.metrics import EphemeralMetrics

        for start in range(0, len(values), _AT_ONCE):
            metrics = EphemeralMetrics(namespace=self._namespace, service=self._service)
            for dimension, of in dimensions.items():
                metrics.add_dimension(dimension, of)
            for value in values[start : start + _AT_ONCE]:
                metrics.add_metric(name, unit, value)
            metrics.flush_metrics()
