"""What a contract suite needs of a backend of ``Records`` beside the protocol."""

from __future__ import annotations

from typing import Any, Protocol

from contracts.examples import a_run, an_order
from fakes.calls import Calls
from fakes.damage import GONE, Damage
from fakes.records import MemoryRecords

from execution_engine.orders.event import Event
from execution_engine.orders.order import Order
from execution_engine.orders.run import Run
from execution_engine.orders.store import Records
from execution_engine.storage.records import DynamoRecords
from execution_engine.storage.rows import read_event


class RecordsBackend(Protocol):
    records: Records

    def events(self, run: Run) -> list[Event]:
        """The run's history, oldest first."""
        ...

    def spoil(self, run_id: str, num: str) -> None:
        """Makes an order's record unreadable."""
        ...

    def damage(self, run_id: str, num: str, name: str, *, remove: bool = False) -> None:
        """Takes an attribute away, or gives it a type that no attribute has."""
        ...


class InMemory:
    def __init__(self) -> None:
        self.records = MemoryRecords(Calls())

    def events(self, run: Run) -> list[Event]:
        return self.records.events(run.run_id)

    def spoil(self, run_id: str, num: str) -> None:
        self.records.spoil(run_id, num)

    def damage(self, run_id: str, num: str, name: str, *, remove: bool = False) -> None:
        Damage(name, GONE if remove else b"\x00").do(self.records, run_id, num)


class OnAws:
    def __init__(self, aws: Any) -> None:
        self._aws = aws
        self.records = DynamoRecords(aws.database, aws.tables)

    def events(self, run: Run) -> list[Event]:
        answer = self._aws.client("dynamodb").query(
            TableName=self._aws.names.events,
            KeyConditionExpression="trace_id = :trace",
            ExpressionAttributeValues={":trace": {"S": run.trace_id}},
        )
        events = [read_event(self._aws.tables, item) for item in answer["Items"]]
        return sorted((event for event in events if event.run_id == run.run_id), key=lambda event: event.epoch)

    def spoil(self, run_id: str, num: str) -> None:
        self._aws.client("dynamodb").update_item(
            TableName=self._aws.names.orders,
            Key={"pk": {"S": f"{run_id}:{num}"}},
            UpdateExpression="SET cmds = :text",
            ExpressionAttributeValues={":text": {"S": "no list"}},
        )

    def damage(self, run_id: str, num: str, name: str, *, remove: bool = False) -> None:
        change = (
            {"UpdateExpression": "REMOVE #name"}
            if remove
            else {
                "UpdateExpression": "SET #name = :value",
                "ExpressionAttributeValues": {":value": {"B": b"\x00"}},
            }
        )
        self._aws.client("dynamodb").update_item(
            TableName=self._aws.names.orders,
            Key={"pk": {"S": f"{run_id}:{num}"}},
            ExpressionAttributeNames={"#name": name},
            **change,
        )


def stored(
    backend: RecordsBackend,
    run_id: str,
    *,
    run: dict[str, Any] | None = None,
    first: dict[str, Any] | None = None,
    second: dict[str, Any] | None = None,
) -> tuple[Run, Order, Order]:
    made = (
        a_run(run_id, **(run or {})),
        an_order(run_id, **(first or {})),
        an_order(run_id, "0002", **(second or {})),
    )
    backend.records.create_run(made[0])
    backend.records.add_orders(made[1:], [])
    return made


def order_of(backend: RecordsBackend, run_id: str, num: str = "0001") -> Order:
    return backend.records.read(run_id, [num]).orders[0]


def run_of(backend: RecordsBackend, run_id: str) -> Run:
    run = backend.records.read(run_id, with_run=True).run
    assert run is not None
    return run
