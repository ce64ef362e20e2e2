"""Answers about what ran, over tables and buckets as the engine writes them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from contracts.aws import Aws
from contracts.examples import NOW, a_run, an_event, an_order

from execution_engine.errors import NotFound
from execution_engine.history.history import History
from execution_engine.jobs.naming import log_chunk_name, log_prefix
from execution_engine.orders.run import Phase, Tally
from execution_engine.orders.status import Reason, Status
from execution_engine.storage.order_logs import OrderLogs
from execution_engine.storage.queries import Queries
from execution_engine.storage.records import DynamoRecords


@pytest.fixture
def history(aws: Aws) -> History:
    return History(Queries(aws.database, aws.tables), OrderLogs(aws.bucket("internal")))


@pytest.fixture
def records(aws: Aws) -> DynamoRecords:
    return DynamoRecords(aws.database, aws.tables)


def ended(run_id: str, num: str = "0001", **changes: Any) -> Any:
    facts = {"status": Status.SUCCEEDED, "attempt": 1, "started_at": NOW + 1, "ended_at": NOW + 3.5, "exit_code": 0}
    return an_order(run_id, num, **{**facts, **changes})


def write_log(aws: Aws, run_id: str, *chunks: bytes, num: str = "0001", attempt: int = 1) -> None:
    for index, chunk in enumerate(chunks):
        aws.bucket("internal").write(log_prefix(run_id, num, attempt) + log_chunk_name(index), chunk)


def test_a_run_tells_its_status_and_every_order(history: History, records: DynamoRecords, run_id: str) -> None:
    tally = Tally(succeeded=1, failed=1)
    run = a_run(run_id, phase=Phase.COMPLETED, status=Status.FAILED, completed_at=NOW + 5, tally=tally)
    records.create_run(run)
    unrun = an_order(
        run_id, "0002", status=Status.FAILED, reason=Reason.DEPENDENCY_FAILED, ended_at=NOW + 4, dependencies=("a",)
    )
    records.add_orders([ended(run_id, execution_url="https://log"), unrun], [])
    found = history.run(run_id)
    assert {name: found[name] for name in ("run_id", "trace_id", "flow_id", "status", "summary")} == {
        "run_id": run_id,
        "trace_id": run.trace_id,
        "flow_id": run.flow_id,
        "status": "failed",
        "summary": {"succeeded": 1, "failed": 1, "timed_out": 0},
    }
    assert (found["created_at"], found["deadline"], found["completed_at"]) == (NOW, NOW + 3600, NOW + 5)
    first, second = found["orders"]
    assert (first["order_num"], first["order_name"], first["status"]) == ("0001", "order-0001", "succeeded")
    assert (first["seconds"], first["exit_code"], first["execution_url"]) == (2.5, 0, "https://log")
    assert (second["status"], second["reason"], second["seconds"]) == ("failed", "dependency_failed", None)
    assert json.loads(json.dumps(found)) == found
    assert history.outline(run_id) == {name: found[name] for name in found if name != "orders"}


@pytest.mark.parametrize(
    ("facts", "status"),
    [
        ({"phase": Phase.SUBMITTING}, "submitting"),
        ({"phase": Phase.RUNNING}, "running"),
        ({"phase": Phase.COMPLETED, "status": Status.TIMED_OUT, "completed_at": NOW}, "timed_out"),
    ],
)
def test_the_status_of_a_run_is_the_jobs(
    history: History, records: DynamoRecords, run_id: str, facts: dict[str, Any], status: str
) -> None:
    records.create_run(a_run(run_id, **facts))
    assert history.outline(run_id)["status"] == status


def test_an_unreadable_order_is_named_and_the_others_told(
    aws: Aws, history: History, records: DynamoRecords, run_id: str
) -> None:
    records.create_run(a_run(run_id))
    records.add_orders([an_order(run_id), an_order(run_id, "0002")], [])
    aws.client("dynamodb").update_item(
        TableName="orders", Key={"pk": {"S": f"{run_id}:0001"}}, UpdateExpression="REMOVE cmds"
    )
    for answer in (history.run(run_id), history.results(run_id, 100)):
        assert [order["order_num"] for order in answer["orders"]] == ["0002"]
        assert f"{run_id}:0001" in answer["unreadable"][0]


def test_a_trace_tells_its_events_page_by_page(history: History, records: DynamoRecords, run_id: str) -> None:
    run = a_run(run_id)
    events = [an_event(run, epoch=round(NOW + i * 1e-6, 6), data={"i": i}) for i in range(5)]
    records.add_orders([], events)
    first = history.trace(run.trace_id, limit=3)
    second = history.trace(run.trace_id, after=first["next"], limit=3)
    assert [event["data"]["i"] for event in first["events"] + second["events"]] == [0, 1, 2, 3, 4]
    assert second["next"] is None
    (event, *_) = first["events"]
    assert event == {
        "trace_id": run.trace_id,
        "sk": events[0].sk,
        "order_name": "order-0001",
        "order_num": "0001",
        "epoch": NOW,
        "event_type": "queued",
        "status": "queued",
        "run_id": run_id,
        "flow_id": run.flow_id,
        "data": {"i": 0},
    }
    whole = [event for page in history.pages(run.trace_id) for event in page["events"]]
    assert whole == first["events"] + second["events"]


def test_what_an_event_has_not_is_left_out(history: History, records: DynamoRecords, run_id: str) -> None:
    run = a_run(run_id)
    records.add_orders([], [an_event(run, "_job", order_num=None)])
    (event,) = history.trace(run.trace_id)["events"]
    assert "order_num" not in event
    assert "data" not in event


def test_no_news_is_no_error(history: History, records: DynamoRecords, run_id: str) -> None:
    run = a_run(run_id)
    records.add_orders([], [an_event(run)])
    assert history.trace(run.trace_id, since=NOW) == {"events": [], "next": None}


@pytest.mark.parametrize("unknown", ["nobody", "", "a b", "ä", "x" * 3_000, "\udcff"])
def test_what_does_not_exist_is_said_with_how_long_it_is_kept(history: History, unknown: str) -> None:
    with pytest.raises(NotFound, match="1 day"):
        history.run(unknown)
    with pytest.raises(NotFound, match="90 days"):
        history.trace(unknown)
    with pytest.raises(NotFound, match="there is no run"):
        history.find_order(unknown, "0001")


def test_an_order_is_found_by_number_and_by_name(history: History, records: DynamoRecords, run_id: str) -> None:
    records.create_run(a_run(run_id))
    records.add_orders([an_order(run_id, order_name="build"), an_order(run_id, "0002", order_name="2024")], [])
    assert history.find_order(run_id, "0001") == history.find_order(run_id, "build")
    assert history.find_order(run_id, "2024")["order_num"] == "0002", "a name may look like a number"
    for unknown in ("0003", "0000", "nobody", "", "a b"):
        with pytest.raises(NotFound, match="no order with the number or the name"):
            history.find_order(run_id, unknown)
    with pytest.raises(NotFound, match="with an order nobody"):
        history.trace(f"trace-{run_id}", "nobody")


def test_a_log_is_read_whole_and_from_a_byte_on(
    aws: Aws, history: History, records: DynamoRecords, run_id: str
) -> None:
    records.add_orders([ended(run_id, attempt=2, log_bytes=10, log_tail="tail")], [])
    write_log(aws, run_id, b"01234", b"56789", attempt=2)
    write_log(aws, run_id, b"first attempt")
    assert b"".join(history.log(run_id, "order-0001")) == b"0123456789"
    assert b"".join(history.log(run_id, "0001", 7)) == b"789"
    assert b"".join(history.log(run_id, "0001", 10)) == b""
    assert b"".join(history.log(run_id, "0001", attempt=1)) == b"first attempt"
    assert history.log_end(run_id, "0001", 3) == "789"


def test_an_unknown_log_is_refused_before_anything_is_read(
    history: History, records: DynamoRecords, run_id: str
) -> None:
    records.create_run(a_run(run_id))
    with pytest.raises(NotFound):
        history.log(run_id, "nobody")


def test_a_log_grows_while_its_order_runs(aws: Aws, history: History, records: DynamoRecords, run_id: str) -> None:
    records.add_orders([an_order(run_id, status=Status.RUNNING, attempt=1, started_at=NOW)], [])
    assert list(history.log(run_id, "0001")) == []
    write_log(aws, run_id, b"so far")
    assert list(history.log(run_id, "0001")) == [b"so far"]
    assert history.log_end(run_id, "0001", 100) == "so far"


def test_where_no_worker_wrote_a_log_the_engine_has_a_word(
    aws: Aws, history: History, records: DynamoRecords, run_id: str
) -> None:
    lost = {"status": Status.FAILED, "reason": Reason.WORKER_LOST, "exit_code": None, "log_tail": "no worker came"}
    records.add_orders([ended(run_id, **lost), ended(run_id, "0002", **lost)], [])
    write_log(aws, run_id, b"begun", num="0002")
    assert list(history.log(run_id, "0001")) == [b"no worker came"]
    assert list(history.log(run_id, "0001", 3)) == []
    assert history.log_end(run_id, "0001", 100) == "no worker came"
    assert list(history.log(run_id, "0002")) == [b"begun"]
    assert list(history.log(run_id, "0002", 5)) == []
    assert history.log_end(run_id, "0002", 100) == "begun"


def test_results_hold_the_end_of_each_log(aws: Aws, history: History, records: DynamoRecords, run_id: str) -> None:
    records.add_orders(
        [
            ended(run_id, log_bytes=6, log_tail="short\n"),
            ended(run_id, "0002", log_bytes=20, log_tail="9", exit_code=4, status=Status.FAILED),
            an_order(run_id, "0003", status=Status.FAILED, reason=Reason.CANCELLED, ended_at=NOW),
        ],
        [],
    )
    write_log(aws, run_id, b"0123456789", b"\xff123456789", num="0002")
    assert history.results(run_id, 10)["orders"] == [
        {
            "order_num": "0001",
            "order_name": "order-0001",
            "status": "succeeded",
            "reason": None,
            "exit_code": 0,
            "seconds": 2.5,
            "log": "short\n",
        },
        {
            "order_num": "0002",
            "order_name": "order-0002",
            "status": "failed",
            "reason": None,
            "exit_code": 4,
            "seconds": 2.5,
            "log": "\ufffd123456789",
        },
        {
            "order_num": "0003",
            "order_name": "order-0003",
            "status": "failed",
            "reason": "cancelled",
            "exit_code": None,
            "seconds": None,
            "log": "",
        },
    ]


def test_a_short_log_costs_no_look_into_the_bucket(aws: Aws, records: DynamoRecords, run_id: str) -> None:
    class NoLogs(OrderLogs):
        def end(self, *asked: object, **named: object) -> bytes:
            raise AssertionError(f"asked for {asked}")

    history = History(Queries(aws.database, aws.tables), NoLogs(aws.bucket("internal")))
    records.add_orders(
        [ended(run_id, log_bytes=6, log_tail="short\n"), ended(run_id, "0002", log_bytes=0), an_order(run_id, "0003")],
        [],
    )
    assert [order["log"] for order in history.results(run_id, 100)["orders"]] == ["short\n", "", ""]


@pytest.mark.parametrize(
    "name", ["trace_id", "flow_id", "phase", "total", "open", "deadline", "last_epoch", "username"]
)
def test_a_run_whose_record_can_not_be_read_is_told_as_far_as_it_goes(
    history: History, records: DynamoRecords, aws: Aws, run_id: str, name: str
) -> None:
    run = a_run(run_id)
    records.create_run(run)
    records.add_orders([ended(run_id), an_order(run_id, "0002")], [])
    aws.client("dynamodb").update_item(
        TableName=aws.names.orders,
        Key={"pk": {"S": f"{run_id}:0000"}},
        UpdateExpression="REMOVE #name",
        ExpressionAttributeNames={"#name": name},
    )
    found = history.run(run_id)
    assert [order["order_name"] for order in found["orders"]] == ["order-0001", "order-0002"]
    told = ("trace_id", "flow_id", "username", "deadline", "total")
    assert {one: found[one] for one in told} == {one: getattr(run, one) for one in told}
    assert (found["status"], found["summary"]["succeeded"], found["completed_at"]) == ("running", 1, None)
    assert name in found["unreadable"][0]
    assert json.loads(json.dumps(found)) == found
    assert history.outline(run_id) == {name: found[name] for name in found if name != "orders"}


def test_an_order_whose_record_was_damaged_says_so(history: History, records: DynamoRecords, run_id: str) -> None:
    records.create_run(a_run(run_id))
    records.add_orders([an_order(run_id, damaged="timeout is missing"), an_order(run_id, "0002")], [])
    assert [order["damaged"] for order in history.run(run_id)["orders"]] == ["timeout is missing", None]
