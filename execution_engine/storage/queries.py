"""Reads for people: runs, orders and events. Indexes are allowed here, and with them answers that lag a
moment behind; nothing that decides may use this (law 3)."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from execution_engine.jobs.naming import RUN_NUM, row_key
from execution_engine.orders.event import Event
from execution_engine.orders.order import Order
from execution_engine.orders.run import Run
from execution_engine.orders.wreck import Wreck
from execution_engine.storage.database import Database
from execution_engine.storage.models import Tables
from execution_engine.storage.pages import ContinuationUnreadable, Page, continuation, page, start_key
from execution_engine.storage.rows import read_event, read_order, read_run, run_values
from execution_engine.storage.service_errors import code_of

ORDERS_OF_RUN = "run_id-order_num-index"
EVENTS_OF_TRACE = "trace_id-epoch-index"
EVENTS_OF_ORDER = "order_name-epoch-index"


class Queries:
    """Every method is one call of DynamoDB unless it says otherwise."""

    def __init__(self, database: Database, tables: Tables) -> None:
        self._database = database
        self._tables = tables

    def run(self, run_id: str) -> Run | None:
        """As it is now. Raises ``RowUnreadable``."""
        item = self._item(run_id, RUN_NUM)
        return None if item is None else read_run(self._tables, item)

    def wreck(self, run_id: str) -> Wreck:
        """What there is of a run that can't be read."""
        raw = self._item(run_id, RUN_NUM)
        values, faults = ({}, {}) if raw is None else run_values(self._tables, raw)
        return Wreck(run_id=run_id, num=RUN_NUM, values=values, faults=faults, gone=raw is None)

    def order(self, run_id: str, num: str) -> Order | None:
        """As it is now. Raises ``RowUnreadable``."""
        item = None if num == RUN_NUM else self._item(run_id, num)
        return None if item is None else read_order(self._tables, item)

    def order_named(self, run_id: str, name: str) -> Order | None:
        """One call per megabyte of the run's orders, and one more. Raises ``RowUnreadable``."""
        request: dict[str, Any] = {
            "IndexName": ORDERS_OF_RUN,
            "KeyConditionExpression": "run_id = :run",
            "FilterExpression": "order_name = :name",
            "ExpressionAttributeValues": {":run": {"S": run_id}, ":name": {"S": name}},
            "ProjectionExpression": "order_num",
        }
        while True:
            answer = self._database.query(self._tables.names.orders, **request)
            for item in answer["Items"]:
                return self.order(run_id, item["order_num"]["S"])
            if not answer.get("LastEvaluatedKey"):
                return None
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def orders(self, run_id: str, after: str | None = None, limit: int | None = None) -> Page[Order]:
        """In the order of their numbers. ``after``: the ``next`` of the page before."""
        request: dict[str, Any] = {
            "IndexName": ORDERS_OF_RUN,
            "KeyConditionExpression": "run_id = :run",
            "ExpressionAttributeValues": {":run": {"S": run_id}},
        }
        if after is not None:
            free = {"order_num": "S", "pk": "S"}
            request["ExclusiveStartKey"] = start_key(after, {"run_id": {"S": run_id}}, free)
        answer = self._page(self._tables.names.orders, request, limit)
        rows, next_page = answer["Items"], continuation(answer.get("LastEvaluatedKey"))
        return page(lambda row: read_order(self._tables, row), rows, next_page)

    def events(
        self,
        trace_id: str,
        *,
        order_name: str | None = None,
        since: float | None = None,
        after: str | None = None,
        limit: int | None = None,
    ) -> Page[Event]:
        """Oldest first; those later than the epoch ``since``, and after the page whose ``next`` ``after`` is.

        Of one order they come from the base table, else from the index.
        """
        values: dict[str, Any] = {":trace": {"S": trace_id}}
        fixed: dict[str, Any] = {"trace_id": {"S": trace_id}}
        if since is not None:
            values[":since"] = {"N": repr(since)}
        if order_name is not None:
            values[":order"] = {"S": f"{order_name}:"}
            request: dict[str, Any] = {"KeyConditionExpression": "trace_id = :trace AND begins_with(sk, :order)"}
            if since is not None:
                request["FilterExpression"] = "epoch > :since"
            free = {"sk": "S"}
        else:
            condition = "trace_id = :trace" + ("" if since is None else " AND epoch > :since")
            request = {"IndexName": EVENTS_OF_TRACE, "KeyConditionExpression": condition}
            free = {"sk": "S", "epoch": "N"}
        request["ExpressionAttributeValues"] = values
        if after is not None:
            request["ExclusiveStartKey"] = start_key(after, fixed, free)
        answer = self._page(self._tables.names.events, request, limit)
        rows, next_page = answer["Items"], continuation(answer.get("LastEvaluatedKey"))
        return page(lambda row: read_event(self._tables, row), rows, next_page)

    def events_of_order(self, order_name: str, *, after: str | None = None, limit: int | None = None) -> Page[Event]:
        """Of all orders of that name in all runs, newest first."""
        request: dict[str, Any] = {
            "IndexName": EVENTS_OF_ORDER,
            "KeyConditionExpression": "order_name = :name",
            "ExpressionAttributeValues": {":name": {"S": order_name}},
            "ScanIndexForward": False,
        }
        if after is not None:
            free = {"trace_id": "S", "sk": "S", "epoch": "N"}
            request["ExclusiveStartKey"] = start_key(after, {"order_name": {"S": order_name}}, free)
        answer = self._page(self._tables.names.events, request, limit)
        rows, next_page = answer["Items"], continuation(answer.get("LastEvaluatedKey"))
        return page(lambda row: read_event(self._tables, row), rows, next_page)

    @staticmethod
    def just_after(event: Event) -> str:
        """The continuation of ``events_of_order`` that begins behind this event."""
        key = {"order_name": event.order_name, "trace_id": event.trace_id, "sk": event.sk}
        named = {name: {"S": value} for name, value in key.items()}
        return continuation({**named, "epoch": {"N": repr(event.epoch)}}) or ""

    def _page(self, table: str, request: dict[str, Any], limit: int | None) -> dict[str, Any]:
        bound = {} if limit is None else {"Limit": max(1, limit)}
        try:
            return self._database.query(table, **request, **bound)
        except ClientError as error:
            # A continuation of another question, as DynamoDB sees it: "outside query boundaries".
            if code_of(error) == "ValidationException" and "ExclusiveStartKey" in request:
                raise ContinuationUnreadable(
                    "the continuation belongs to another question; begin again without one"
                ) from error
            raise

    def _item(self, run_id: str, num: str) -> dict[str, Any] | None:
        found = self._database.batch_get(self._tables.names.orders, [row_key(run_id, num)])
        return found[0] if found else None
