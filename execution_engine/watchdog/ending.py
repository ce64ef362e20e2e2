"""Ends an order from outside, when nobody else will: by its claim if it has none, then by the first result."""

from __future__ import annotations

import structlog

from execution_engine.clock import Clock
from execution_engine.identifiers import Identifiers
from execution_engine.orders.order import Order
from execution_engine.orders.outside import result_from_outside
from execution_engine.orders.signals import SILENCE, Signals
from execution_engine.orders.status import Reason, Status
from execution_engine.orders.store import Reports, Waker
from execution_engine.orders.target import Services
from execution_engine.watchdog.verdict import Patience, Sighting

log = structlog.get_logger()


class Ending:
    """Whatever it wrote, or found written, the target is told to stop what it still runs of the attempt."""

    def __init__(
        self,
        reports: Reports,
        waker: Waker,
        services: Services,
        clock: Clock,
        identifiers: Identifiers,
        patience: Patience,
        signals: Signals = SILENCE,
    ) -> None:
        self._reports = reports
        self._waker = waker
        self._services = services
        self._clock = clock
        self._identifiers = identifiers
        self._patience = patience
        self._signals = signals

    def give_up(self, order: Order) -> None:
        """No worker came."""
        why = f"no worker started within {self._patience.start_limit:.0f} s and {order.launches} launches"
        self._end_unclaimed(order, why)

    def lost(self, order: Order) -> None:
        self._write(order, Status.FAILED, Reason.WORKER_LOST, "the worker fell silent")

    def overdue(self, order: Order) -> None:
        status, reason = self._asked_for(order)
        self._write(order, status, reason, "ended from outside: nobody answered in time")

    def gone(self, order: Order, seen: Sighting) -> None:
        """The order's service says that nothing of it runs any more."""
        told = (seen.found and seen.found.message) or "it does not say why"
        why = f"{order.execution_target} ended {order.execution_id}: {told}"
        if seen.claim is None:
            self._end_unclaimed(order, why)
        elif seen.asked_at is not None:
            status, reason = self._asked_for(order)
            self._write(order, status, reason, why)
        else:
            self._write(order, Status.FAILED, Reason.WORKER_LOST, why)

    def _end_unclaimed(self, order: Order, why: str) -> None:
        ids = (order.run_id, order.order_num, order.attempt)
        nonce = self._identifiers.nonce()
        if not self._services.refuse(order, str(Reason.DISPATCH_FAILED), why):
            return  # one of several workers has just begun
        if self._reports.void(*ids, nonce, str(Reason.DISPATCH_FAILED), self._clock.now()):
            self._write(order, Status.FAILED, Reason.DISPATCH_FAILED, why)

    def _asked_for(self, order: Order) -> tuple[Status, str | None]:
        """What the order was asked to end for stands, also when it did not answer."""
        asked = self._reports.asked(order.run_id, order.order_num, order.attempt) or {}
        if asked.get("status") == Status.TIMED_OUT and asked.get("reason") is None:
            return Status.TIMED_OUT, None  # its own time was up, which the status says
        claim = self._reports.claim(order.run_id, order.order_num, order.attempt)
        reason = str(asked.get("reason") or (claim.reason if claim else None) or Reason.DISPATCH_FAILED)
        return (Status.TIMED_OUT if reason == Reason.JOB_TIMED_OUT else Status.FAILED), reason

    def _write(self, order: Order, status: Status, reason: str | None, why: str) -> None:
        result = result_from_outside(status, reason, why, self._clock.now())
        written = self._services.conclude(order, result) or self._reports.write_result(
            order.run_id, order.order_num, order.attempt, result
        )
        if written:
            self._signals.ended_from_outside(order)
        else:
            self._waker.wake(order.run_id, order.order_num)
        try:
            self._services.stop(order)
        except Exception as error:  # the order has ended; what is left of it ends by its own limits
            log.warning("target can't stop it", run_id=order.run_id, order_name=order.order_name, error=str(error))
