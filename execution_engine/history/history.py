"""Everything that can be asked about what ran: by trace, by run, by order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from execution_engine.errors import NotFound, RowUnreadable
from execution_engine.history.documents import (
    Document,
    event_document,
    order_document,
    result_document,
    run_document,
)
from execution_engine.history.logs import Logs
from execution_engine.history.order_runs import order_runs
from execution_engine.history.standing import standing
from execution_engine.jobs.naming import JOB_ORDER_NAME
from execution_engine.orders.mending import mend_run
from execution_engine.orders.order import Order
from execution_engine.orders.run import Phase, Run
from execution_engine.storage.order_logs import OrderLogs
from execution_engine.storage.queries import Queries

_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
"""What every id and name of the engine looks like; anything else exists nowhere, and no store is asked."""

_NUM = re.compile(r"\d{4}")


class History:
    """Answers are plain data. What does not exist raises ``NotFound``, which says what was looked for."""

    def __init__(self, queries: Queries, logs: OrderLogs) -> None:
        self._queries = queries
        self._logs = Logs(logs)
        self._standing = partial(standing, logs)

    def trace(
        self,
        trace_id: str,
        order_name: str | None = None,
        after: str | None = None,
        limit: int | None = None,
        since: float | None = None,
    ) -> Document:
        """One page of a trace's events, oldest first: ``{"events": […], "next": …}``.

        ``after`` is the ``next`` of the page before (null on the last); ``since`` an epoch that all are
        later than. Records that can't be read are named under ``unreadable``.
        """
        sought = f"trace {trace_id}" + ("" if order_name is None else f" with an order {order_name}")
        if not is_id(trace_id) or not (order_name is None or is_id(order_name)):
            raise _no_events(sought)
        page = self._queries.events(trace_id, order_name=order_name, since=since, after=after, limit=limit)
        begins = after is None and since is None
        if begins and not page.items and not page.unreadable and page.next is None:
            raise _no_events(sought)
        document: Document = {"events": [event_document(event) for event in page.items], "next": page.next}
        if page.unreadable:
            document["unreadable"] = list(page.unreadable)
        return document

    def pages(self, trace_id: str, order_name: str | None = None, since: float | None = None) -> Iterator[Document]:
        """All pages of ``trace``, one after the other."""
        page = self.trace(trace_id, order_name, since=since)
        yield page
        while page["next"] is not None:
            page = self.trace(trace_id, order_name, after=page["next"], since=since)
            yield page

    def order(self, order_name: str, after: str | None = None, limit: int = 20) -> Document:
        """One page of what became of all orders of that name, newest first, as ``order_runs`` has it."""
        known = is_id(order_name) and order_name != JOB_ORDER_NAME
        page = order_runs(self._queries, order_name, after, limit) if known else {}
        if not known or (after is None and not page["runs"] and page["next"] is None and "unreadable" not in page):
            raise _no_events(f"an order {order_name} in any run")
        return page

    def latest(self, limit: int) -> list[Document]:
        """The latest beginnings and ends of runs, as events, newest first; what can't be read is left out."""
        page = self._queries.events_of_order(JOB_ORDER_NAME, limit=limit)
        return [event_document(event) for event in page.items]

    def outline(self, run_id: str) -> Document:
        """The run without its orders: one call, whatever its size, unless its record can't be read. Then it is
        what its orders tell of it, and ``unreadable`` says why; the engine is about to end such a run."""
        try:
            return run_document(self._run(run_id))
        except RowUnreadable as error:
            wreck, orders = self._queries.wreck(run_id), list(self._orders(run_id, []))
            run = mend_run(wreck, orders, key_path="", signalled=True, now=0.0)
            return {**run_document(run), "unreadable": [str(error)]}

    def run(self, run_id: str) -> Document:
        """The run and, under ``orders``, every order in the order of their numbers."""
        document = self.outline(run_id)
        unreadable: list[str] = document.pop("unreadable", [])
        document["orders"] = [self.order_told(order) for order in self._orders(run_id, unreadable)]
        if unreadable:
            document["unreadable"] = unreadable
        return document

    def order_told(self, order: Order) -> Document:
        """As ``order_document``, and of one that is out on instances how it stands on each of them."""
        return self._with_standing(order_document(order), order)

    def _with_standing(self, document: Document, order: Order) -> Document:
        told = self._standing(order)
        return {**document, "instances": told} if told else document

    def results(self, run_id: str, log_limit: int) -> Document:
        """How each order ended, with the last ``log_limit`` bytes of its log: ``{"orders": […]}``."""
        unreadable: list[str] = []
        found = self._orders(run_id, unreadable)
        orders = [self._with_standing(result_document(order, self.end_of(order, log_limit)), order) for order in found]
        return {"orders": orders, **({"unreadable": unreadable} if unreadable else {})}

    def find_order(self, run_id: str, order: str) -> Document:
        """One order, by its number or by its name."""
        return order_document(self._find(run_id, order))

    def instances(self, run_id: str, order: str, attempt: int | None = None) -> list[str]:
        """The ids of the instances that an SSM order's attempt (the last one) has logs of, as far as they are known;
        empty for orders of other targets."""
        found = self._find(run_id, order)
        return self._logs.instances(found, found.attempt if attempt is None else attempt)

    def log(
        self, run_id: str, order: str, start: int = 0, attempt: int | None = None, instance: str | None = None
    ) -> Iterator[bytes]:
        """The masked log of an attempt (the last one) from byte ``start`` on, in pieces; as far as it has
        come while it runs. Where no worker ever wrote one, what the engine has to say instead.

        Of an order that runs on several instances that of ``instance``, or all, each below a line with its id.
        """
        found = self._find(run_id, order)
        return self._logs.stream(found, start, found.attempt if attempt is None else attempt, instance)

    def log_end(self, run_id: str, order: str, limit: int, instance: str | None = None) -> str:
        """The last ``limit`` bytes of that log, as text; of several instances the end of each."""
        return self._logs.end(self._find(run_id, order), limit, instance)

    def end_of(self, order: Order, limit: int) -> str:
        """The same, of an order that is at hand."""
        return self._logs.end(order, limit, None)

    def _run(self, run_id: str) -> Run:
        run = self._queries.run(run_id) if is_id(run_id) else None
        if run is None or run.phase is Phase.WITHDRAWN:
            raise NotFound(
                f"there is no run {run_id} (records of a run are kept for 1 day after its deadline; its events are "
                "kept for 90 days: ask for its trace, by its trace_id)"
            )
        return run

    def _find(self, run_id: str, order: str) -> Order:
        found: Order | None = None
        if is_id(run_id) and is_id(order):
            found = self._queries.order(run_id, order) if _NUM.fullmatch(order) else None
            found = found or self._queries.order_named(run_id, order)
        if found is None:
            self._run(run_id)
            raise NotFound(
                f"run {run_id} has no order with the number or the name {order} "
                "(records of orders are kept for 1 day after the run's deadline)"
            )
        return found

    def _orders(self, run_id: str, unreadable: list[str]) -> Iterator[Order]:
        page = self._queries.orders(run_id)
        while True:
            yield from page.items
            unreadable += page.unreadable
            if page.next is None:
                return
            page = self._queries.orders(run_id, after=page.next)


def is_id(text: str) -> bool:
    """Whether anything of the engine's could be called so."""
    return _ID.fullmatch(text) is not None


def _no_events(sought: str) -> NotFound:
    return NotFound(f"there are no events of {sought} (events are kept for 90 days)")
