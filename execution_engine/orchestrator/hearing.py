"""Finds out what is true about the orders that marks point at, and tells the planner."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import structlog

from execution_engine.orders.concurrently import Concurrently
from execution_engine.orders.custom_events import custom_events
from execution_engine.orders.event import Epochs
from execution_engine.orders.machine import Trigger
from execution_engine.orders.marks import Word
from execution_engine.orders.move import Move
from execution_engine.orders.order import Order
from execution_engine.orders.packing import move_event
from execution_engine.orders.planner import Planner
from execution_engine.orders.report import Claim, Result
from execution_engine.orders.status import Status
from execution_engine.orders.store import Records, Reports
from execution_engine.orders.transaction import RunChange, Transaction

log = structlog.get_logger()

_EVENTS_A_TRANSACTION = 90
MAX_LAUNCHES = 5


class Hearing:
    """``relaunch_after``: seconds without a claim before a launch is repeated; doubles with each launch."""

    def __init__(
        self,
        records: Records,
        reports: Reports,
        relaunch_after: float,
        concurrently: Concurrently,
    ) -> None:
        self._records = records
        self._reports = reports
        self._relaunch_after = relaunch_after
        self._concurrently = concurrently

    def hear(
        self, planner: Planner, said: Mapping[str, Word], orders: Iterable[Order], now: float, epochs: Epochs
    ) -> list[Order]:
        """Tells the planner about each of the orders; answers those whose launch is to be repeated."""
        known = list(orders)
        facts = self._concurrently(lambda order: self._facts(order, said[order.order_num]), known)
        relaunches = []
        for order, (claim, result) in zip(known, facts, strict=True):
            if result is not None:
                planner.renew(self._record_events(order, result, now, epochs))
                planner.reported(order.order_num, result)
            elif claim is not None:
                planner.claimed(order.order_num, claim)
            elif order.status is Status.DISPATCHED and said[order.order_num].look and self._is_due(order, now):
                relaunches.append(order)
            planner.look(order.order_num)
        return relaunches

    def _facts(self, order: Order, word: Word) -> tuple[Claim | None, Result | None]:
        """What is there, of what the marks (or a look) make it worth asking for."""
        if not order.status.is_out:
            return None, None
        ids = (order.run_id, order.order_num, order.attempt)
        result = self._reports.result(*ids) if word.look or order.attempt in word.results else None
        claim = None
        if result is None and order.status is Status.DISPATCHED and (word.look or order.attempt in word.claims):
            claim = self._reports.claim(*ids)
        return claim, result

    def _is_due(self, order: Order, now: float) -> bool:
        if order.execution_id is not None:
            return False  # its service has it
        patience = self._relaunch_after * 2.0 ** (order.launches - 1)
        return order.launches < MAX_LAUNCHES and now - (order.launched_at or now) >= patience

    def _record_events(self, order: Order, result: Result, now: float, epochs: Epochs) -> Order:
        """What the commands reported goes into the history after the order's start and before its end, each
        once. The order as it is then."""
        if result.events <= order.events_written:
            return order
        if order.status is Status.DISPATCHED:
            order = self._record_start(order, result, now, epochs)
        documents = self._reports.events(order.run_id, order.order_num, order.attempt)
        events = custom_events(order, documents, epochs)
        written = order.events_written
        for start in range(0, len(events), _EVENTS_A_TRANSACTION):
            page = tuple(events[start : start + _EVENTS_A_TRANSACTION])
            before, epochs.recorded = epochs.recorded, page[-1].epoch
            self._records.commit(
                Transaction(
                    run_id=order.run_id,
                    events=page,
                    appends={order.order_num: (written, written + len(page))},
                    run=RunChange(last_epoch=page[-1].epoch, from_epoch=before),
                )
            )
            written += len(page)
        return order

    def _record_start(self, order: Order, result: Result, now: float, epochs: Epochs) -> Order:
        start = Move(order, Trigger.START, {"started_at": result.started_at or now, "last_update": now})
        told = move_event(start, epochs.next())
        change = RunChange(last_epoch=told.epoch, from_epoch=epochs.record())
        self._records.commit(Transaction(run_id=order.run_id, moves=(start,), events=(told,), run=change))
        return start.after
