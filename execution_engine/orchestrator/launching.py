"""Brings what was reserved onto its target: the watchdog comes before the reservation, the launch after it, and then
the id that the target gave it is recorded (law 5)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

import structlog

from execution_engine.clock import Clock
from execution_engine.errors import ConditionLost, LaunchFailed
from execution_engine.orchestrator.stopping import Stopping
from execution_engine.orders.order import Order
from execution_engine.orders.status import Reason, Status
from execution_engine.orders.store import Records, Watchdogs
from execution_engine.orders.target import Target

log = structlog.get_logger()


class Launching:
    """``targets``: those of this deployment, by name. ``tick``: seconds between a watchdog's looks."""

    def __init__(
        self,
        records: Records,
        watchdogs: Watchdogs,
        targets: Mapping[str, Target],
        stopping: Stopping,
        clock: Clock,
        tick: int,
    ) -> None:
        self._records = records
        self._watchdogs = watchdogs
        self._targets = targets
        self._stopping = stopping
        self._clock = clock
        self._tick = tick

    def watch(self, order: Order) -> None:
        self._watchdogs.start(order.run_id, order.order_num, order.attempt, self._tick)

    def watch_back_off(self, order: Order) -> None:
        """The next attempt's watchdog wakes up when the back-off is over, and has the attempt dispatched."""
        wait = 1 + math.ceil(max(0.0, (order.not_before or 0.0) - self._clock.now()))
        self._watchdogs.start(order.run_id, order.order_num, order.attempt + 1, wait)

    def relaunch(self, order: Order) -> None:
        """What was launched and never claimed, as the same attempt."""
        now = self._clock.now()
        try:
            self._records.relaunched(order, now)
        except ConditionLost:
            return  # it started, or ended, meanwhile
        self.launch(replace(order, launches=order.launches + 1, launched_at=now))

    def launch(self, order: Order) -> None:
        """Whatever goes wrong here concerns this order alone."""
        bound = log.bind(run_id=order.run_id, order_name=order.order_name, attempt=order.attempt)
        target = self._targets.get(order.execution_target)
        try:
            if target is None:
                raise LaunchFailed(f"this deployment has no target {order.execution_target!r}", transient=False)
            launched = _launched(target, order)
            if launched is not None:
                self._records.launched(order, *launched)
        except LaunchFailed as error:
            bound.warning("launch failed", error=str(error), transient=error.transient)
            if not error.transient:
                self._stopping.end_unclaimed(order, Status.FAILED, Reason.DISPATCH_FAILED, str(error))
        except ConditionLost:
            bound.info("ended before its launch was recorded")


def _launched(target: Target, order: Order) -> tuple[str, str | None] | None:
    """Somebody else's target may raise anything."""
    try:
        return target.launch(order)
    except LaunchFailed:
        raise
    except Exception as error:
        what = f"target {order.execution_target} failed ({type(error).__name__}: {error})"
        raise LaunchFailed(what, transient=True) from error
