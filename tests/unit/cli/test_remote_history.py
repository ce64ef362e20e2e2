"""What an API answers reads as what the records themselves tell: the same documents, the same bytes."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from contracts.aws import Aws, running
from contracts.examples import NOW, a_run, an_event, an_order, new_run_id
from fakes.time_and_ids import FakeClock
from unit.handlers.conftest import Load, given_to
from unit.handlers.conftest import load as load

from execution_engine.cli import remote_history as room
from execution_engine.cli.api_client import ApiClient, Reply
from execution_engine.cli.remote_history import RemoteHistory
from execution_engine.errors import NotFound
from execution_engine.history import portions
from execution_engine.history.history import History
from execution_engine.history.portions import Portions
from execution_engine.jobs.naming import log_chunk_name, log_prefix
from execution_engine.local.gateway import request_event
from execution_engine.orders.status import Status
from execution_engine.storage.order_logs import OrderLogs
from execution_engine.storage.queries import Queries
from execution_engine.storage.records import DynamoRecords

RUN = new_run_id()
TRACE = f"trace-{RUN}"
LOG = b"\xffraw \xe2\x82\xac\n" * 100
SSM: dict[str, Any] = {"execution_target": "ssm", "ssm_targets": {"instance_ids": ["web-1", "web-2"]}}


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with running() as embedded:
        records, run = DynamoRecords(embedded.database, embedded.tables), a_run(RUN, total=3)
        records.create_run(run)
        ended: dict[str, Any] = {"status": Status.FAILED, "attempt": 2, "exit_code": 3, "ended_at": NOW + 2}
        orders = [
            an_order(RUN, order_name="build", **ended, started_at=NOW, log_bytes=len(LOG), log_tail="tail"),
            an_order(RUN, "0002", status=Status.FAILED, reason="dependency_failed", log_tail="never ran"),
            an_order(RUN, "0003", order_name="fleet", status=Status.RUNNING, attempt=1, **SSM),
        ]
        records.add_orders(orders, [an_event(run, "build", epoch=round(NOW + i / 7, 6)) for i in range(9)])
        bucket = embedded.bucket("internal")
        for attempt, data in ((1, b"first"), (2, LOG)):
            bucket.write(log_prefix(RUN, "0001", attempt) + log_chunk_name(0), data)
        for one in ("web-1", "web-2"):
            bucket.write(log_prefix(RUN, "0003", 1, one) + log_chunk_name(0), one.encode())
        yield embedded


@pytest.fixture
def history(aws: Aws) -> History:
    return History(Queries(aws.database, aws.tables), OrderLogs(aws.bucket("internal")))


class Through:
    """Hands requests to the function itself."""

    def __init__(self, function: ModuleType) -> None:
        self.function = function
        self.asked: list[str] = []

    def __call__(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Reply:
        parts = urlsplit(url)
        self.asked.append(parts.path)
        event = request_event(method, "", unquote(parts.path), query=parts.query, headers=headers, body=body)
        answer = self.function.handler(event, None)
        data = base64.b64decode(answer["body"]) if answer["isBase64Encoded"] else answer["body"].encode()
        return Reply(answer["statusCode"], {name.lower(): value for name, value in answer["headers"].items()}, data)


@pytest.fixture
def through(load: Load, aws: Aws, history: History, monkeypatch: pytest.MonkeyPatch) -> Through:
    module = load("history", given_to("history"))
    monkeypatch.setattr(module, "_portions", Portions(history, Queries(aws.database, aws.tables)))
    return Through(module)


@pytest.fixture
def remote(through: Through) -> RemoteHistory:
    return RemoteHistory(ApiClient("http://127.0.0.1:1", through, FakeClock(NOW), lambda: 0.0))


@pytest.mark.parametrize("small", [False, True])
def test_runs_read_alike(remote: RemoteHistory, history: History, small: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in as many pages as there are orders."""
    if small:
        monkeypatch.setattr(portions, "LIMIT", 100)
    assert remote.run(RUN) == history.run(RUN)
    assert remote.outline(RUN) == history.outline(RUN)
    assert remote.results(RUN, 64) == history.results(RUN, 64)


@pytest.mark.parametrize("order", ["0001", "build", "0002", "fleet"])
def test_orders_read_alike(remote: RemoteHistory, history: History, order: str) -> None:
    assert remote.find_order(RUN, order) == history.find_order(RUN, order)
    for attempt in (None, 1):
        assert remote.instances(RUN, order, attempt) == history.instances(RUN, order, attempt)
    for limit in (0, 7, 1_000):
        assert remote.log_end(RUN, order, limit) == history.log_end(RUN, order, limit)


@pytest.mark.parametrize("piece", [9, 10**6])
@pytest.mark.parametrize(
    ("order", "start", "attempt", "instance"),
    [
        ("build", 0, None, None),
        ("build", 100, 2, None),
        ("build", 0, 1, None),
        ("build", 10**6, None, None),
        ("0002", 0, None, None),
        ("fleet", 0, None, None),
        ("fleet", 3, 1, None),
        ("fleet", 0, None, "web-2"),
    ],
)
def test_logs_read_alike(
    remote: RemoteHistory,
    history: History,
    order: str,
    start: int,
    attempt: int | None,
    instance: str | None,
    piece: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(portions, "LOG_LIMIT", piece)
    monkeypatch.setattr(room, "PIECE", 5)
    monkeypatch.setattr(Portions.log, "__kwdefaults__", {"size": piece})
    asked = (RUN, order, start, attempt, instance)
    assert b"".join(remote.log(*asked)) == b"".join(history.log(*asked))


@pytest.mark.parametrize("since", [None, NOW, round(NOW + 4 / 7, 6)])
def test_traces_read_alike(remote: RemoteHistory, history: History, since: float | None) -> None:
    def told(asking: Any) -> list[Any]:
        return [event for page in asking.pages(TRACE, "build", since=since) for event in page["events"]]

    assert told(remote) == told(history)
    assert len(told(remote)) == {None: 9, NOW: 8}.get(since, 4)


@pytest.mark.parametrize("unknown", ["nobody", "a/b", "ä ö", "a&b=c", "%2F"])
def test_what_does_not_exist_is_said_alike(remote: RemoteHistory, history: History, unknown: str) -> None:
    for ask in (
        lambda asking: asking.run(unknown),
        lambda asking: asking.find_order(RUN, unknown),
        lambda asking: list(asking.pages(unknown)),
        lambda asking: asking.log(RUN, unknown),
        lambda asking: asking.log(RUN, "fleet", instance=unknown),
    ):
        with pytest.raises(NotFound) as here:
            ask(history)
        with pytest.raises(NotFound) as there:
            ask(remote)
        assert "/" in unknown or str(there.value) == str(here.value)


def test_an_outline_is_one_small_request(remote: RemoteHistory, through: Through) -> None:
    remote.outline(RUN)
    remote.find_order(RUN, "build")
    assert through.asked == [f"/runs/{RUN}"] * 2
