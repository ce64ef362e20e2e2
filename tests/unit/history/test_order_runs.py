"""An order across its runs, told by events alone: newest first, each run once, whatever the pages."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from contracts.aws import Aws
from contracts.examples import NOW, a_run, an_event, new_run_id

from execution_engine.errors import NotFound
from execution_engine.history import order_runs as room
from execution_engine.history.history import History
from execution_engine.history.portions import Portions
from execution_engine.orders.event import Event
from execution_engine.storage.order_logs import OrderLogs
from execution_engine.storage.queries import Queries
from execution_engine.storage.records import DynamoRecords


@pytest.fixture
def name(run_id: str) -> str:
    """Of this test alone."""
    return f"build-{run_id}"


@pytest.fixture
def portions(aws: Aws) -> Portions:
    queries = Queries(aws.database, aws.tables)
    return Portions(History(queries, OrderLogs(aws.bucket("internal"))), queries)


class Teller:
    def __init__(self, aws: Aws, name: str) -> None:
        self._records = DynamoRecords(aws.database, aws.tables)
        self._name = name
        self.epoch = NOW

    def tell(self, run_id: str, *kinds: str, **data: Any) -> None:
        """A second apart."""
        for kind in kinds:
            self.epoch = round(self.epoch + 1, 6)
            told = {"execution_target": "lambda"} if kind == "first" else {"attempt": 1, **data}
            status = {"first": "queued", "note": "info"}.get(kind, kind)
            event = an_event(a_run(run_id), self._name, epoch=self.epoch, data=told)
            self.add(replace(event, event_type="note" if kind == "note" else status, status=status))

    def add(self, event: Event) -> None:
        self._records.add_orders([], [event])


@pytest.fixture
def teller(aws: Aws, name: str) -> Teller:
    return Teller(aws, name)


def all_runs(portions: Portions, name: str, limit: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after = None
    while True:
        page = portions.order(name, after, limit)
        assert len(page["runs"]) <= limit
        found += page["runs"]
        after = page["next"]
        if after is None:
            return found


def test_a_run_is_told_with_duration_and_outcome(portions: Portions, teller: Teller, name: str, run_id: str) -> None:
    teller.tell(run_id, "first", "dispatched", "running", "note")
    teller.tell(run_id, "failed", exit_code=3, reason=None, execution_url="https://log")
    assert portions.order(name, None, 10) == {
        "order_name": name,
        "runs": [
            {
                "run_id": run_id,
                "trace_id": f"trace-{run_id}",
                "flow_id": a_run(run_id).flow_id,
                "order_num": "0001",
                "execution_target": "lambda",
                "status": "failed",
                "reason": None,
                "exit_code": 3,
                "attempt": 1,
                "queued_at": NOW + 1,
                "dispatched_at": NOW + 2,
                "started_at": NOW + 3,
                "ended_at": NOW + 5,
                "seconds": 2.0,
                "execution_url": "https://log",
            }
        ],
        "next": None,
    }


def test_the_last_attempt_counts(portions: Portions, teller: Teller, name: str, run_id: str) -> None:
    teller.tell(run_id, "first", "dispatched", "running", "queued")
    (told,) = portions.order(name, None, 10)["runs"]
    assert (told["status"], told["seconds"], told["attempt"]) == ("queued", None, 1)
    teller.tell(run_id, "dispatched", "running", "succeeded", attempt=2)
    (told,) = portions.order(name, None, 10)["runs"]
    assert (told["status"], told["seconds"], told["attempt"], told["started_at"]) == ("succeeded", 1.0, 2, NOW + 6)


def test_what_never_ran_has_no_duration(portions: Portions, teller: Teller, name: str, run_id: str) -> None:
    teller.tell(run_id, "first", "failed", reason="dependency_failed", attempt=0)
    (told,) = portions.order(name, None, 10)["runs"]
    assert told["reason"] == "dependency_failed"
    assert (told["seconds"], told["started_at"], told["attempt"]) == (None, None, 0)


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
@pytest.mark.parametrize("events", [1, 2, 5, 500])
def test_each_run_comes_once_and_whole_however_the_pages_fall(
    portions: Portions, teller: Teller, name: str, limit: int, events: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also of runs that overlap, so that a page's edge goes through several."""
    monkeypatch.setattr(room, "EVENTS", events)
    monkeypatch.setattr(room, "CALLS", 2)
    runs = [new_run_id() for _ in range(5)]
    first, second, third, fourth, running = runs
    teller.tell(first, "first", "dispatched", "running")
    teller.tell(second, "first", "dispatched")
    teller.tell(first, "succeeded")
    teller.tell(third, "first", "dispatched", "running", "note", "note", "failed")
    teller.tell(fourth, "first")
    teller.tell(running, "first", "dispatched", "running")
    teller.tell(fourth, "dispatched", "running", "succeeded")
    teller.tell(second, "running", "timed_out")
    told = all_runs(portions, name, limit)
    assert [(one["run_id"], one["status"], one["started_at"] is not None) for one in told] == [
        (running, "running", True),
        (fourth, "succeeded", True),
        (third, "failed", True),
        (second, "timed_out", True),
        (first, "succeeded", True),
    ]


def test_commands_own_events_make_no_run(portions: Portions, teller: Teller, name: str, run_id: str) -> None:
    teller.tell(run_id, "note")
    with pytest.raises(NotFound):
        portions.order(name, None, 10)


@pytest.mark.parametrize("unknown", ["nobody", "_job", "", "a b", "x" * 200, "\udcff"])
def test_an_unknown_name_is_not_found(portions: Portions, unknown: str) -> None:
    with pytest.raises(NotFound, match="90 days"):
        portions.order(unknown, None, 10)


def test_a_page_of_runs_is_one_call(portions: Portions, aws: Aws, teller: Teller, name: str) -> None:
    for _ in range(20):
        teller.tell(new_run_id(), "first", "dispatched", "running", "succeeded")
    calls = []
    query = aws.database.query
    aws.database.query = lambda *a, **k: calls.append(1) or query(*a, **k)  # type: ignore[method-assign, func-returns-value]
    try:
        assert len(portions.order(name, None, 20)["runs"]) == 20
    finally:
        del aws.database.query
    assert len(calls) == 1
