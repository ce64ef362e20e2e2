"""What may be asked over HTTP, in portions: a function answers with 6 MB at most (Lambda's quota for a synchronous
invocation), and what it was asked about may be larger."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from execution_engine.errors import NotFound
from execution_engine.history.documents import Document
from execution_engine.history.history import History
from execution_engine.history.order_runs import order_runs
from execution_engine.jobs.naming import JOB_ORDER_NAME
from execution_engine.orders.order import Order
from execution_engine.orders.status import Status
from execution_engine.storage.queries import Queries

LIMIT = 2_500_000
"""Bytes of JSON in ASCII. Inside the function's own answer it is text in JSON, where any byte may become two."""

LOG_LIMIT = 4 * 1024 * 1024
"""Bytes of a log. In the function's answer they are base64, a third more."""

EVENTS, MOST_EVENTS = 500, 1_000
RUNS, MOST_RUNS = 20, 100
MOST_ORDERS = 9_999
MOST_LOGS = 50
"""So many orders a page has when each comes with the end of its log: that may take two calls each."""

LOG_END = 64 * 1024
"""Bytes of the end of a log, at most, beside its order."""

_NAME = re.compile(r"[A-Za-z0-9._-]{1,128}")

More = Literal["now", "later", "no"]


@dataclass(frozen=True, slots=True)
class LogPiece:
    """``next``: the byte behind it. ``more``: whether there is more behind it already, may come, or never will."""

    data: bytes
    start: int
    attempt: int
    more: More

    @property
    def next(self) -> int:
        return self.start + len(self.data)


class Portions:
    """Each is bounded, however large the run, the trace or the log. Raises ``NotFound``."""

    def __init__(self, history: History, queries: Queries) -> None:
        self._history = history
        self._queries = queries

    def trace(
        self, trace_id: str, order_name: str | None, since: float | None, after: str | None, limit: int
    ) -> Document:
        """A page of a trace's events, oldest first: one call, unless events are unusually large."""
        return _fitting(lambda most: self._history.trace(trace_id, order_name, after, most, since), limit, "events")

    def order(self, order_name: str, after: str | None, limit: int) -> Document:
        """A page of the runs of all orders of that name, newest first."""
        known = _NAME.fullmatch(order_name) is not None and order_name != JOB_ORDER_NAME
        page = _fitting(lambda most: order_runs(self._queries, order_name, after, most), limit, "runs") if known else {}
        if not known or (after is None and not page["runs"] and page["next"] is None and "unreadable" not in page):
            raise NotFound(f"there are no events of an order {order_name} in any run (events are kept for 90 days)")
        return page

    def outline(self, run_id: str) -> Document:
        """The run without its orders: one call."""
        return self._history.outline(run_id)

    def run(self, run_id: str, after: str | None, limit: int, log_limit: int | None = None) -> Document:
        """The run and its orders, as many as fit: one call, and one for each megabyte of their records.

        ``log_limit``: each order comes with so many bytes of the end of its log, as text under ``log``.
        """
        document = self._history.outline(run_id)
        unreadable: list[str] = list(document.pop("unreadable", ()))
        orders: list[Document] = []
        size, position = 0, after
        most = limit if log_limit is None else min(limit, MOST_LOGS)
        while True:
            page = self._queries.orders(run_id, after=position, limit=most - len(orders))
            told = [self._order(order, log_limit) for order in page.items]
            bytes_of_it = _size(told)
            if size + bytes_of_it > LIMIT and (orders or len(told) > 1):
                if orders:
                    break
                most = max(1, len(told) // 2)
                continue
            orders += told
            size += bytes_of_it
            unreadable += page.unreadable
            position = page.next
            if position is None or len(orders) >= most:
                break
        document |= {"orders": orders, "next": position}
        return {**document, "unreadable": unreadable} if unreadable else document

    def one_order(self, run_id: str, order: str, attempt: int | None) -> Document:
        """The run and this one of its orders, by number or name. ``log_instances``: the instances that the attempt
        (the last one) has logs of, as far as they are known; empty for orders of other targets."""
        document = self._history.outline(run_id)
        found = self._history.find_order(run_id, order)
        found["log_instances"] = self._history.instances(run_id, found["order_num"], attempt)
        return {**document, "orders": [found], "next": None}

    def log(
        self, run_id: str, order: str, *, start: int, attempt: int | None, instance: str | None, size: int = LOG_LIMIT
    ) -> LogPiece:
        """At most ``size`` bytes of an attempt's log from byte ``start`` on, as far as it has come."""
        # Asked before the log is read: a log is complete before its attempt ends.
        found = self._history.find_order(run_id, order)
        number = found["attempt"] if attempt is None else attempt
        goes_on = number >= found["attempt"] and not Status(found["status"]).is_terminal
        data = bytearray()
        for piece in self._history.log(run_id, found["order_num"], start, number, instance):
            data += piece
            if len(data) > size:
                return LogPiece(bytes(data[:size]), start, number, "now")
        return LogPiece(bytes(data), start, number, "later" if goes_on else "no")

    def log_end(self, run_id: str, order: str, limit: int, instance: str | None) -> str:
        return self._history.log_end(run_id, order, limit, instance)

    def _order(self, order: Order, log_limit: int | None) -> Document:
        document = self._history.order_told(order)
        if log_limit is not None:
            document["log"] = self._history.end_of(order, log_limit)
        return document


def _fitting(ask: Callable[[int], Document], limit: int, what: str) -> Document:
    """Asks for less until it fits. One alone always does: DynamoDB's items have 400 KB."""
    while True:
        page = ask(limit)
        count = len(page[what])
        if count <= 1 or _size(page) <= LIMIT:
            return page
        limit = count // 2


def _size(document: object) -> int:
    return len(json.dumps(document))
