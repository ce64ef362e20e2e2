"""Reads for people: pages, continuations, and records that can't be read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from contracts.aws import Aws
from contracts.examples import NOW, a_run, an_event, an_order

from execution_engine.errors import RowUnreadable
from execution_engine.orders.event import Event
from execution_engine.orders.run import Run
from execution_engine.storage.pages import ContinuationUnreadable, continuation, start_key
from execution_engine.storage.queries import Queries
from execution_engine.storage.records import DynamoRecords


@pytest.fixture
def queries(aws: Aws) -> Queries:
    return Queries(aws.database, aws.tables)


@pytest.fixture
def records(aws: Aws) -> DynamoRecords:
    return DynamoRecords(aws.database, aws.tables)


def events_of(run: Run, count: int) -> list[Event]:
    """Of two orders by turns, a microsecond apart, written down in no order."""
    made = [an_event(run, f"order-{i % 2}", round(NOW + i * 1e-6, 6), data={"i": i}) for i in range(count)]
    return made[::-1]


def all_pages(queries: Queries, trace_id: str, **asked: Any) -> list[int]:
    found: list[int] = []
    after = None
    while True:
        page = queries.events(trace_id, after=after, **asked)
        found += [event.data["i"] for event in page.items if event.data is not None]
        if page.next is None:
            return found
        after = page.next


def test_a_run_and_its_orders_come_back_as_they_were_written(
    queries: Queries, records: DynamoRecords, run_id: str
) -> None:
    run, order = a_run(run_id), an_order(run_id, "0002", order_name="second")
    records.create_run(run)
    records.add_orders([order, an_order(run_id)], [])
    assert queries.run(run_id) == run
    assert queries.order(run_id, "0002") == order
    assert queries.order_named(run_id, "second") == order
    assert [one.order_num for one in queries.orders(run_id).items] == ["0001", "0002"]


def test_what_does_not_exist_is_nothing(queries: Queries, records: DynamoRecords, run_id: str) -> None:
    assert queries.run(run_id) is None
    assert queries.order(run_id, "0001") is None
    assert queries.order_named(run_id, "any") is None
    assert queries.orders(run_id).items == ()
    records.create_run(a_run(run_id))
    assert queries.order(run_id, "0000") is None, "the run's own record is no order"


def test_orders_are_paged_in_the_order_of_their_numbers(queries: Queries, records: DynamoRecords, run_id: str) -> None:
    nums = [f"{i:04d}" for i in range(1, 8)]
    records.add_orders([an_order(run_id, num) for num in reversed(nums)], [])
    first = queries.orders(run_id, limit=3)
    second = queries.orders(run_id, after=first.next, limit=3)
    third = queries.orders(run_id, after=second.next, limit=3)
    assert [[one.order_num for one in page.items] for page in (first, second, third)] == [
        nums[:3],
        nums[3:6],
        nums[6:],
    ]
    assert third.next is None


def test_a_name_is_found_on_a_later_page(aws: Aws, queries: Queries, records: DynamoRecords, run_id: str) -> None:
    long = ("x" * 200_000,)
    orders = [an_order(run_id, f"{i:04d}", cmds=long) for i in range(1, 9)]  # more than a page of a megabyte
    records.add_orders(orders, [])
    assert queries.orders(run_id).next is not None
    assert queries.order_named(run_id, "order-0008") == orders[-1]


def test_an_unreadable_order_hides_no_other(aws: Aws, queries: Queries, records: DynamoRecords, run_id: str) -> None:
    records.add_orders([an_order(run_id, num) for num in ("0001", "0002", "0003")], [])
    key = {"pk": {"S": f"{run_id}:0002"}}
    aws.client("dynamodb").update_item(TableName="orders", Key=key, UpdateExpression="REMOVE cmds")
    page = queries.orders(run_id)
    assert [one.order_num for one in page.items] == ["0001", "0003"]
    assert len(page.unreadable) == 1
    assert f"{run_id}:0002" in page.unreadable[0]
    with pytest.raises(RowUnreadable, match=f"{run_id}:0002"):
        queries.order(run_id, "0002")


@pytest.mark.parametrize("limit", [None, 1, 3, 20])
def test_events_come_oldest_first_on_however_many_pages(
    queries: Queries, records: DynamoRecords, run_id: str, limit: int | None
) -> None:
    run = a_run(run_id)
    records.add_orders([], events_of(run, 10))
    assert all_pages(queries, run.trace_id, limit=limit) == list(range(10))
    assert all_pages(queries, run.trace_id, limit=limit, order_name="order-1") == [1, 3, 5, 7, 9]


def test_events_since_an_epoch_are_later_than_it(queries: Queries, records: DynamoRecords, run_id: str) -> None:
    run = a_run(run_id)
    made = events_of(run, 10)
    records.add_orders([], made)
    since = next(event.epoch for event in made if event.data == {"i": 6})
    assert all_pages(queries, run.trace_id, since=since) == [7, 8, 9]
    assert all_pages(queries, run.trace_id, since=since, order_name="order-1") == [7, 9]
    assert all_pages(queries, run.trace_id, since=since, limit=1) == [7, 8, 9]


def test_an_order_whose_name_begins_alike_is_another(queries: Queries, records: DynamoRecords, run_id: str) -> None:
    run = a_run(run_id)
    records.add_orders([], [an_event(run, "build"), an_event(run, "build-all")])
    assert [event.order_name for event in queries.events(run.trace_id, order_name="build").items] == ["build"]


def test_an_unreadable_event_hides_no_other(aws: Aws, queries: Queries, records: DynamoRecords, run_id: str) -> None:
    run = a_run(run_id)
    made = events_of(run, 3)
    records.add_orders([], made)
    key = {"trace_id": {"S": run.trace_id}, "sk": {"S": made[1].sk}}
    aws.client("dynamodb").update_item(
        TableName="order_events",
        Key=key,
        UpdateExpression="SET event_type = :number",
        ExpressionAttributeValues={":number": {"N": "5"}},
    )
    page = queries.events(run.trace_id)
    assert page.items == (made[2], made[0])
    assert len(page.unreadable) == 1
    assert made[1].sk in page.unreadable[0]


def test_nested_data_comes_back_as_plain_data(queries: Queries, records: DynamoRecords, run_id: str) -> None:
    run = a_run(run_id)
    data = {"rows": [{"a": [1, 2.5, None, True]}], "more": {"text": "", "deep": {"list": []}}}
    records.add_orders([], [replace(an_event(run), data=data)])
    (event,) = queries.events(run.trace_id).items
    assert event.data == data


@pytest.mark.parametrize("given", ["", "!", "bm9uc2Vuc2U", "e30", "W10", "é"])
def test_a_continuation_that_nobody_gave_is_refused(queries: Queries, run_id: str, given: str) -> None:
    with pytest.raises(ContinuationUnreadable, match="begin again"):
        queries.orders(run_id, after=given)


def test_a_continuation_leads_into_no_other_list() -> None:
    mine, other = {"run_id": {"S": "mine"}}, {"run_id": {"S": "other"}}
    given = continuation({**other, "pk": {"S": "x"}})
    assert given is not None
    assert start_key(given, other, {"pk": "S"}) == {**other, "pk": {"S": "x"}}
    with pytest.raises(ContinuationUnreadable):
        start_key(given, mine, {"pk": "S"})
    with pytest.raises(ContinuationUnreadable):
        start_key(given, other, {"pk": "N"})
    with pytest.raises(ContinuationUnreadable):
        start_key(given, other, {})


@pytest.mark.parametrize(
    "value",
    [
        {"N": "abc"},
        {"N": "1e5000"},
        {"N": ""},
        {"N": "NaN"},
        {"S": ""},
        {"S": "x" * 1_025},
        {"S": "\ud800"},
        {"S": 5},
        {"S": "a", "N": "1"},
        {},
    ],
)
def test_a_forged_key_that_dynamodb_would_not_take_is_refused(value: dict[str, Any]) -> None:
    given = continuation({"trace_id": {"S": "t"}, "key": value})
    assert given is not None
    with pytest.raises(ContinuationUnreadable):
        start_key(given, {"trace_id": {"S": "t"}}, {"key": next(iter(value), "S")})


@pytest.mark.parametrize("epoch", ["1700000000.123456", "5", "-1.5E+3"])
def test_a_key_as_dynamodb_writes_it_is_taken(epoch: str) -> None:
    key = {"trace_id": {"S": "t"}, "epoch": {"N": epoch}}
    given = continuation(key)
    assert given is not None
    assert start_key(given, {"trace_id": {"S": "t"}}, {"epoch": "N"}) == key


def test_what_dynamodb_calls_outside_of_the_question_is_the_continuations_fault(
    aws: Aws, records: DynamoRecords, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = a_run(run_id)
    records.add_orders([], events_of(run, 3))
    queries = Queries(aws.database, aws.tables)
    first = queries.events(run.trace_id, limit=1)
    error = ClientError({"Error": {"Code": "ValidationException", "Message": "outside query boundaries"}}, "Query")

    def refuse(*_: Any, **__: Any) -> Any:
        raise error

    monkeypatch.setattr(aws.database, "query", refuse)
    with pytest.raises(ContinuationUnreadable, match="another question"):
        queries.events(run.trace_id, since=NOW + 1, after=first.next)
    with pytest.raises(ClientError):
        queries.events(run.trace_id)


def test_an_orders_events_of_all_runs_come_newest_first(queries: Queries, records: DynamoRecords, run_id: str) -> None:
    name = f"build-{run_id}"
    made = [an_event(a_run(f"{run_id}-{i}"), name, epoch=round(NOW + i, 6)) for i in range(5)]
    records.add_orders([], made)
    first = queries.events_of_order(name, limit=2)
    assert list(first.items) == [made[4], made[3]]
    assert queries.events_of_order(name, after=first.next).items == (made[2], made[1], made[0])
    assert queries.events_of_order(name, after=queries.just_after(made[3])).items == (made[2], made[1], made[0])
