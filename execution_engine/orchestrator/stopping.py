"""Ending an order that is out, from outside: by its claim if it has none, else by asking (laws 6, 9)."""

from __future__ import annotations

from collections.abc import Iterable

import structlog

from execution_engine.clock import Clock
from execution_engine.identifiers import Identifiers
from execution_engine.orders.order import Order
from execution_engine.orders.outside import result_from_outside, stop_request
from execution_engine.orders.status import Reason, Status
from execution_engine.orders.store import Reports
from execution_engine.orders.target import Services

log = structlog.get_logger()


class Stopping:
    def __init__(self, reports: Reports, services: Services, clock: Clock, identifiers: Identifiers) -> None:
        self._reports = reports
        self._services = services
        self._clock = clock
        self._identifiers = identifiers

    def stop(self, order: Order, reason: str) -> None:
        """What no worker has claimed will never run; whoever runs is asked to end."""
        status = Status.TIMED_OUT if reason == Reason.JOB_TIMED_OUT else Status.FAILED
        if order.status is Status.DISPATCHED and self.end_unclaimed(order, status, reason, "never started"):
            return
        request = stop_request(order.attempt, status, reason, self._clock.now())
        self._reports.ask(order.run_id, order.order_num, request)
        try:  # those of its workers that have not begun need not be asked
            self._services.refuse(order, reason, "never started")
        except Exception as error:  # they will be, at the watchdog's look
            log.warning("workers can't be refused", run_id=order.run_id, order_name=order.order_name, error=str(error))

    def end_unclaimed(self, order: Order, status: Status, reason: str, why: str) -> bool:
        """Wins the attempt's claim, so that it never runs, and writes its result; false if it is taken."""
        ids = (order.run_id, order.order_num, order.attempt)
        now = self._clock.now()
        if not self._services.refuse(order, reason, why):
            return False
        if not self._reports.void(*ids, self._identifiers.nonce(), reason, now):
            return False
        result = result_from_outside(status, reason, why, now)
        if not self._services.conclude(order, result):
            self._reports.write_result(*ids, result)
        try:
            self._services.stop(order)
        except Exception as error:  # it has ended all the same: whatever starts finds the claim
            log.warning("target can't stop it", run_id=order.run_id, order_name=order.order_name, error=str(error))
        return True

    def release(self, orders: Iterable[Order]) -> None:
        """Before their end is written, which nothing can prevent any more: whoever dies in between does it again."""
        for order in orders:
            try:
                self._services.release(order)
            except Exception as error:  # it lives its day, encrypted
                log.warning("kept for an order", run_id=order.run_id, order_name=order.order_name, error=str(error))
