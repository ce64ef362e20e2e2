"""The history function, over tables and a bucket as the engine writes them, asked as API Gateway asks."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import pytest
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver
from contracts.aws import Aws, running
from contracts.examples import NOW, a_run, an_event, an_order, new_run_id
from unit.handlers.conftest import Load, given_to

from execution_engine import resources
from execution_engine.history import portions as room
from execution_engine.history.history import History
from execution_engine.history.portions import Portions
from execution_engine.jobs.naming import log_chunk_name, log_prefix
from execution_engine.local.gateway import http_event
from execution_engine.orders.status import Status
from execution_engine.storage.order_logs import OrderLogs
from execution_engine.storage.pages import continuation
from execution_engine.storage.queries import Queries
from execution_engine.storage.records import DynamoRecords

RUN = new_run_id()
TRACE = f"trace-{RUN}"
LOG = bytes(range(256)) * 4


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with running() as embedded:
        records = DynamoRecords(embedded.database, embedded.tables)
        run = a_run(RUN)
        records.create_run(run)
        facts: dict[str, Any] = {"status": Status.SUCCEEDED, "attempt": 1, "log_bytes": len(LOG)}
        orders = [an_order(RUN, order_name="build", **facts), an_order(RUN, "0002", status=Status.RUNNING, attempt=1)]
        events = [
            an_event(run, "build", epoch=round(NOW + i, 6), data={"i": i, "attempt": i} if i else {}) for i in range(5)
        ]
        records.add_orders(orders, events)
        bucket = embedded.bucket("internal")
        bucket.write(log_prefix(RUN, "0001", 1) + log_chunk_name(0), LOG[:300])
        bucket.write(log_prefix(RUN, "0001", 1) + log_chunk_name(1), LOG[300:])
        bucket.write(log_prefix(RUN, "0002", 1) + log_chunk_name(0), b"so far")
        yield embedded


@pytest.fixture
def history(load: Load, aws: Aws, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = load("history", given_to("history"))
    queries = Queries(aws.database, aws.tables)
    monkeypatch.setattr(module, "_portions", Portions(History(queries, OrderLogs(aws.bucket("internal"))), queries))
    return module


def ask(history: ModuleType, path: str, headers: dict[str, str] | None = None, **query: Any) -> dict[str, Any]:
    event = http_event("GET", path, query={name: str(value) for name, value in query.items()})
    event["headers"] |= headers or {}
    found: dict[str, Any] = history.handler(event, None)
    assert found["headers"].get("x-content-type-options") == "nosniff" or found["statusCode"] >= 400
    return found


def document(history: ModuleType, path: str, **query: Any) -> dict[str, Any]:
    found = ask(history, path, **query)
    assert (found["statusCode"], found["headers"]["Content-Type"]) == (200, "application/json")
    answer: dict[str, Any] = json.loads(found["body"])
    return answer


def refused(history: ModuleType, path: str, **query: Any) -> tuple[int, set[str]]:
    """The status, and the places of the faults."""
    found = ask(history, path, **query)
    answer = json.loads(found["body"])
    assert (answer["status"], "\n" in answer["error"]) == ("error", False)
    return found["statusCode"], {fault["where"] for fault in answer["errors"]}


def test_its_routes_are_those_of_the_resource_file(history: ModuleType) -> None:
    described = {
        (route["method"], route["path"]) for route in resources.load("api")["routes"] if route["function"] == "history"
    }
    assert {(method, path.replace("<", "{").replace(">", "}")) for method, path in history.ROUTES} == described


def test_a_trace_is_told_page_by_page(history: ModuleType) -> None:
    first = document(history, f"/traces/{TRACE}", limit=2)
    rest = document(history, f"/traces/{TRACE}", next=first["next"])
    assert [event["epoch"] for event in first["events"] + rest["events"]] == [NOW + i for i in range(5)]
    assert rest["next"] is None
    later = document(history, f"/traces/{TRACE}", since=NOW + 2, order_name="build")
    assert [event["data"]["i"] for event in later["events"]] == [3, 4]


def test_a_run_is_told_with_its_orders_or_one_or_none(history: ModuleType) -> None:
    run = document(history, f"/runs/{RUN}")
    assert [order["order_num"] for order in run["orders"]] == ["0001", "0002"]
    assert "orders" not in document(history, f"/runs/{RUN}", orders="false")
    (one,) = document(history, f"/runs/{RUN}", order="build")["orders"]
    assert (one["order_num"], one["log_instances"]) == ("0001", [])
    first = document(history, f"/runs/{RUN}", limit=1, logs=4)
    assert [order["log"] for order in first["orders"]] == [LOG[-4:].decode("utf-8", "replace")]
    assert [order["order_num"] for order in document(history, f"/runs/{RUN}", next=first["next"])["orders"]] == ["0002"]


def test_an_order_is_told_across_runs(history: ModuleType) -> None:
    (run,) = document(history, "/orders/build")["runs"]
    assert (run["run_id"], run["status"]) == (RUN, "queued")


def test_the_document_is_there(history: ModuleType) -> None:
    assert document(history, "/openapi.json")["openapi"].startswith("3.1")


def log(history: ModuleType, num: str = "0001", *, range: str = "", **query: Any) -> tuple[int, bytes, dict[str, str]]:
    found = ask(history, f"/runs/{RUN}/orders/{num}/log", {"range": range} if range else None, **query)
    assert found["headers"]["Content-Type"] == "text/plain; charset=utf-8"
    assert found["isBase64Encoded"]
    return found["statusCode"], base64.b64decode(found["body"]), found["headers"]


def test_a_log_is_its_bytes(history: ModuleType) -> None:
    status, data, headers = log(history)
    assert (status, data) == (200, LOG)
    assert [headers[f"x-log-{name}"] for name in ("next", "more", "attempt")] == [str(len(LOG)), "no", "1"]
    assert log(history, "build")[1] == LOG
    assert log(history, start=1_000)[1] == LOG[1_000:]
    assert log(history, tail=4)[1] == LOG[-4:].decode("utf-8", "replace").encode()


def test_a_log_that_still_grows_says_so(history: ModuleType) -> None:
    _, data, headers = log(history, "0002")
    assert (data, headers["x-log-next"], headers["x-log-more"]) == (b"so far", "6", "later")


def test_a_long_log_comes_in_pieces(history: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "LOG_LIMIT", 400)
    found, start, more = b"", "0", "now"
    while more == "now":
        _, data, headers = log(history, start=start, attempt=1)
        assert len(data) <= 400
        found, start, more = found + data, headers["x-log-next"], headers["x-log-more"]
    assert (found, more) == (LOG, "no")


@pytest.mark.parametrize(
    ("asked", "first", "last", "told"),
    [
        ("bytes=0-9", 0, 9, "bytes 0-9/*"),
        ("bytes=10-10", 10, 10, "bytes 10-10/*"),
        ("bytes=1000-", 1000, 1023, "bytes 1000-1023/1024"),
        ("bytes=1000-5000", 1000, 1023, "bytes 1000-1023/1024"),
    ],
)
def test_a_range_of_bytes(history: ModuleType, asked: str, first: int, last: int, told: str) -> None:
    status, data, headers = log(history, range=asked)
    assert (status, data, headers["content-range"]) == (206, LOG[first : last + 1], told)


@pytest.mark.parametrize("asked", ["bytes=-5", "bytes=5-1", "bytes=0-1,3-4", "lines=1-2", "bytes=a-b", "\u0661-\u0662"])
def test_what_is_no_range_of_ours_is_ignored(history: ModuleType, asked: str) -> None:
    status, data, _ = log(history, range=asked)
    assert (status, data) == (200, LOG)


def test_a_range_behind_the_end_is_none(history: ModuleType) -> None:
    found = ask(history, f"/runs/{RUN}/orders/0001/log", {"range": "bytes=5000-"})
    assert (found["statusCode"], json.loads(found["body"])["status"]) == (416, "error")


@pytest.mark.parametrize(
    ("path", "query", "places"),
    [
        (f"/traces/{TRACE}", {"limit": "0"}, {"limit"}),
        (f"/traces/{TRACE}", {"limit": "1001"}, {"limit"}),
        (f"/traces/{TRACE}", {"limit": "1e2", "since": "soon", "next": ""}, {"limit", "since", "next"}),
        (f"/traces/{TRACE}", {"limit": "\u0665"}, {"limit"}),
        (f"/traces/{TRACE}", {"limit": "5,5"}, {"limit"}),
        (f"/traces/{TRACE}", {"since": "-1"}, {"since"}),
        (f"/traces/{TRACE}", {"since": "1700000000000"}, {"since"}),
        (f"/traces/{TRACE}", {"since": "nan"}, {"since"}),
        (f"/traces/{TRACE}", {"next": "nonsense"}, {"next"}),
        (f"/traces/{TRACE}", {"order_name": ""}, {"order_name"}),
        (f"/runs/{RUN}", {"next": continuation({"run_id": {"S": "other"}})}, {"next"}),
        (f"/runs/{RUN}", {"orders": "no"}, {"orders"}),
        (f"/runs/{RUN}", {"logs": "65537"}, {"logs"}),
        (f"/runs/{RUN}", {"order": "build", "limit": "5"}, {"limit"}),
        (f"/runs/{RUN}/orders/0001/log", {"start": str(2**53 + 1)}, {"start"}),
        (f"/runs/{RUN}/orders/0001/log", {"start": "0", "tail": "1"}, {"start"}),
        (f"/runs/{RUN}/orders/0001/log", {"attempt": "-1"}, {"attempt"}),
        ("/orders/build", {"limit": "101"}, {"limit"}),
        ("/orders/build", {"next": "e30"}, {"next"}),
    ],
)
def test_what_can_not_be_taken_is_a_400_with_its_places(
    history: ModuleType, path: str, query: dict[str, Any], places: set[str]
) -> None:
    assert refused(history, path, **query) == (400, places)


@pytest.mark.parametrize("unknown", ["nobody", "a b", "\u00e4", "x" * 3_000, "..", "%2e%2e", "a%2fb", "<script>"])
@pytest.mark.parametrize("path", ["/traces/{}", "/runs/{}", "/runs/{}/orders/0001/log", "/orders/{}"])
def test_what_does_not_exist_is_a_404(history: ModuleType, path: str, unknown: str) -> None:
    status, places = refused(history, path.format(unknown))
    assert (status, places) == (404, set())


@pytest.mark.parametrize(
    "path", ["/", "/runs", f"/runs/{RUN}/", f"/runs/{RUN}/orders/0001", "/traces/a/b", "/runs/a\x00b"]
)
def test_what_is_no_route_is_a_404_that_names_the_routes(history: ModuleType, path: str) -> None:
    found = ask(history, path)
    assert (found["statusCode"], "/runs/{run_id}" in json.loads(found["body"])["error"]) == (404, True)


def test_a_missing_run_points_to_its_trace(history: ModuleType) -> None:
    said = json.loads(ask(history, "/runs/gone")["body"])["error"]
    assert "there is no run gone" in said
    assert "1 day" in said and "90 days" in said and "trace_id" in said


def test_any_other_error_gives_nothing_away(history: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("hunter2")

    monkeypatch.setattr(Portions, "run", fail)
    found = ask(history, f"/runs/{RUN}")
    assert (found["statusCode"], "hunter2" in found["body"]) == (500, False)


def test_requests_at_the_same_time_get_their_own_answers(history: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Powertools keeps the event under way where all threads see it: here both are there before either is read."""
    both, resolve = threading.Barrier(2), APIGatewayHttpResolver._resolve

    def late(self: APIGatewayHttpResolver) -> Any:
        both.wait(120)
        return resolve(self)

    monkeypatch.setattr(APIGatewayHttpResolver, "_resolve", late)
    with ThreadPoolExecutor(2) as pool:
        run, trace = pool.map(lambda path: ask(history, path), [f"/runs/{RUN}", f"/traces/{TRACE}"])
    assert "orders" in json.loads(run["body"])
    assert "events" in json.loads(trace["body"])
