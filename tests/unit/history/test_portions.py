"""Whatever is asked over HTTP fits into one answer and leads on to the rest, in few calls of storage."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from contracts.aws import Aws
from contracts.examples import NOW, a_run, an_event, an_order

from execution_engine.errors import NotFound
from execution_engine.history import portions as room
from execution_engine.history.history import History
from execution_engine.history.portions import LogPiece, Portions
from execution_engine.jobs.naming import log_chunk_name, log_prefix
from execution_engine.orders.status import Status
from execution_engine.storage.order_logs import OrderLogs
from execution_engine.storage.pages import ContinuationUnreadable
from execution_engine.storage.queries import Queries
from execution_engine.storage.records import DynamoRecords


@pytest.fixture
def queries(aws: Aws) -> Queries:
    return Queries(aws.database, aws.tables)


@pytest.fixture
def history(aws: Aws, queries: Queries) -> History:
    return History(queries, OrderLogs(aws.bucket("internal")))


@pytest.fixture
def portions(history: History, queries: Queries) -> Portions:
    return Portions(history, queries)


@pytest.fixture
def records(aws: Aws) -> DynamoRecords:
    return DynamoRecords(aws.database, aws.tables)


@contextmanager
def counted(aws: Aws) -> Iterator[list[str]]:
    """The calls of DynamoDB meanwhile."""
    calls: list[str] = []

    def note(model: Any, **_: Any) -> None:
        calls.append(model.name)

    client = aws.database._connection.client
    client.meta.events.register("before-call.dynamodb", note, unique_id="counted")
    try:
        yield calls
    finally:
        client.meta.events.unregister("before-call.dynamodb", unique_id="counted")


def test_a_run_of_a_thousand_orders_is_three_calls_and_one_for_each_megabyte(
    aws: Aws, portions: Portions, records: DynamoRecords, run_id: str
) -> None:
    records.create_run(a_run(run_id, total=1000))
    records.add_orders([an_order(run_id, f"{i:04d}", cmds=("x" * 1_000,)) for i in range(1, 1001)], [])
    with counted(aws) as calls:
        run = portions.run(run_id, None, 9_999)
    assert (len(run["orders"]), run["next"]) == (1000, None)
    assert len(calls) <= 3 + 2  # each row is between one and two thousand bytes
    assert len(json.dumps(run)) < room.LIMIT


def test_a_page_of_five_hundred_events_is_one_call(
    aws: Aws, portions: Portions, records: DynamoRecords, run_id: str
) -> None:
    run = a_run(run_id)
    records.add_orders([], [an_event(run, epoch=round(NOW + i * 1e-6, 6)) for i in range(600)])
    with counted(aws) as calls:
        page = portions.trace(run.trace_id, None, None, None, 500)
    assert (len(page["events"]), calls) == (500, ["Query"])
    rest = portions.trace(run.trace_id, None, None, page["next"], 500)
    assert (len(rest["events"]), rest["next"]) == (100, None)


@pytest.mark.parametrize("limit", [1, 2, 3, 9_999])
@pytest.mark.parametrize("size", [1_000, 2_000, 10**9])
def test_orders_come_in_as_many_answers_as_they_need(
    portions: Portions, records: DynamoRecords, run_id: str, limit: int, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "LIMIT", size)
    records.create_run(a_run(run_id, total=7))
    records.add_orders([an_order(run_id, f"{i:04d}") for i in range(1, 8)], [])
    found, after, answers = [], None, 0
    while True:
        page = portions.run(run_id, after, limit)
        assert len(page["orders"]) <= limit
        assert len(page["orders"]) == 1 or len(json.dumps(page["orders"])) <= size
        found += [order["order_num"] for order in page["orders"]]
        answers += 1
        after = page["next"]
        if after is None:
            break
    assert found == [f"{i:04d}" for i in range(1, 8)]
    assert (answers == 1) == (limit == 9_999 and size == 10**9)


def test_each_order_comes_with_the_end_of_its_log_where_that_is_asked_for(
    aws: Aws, portions: Portions, records: DynamoRecords, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "MOST_LOGS", 2)
    records.create_run(a_run(run_id, total=3))
    facts: dict[str, Any] = {"status": Status.SUCCEEDED, "attempt": 1, "log_bytes": 5, "log_tail": "hello"}
    records.add_orders([an_order(run_id, f"{i:04d}", **facts) for i in range(1, 4)], [])
    page = portions.run(run_id, None, 9_999, 3)
    assert [order["log"] for order in page["orders"]] == ["llo", "llo"]
    assert page["next"] is not None
    assert "log" not in portions.run(run_id, None, 9_999)["orders"][0]


def test_events_that_are_too_large_together_come_one_after_the_other(
    portions: Portions, records: DynamoRecords, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "LIMIT", 30_000)
    run = a_run(run_id)
    events = [an_event(run, epoch=round(NOW + i * 1e-6, 6), data={"text": "\x01" * 2_000}) for i in range(8)]
    records.add_orders([], events)
    found, after = [], None
    while True:
        page = portions.trace(run.trace_id, None, None, after, 500)
        assert len(json.dumps(page)) <= room.LIMIT
        found += [event["epoch"] for event in page["events"]]
        after = page["next"]
        if after is None:
            break
    assert found == [event.epoch for event in events]


def test_one_order_is_told_with_its_run(portions: Portions, records: DynamoRecords, run_id: str) -> None:
    records.create_run(a_run(run_id))
    records.add_orders([an_order(run_id, order_name="build"), an_order(run_id, "0002")], [])
    assert portions.one_order(run_id, "build", None) == portions.one_order(run_id, "0001", 1)
    run = portions.one_order(run_id, "build", None)
    assert [(order["order_num"], order["log_instances"]) for order in run["orders"]] == [("0001", [])]
    assert run["run_id"] == run_id
    with pytest.raises(NotFound, match="no order"):
        portions.one_order(run_id, "nobody", None)


def write(aws: Aws, run_id: str, *chunks: bytes, attempt: int = 1) -> None:
    for index, chunk in enumerate(chunks):
        aws.bucket("internal").write(log_prefix(run_id, "0001", attempt) + log_chunk_name(index), chunk)


def test_a_log_comes_in_pieces_and_says_where_to_go_on(
    aws: Aws, portions: Portions, records: DynamoRecords, run_id: str
) -> None:
    records.create_run(a_run(run_id))
    records.add_orders([an_order(run_id, status=Status.SUCCEEDED, attempt=1, log_bytes=10)], [])
    write(aws, run_id, b"0123", b"456789")

    def piece(start: int, size: int) -> LogPiece:
        return portions.log(run_id, "0001", start=start, attempt=None, instance=None, size=size)

    assert piece(0, 3) == LogPiece(b"012", 0, 1, "now")
    assert piece(3, 3) == LogPiece(b"345", 3, 1, "now")
    assert piece(6, 4) == LogPiece(b"6789", 6, 1, "no")
    assert (piece(6, 4).next, piece(10, 4).data, piece(99, 4).data) == (10, b"", b"")


@pytest.mark.parametrize(
    ("status", "last", "asked", "more"),
    [
        (Status.RUNNING, 1, None, "later"),
        (Status.QUEUED, 0, None, "later"),
        (Status.QUEUED, 1, 1, "later"),
        (Status.RUNNING, 2, 1, "no"),
        (Status.RUNNING, 2, 2, "later"),
        (Status.FAILED, 2, 2, "no"),
        (Status.FAILED, 2, 1, "no"),
    ],
)
def test_while_an_order_goes_on_there_may_be_more_of_its_last_attempt(
    portions: Portions, records: DynamoRecords, run_id: str, status: Status, last: int, asked: int | None, more: str
) -> None:
    records.create_run(a_run(run_id))
    records.add_orders([an_order(run_id, status=status, attempt=last)], [])
    assert portions.log(run_id, "0001", start=0, attempt=asked, instance=None).more == more


@pytest.mark.parametrize("after", ["", "!", "e30", "W10", "bm9uc2Vuc2U", "\u00e9", "x" * 5_000])
def test_a_continuation_of_no_page_is_refused(
    portions: Portions, records: DynamoRecords, run_id: str, after: str
) -> None:
    records.create_run(a_run(run_id))
    for ask in (
        lambda: portions.run(run_id, after, 10),
        lambda: portions.trace("t", None, None, after, 10),
        lambda: portions.order("build", after, 10),
    ):
        with pytest.raises(ContinuationUnreadable):
            ask()
