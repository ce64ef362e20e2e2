"""Retries on the fakes: a succeeded order never runs again, whoever asks how often."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from fakes.calls import Crash, Point, Side
from unit.intake.stand import Stand, order, zipped

from execution_engine.errors import JobRefused, NotFound
from execution_engine.intake import retry as retry_module
from execution_engine.intake.admission import LEASE
from execution_engine.intake.retry import Retry
from execution_engine.jobs.job import Job
from execution_engine.orders.run import Phase
from execution_engine.orders.status import Status

S, F = Status.SUCCEEDED, Status.FAILED


class Retrying(Stand):
    def __init__(self) -> None:
        super().__init__()
        self.retry = Retry(self.records, self.submissions, self.load, self.intake, self.clock).retry

    def load(self, run_id: str) -> Job:
        if run_id not in self.kept:
            raise NotFound("gone")
        return self.kept[run_id]

    def begin(self, *names: str, **job: Any) -> str:
        """A run of orders that wait for each other in turn, seen by everybody."""
        orders = [order(order_name=name, dependencies=list(names[:at][-1:])) for at, name in enumerate(names)]
        run_id = self.submit(*orders, **job)["run_id"]
        self.row(run_id)["phase"] = Phase.RUNNING
        return run_id

    def end(self, run_id: str, *statuses: Status) -> None:
        for place, status in enumerate(statuses, 1):
            self.row(run_id, f"{place:04d}")["status"] = status
        self.row(run_id)["phase"] = Phase.COMPLETED

    def row(self, run_id: str, num: str = "0000") -> dict[str, Any]:
        return self.records.items.all[(run_id, num)]

    def names(self, run_id: str) -> list[str]:
        return [one.order_name for one in self.kept[run_id].orders]


@pytest.fixture
def on() -> Retrying:
    return Retrying()


def refused(on: Retrying, run_id: str) -> tuple[int, str]:
    with pytest.raises(JobRefused) as caught:
        on.retry(run_id)
    (fault,) = caught.value.faults
    assert fault.where == "run_id"
    return caught.value.status, fault.message


def test_exactly_what_did_not_succeed_runs_again_under_the_same_trace(on: Retrying) -> None:
    first = on.begin("a", "b", "c")
    on.end(first, S, F, F)
    answer = on.retry(first)
    second = answer["run_id"]
    run = on.row(second)
    assert on.names(second) == ["b", "c"]
    assert [one.dependencies for one in on.kept[second].orders] == [(), ("b",)]
    assert (run["trace_id"], run["retry_of"]) == (on.row(first)["trace_id"], first)
    assert answer == {
        "status": "ok",
        "run_id": second,
        "trace_id": run["trace_id"],
        "flow_id": run["flow_id"],
        "done_endpt": f"s3://done/{second}/done",
        "retry_of": first,
    }


def test_asked_twice_it_is_one_run(on: Retrying) -> None:
    first = on.begin("a", "b")
    on.end(first, S, F)
    answer = on.retry(first)
    assert on.retry(first) == {**answer, "replayed": True}
    on.row(answer["run_id"])["phase"] = Phase.RUNNING
    assert on.retry(first) == {**answer, "replayed": True}


def test_a_retry_that_ended_is_retried_instead(on: Retrying) -> None:
    first = on.begin("a", "b", "c")
    on.end(first, S, F, F)
    second = on.retry(first)["run_id"]
    on.end(second, S, F)
    third = on.retry(first)
    assert (on.names(third["run_id"]), third["retry_of"]) == (["c"], second)
    assert on.retry(second) == {**third, "replayed": True}
    on.end(third["run_id"], F)
    fourth = on.retry(first)
    assert (on.names(fourth["run_id"]), fourth["retry_of"]) == (["c"], third["run_id"])


def test_nothing_left_to_do_is_refused(on: Retrying) -> None:
    first = on.begin("a", "b")
    on.end(first, S, S)
    assert refused(on, first)[0] == 400
    other = on.begin("a", "b")
    on.end(other, S, F)
    second = on.retry(other)["run_id"]
    on.end(second, S)
    status, message = refused(on, other)
    assert status == 400
    assert second in message


@pytest.mark.parametrize("phase", [Phase.RUNNING])
def test_a_run_that_goes_on_is_refused(on: Retrying, phase: Phase) -> None:
    first = on.begin("a")
    on.row(first)["phase"] = phase
    status, message = refused(on, first)
    assert (status, first in message) == (409, True)


@pytest.mark.parametrize("phase", [Phase.SUBMITTING, Phase.WITHDRAWN])
def test_a_run_that_nobody_sees_is_not_there(on: Retrying, phase: Phase) -> None:
    first = on.begin("a")
    on.row(first)["phase"] = phase
    for run_id in (first, "no-run"):
        with pytest.raises(NotFound, match=run_id):
            on.retry(run_id)


def test_a_job_that_is_gone_is_not_found(on: Retrying) -> None:
    first = on.begin("a")
    on.end(first, F)
    del on.kept[first]
    with pytest.raises(NotFound, match="gone"):
        on.retry(first)


def test_an_order_that_can_not_be_read_is_repeated(on: Retrying) -> None:
    first = on.begin("a", "b", "c")
    on.end(first, S, S, S)
    on.records.spoil(first, "0002")
    del on.records.items.all[(first, "0003")]
    assert on.names(on.retry(first)["run_id"]) == ["b", "c"]


def test_orders_are_read_a_hundred_at_a_time(on: Retrying) -> None:
    first = on.submit(*(order(order_name=f"n{place}") for place in range(250)))["run_id"]
    on.end(first, *[S] * 249, F)
    on.calls.count.clear()
    assert on.names(on.retry(first)["run_id"]) == ["n249"]
    # Three pages of orders, and the run.
    assert on.calls.count["records.read"] == 4


def test_the_code_is_the_runs_own_copy(on: Retrying) -> None:
    on.callers.objects[("callers", "code.zip")] = zipped("a")
    first = on.submit(order(order_name="a", s3_location="s3://callers/code.zip"))["run_id"]
    on.end(first, F)
    (kept,) = on.kept[first].orders
    bucket, _, key = str(kept.s3_location).removeprefix("s3://").partition("/")
    on.callers.objects[(bucket, key)] = on.callers.objects.pop(("callers", "code.zip"))
    second = on.retry(first)["run_id"]
    assert second in str(on.kept[second].orders[0].s3_location)


def test_one_that_died_on_the_way_is_taken_over(on: Retrying) -> None:
    first = on.begin("a", "b")
    on.end(first, S, F)

    def die(point: Point) -> None:
        if (point.name, point.side) == ("keys.put", Side.AFTER):
            raise Crash

    on.calls.on_point = die
    with pytest.raises(Crash):
        on.retry(first)
    on.calls.on_point = None
    on.clock.advance(LEASE + 1)
    again = on.retry(first)
    assert on.names(again["run_id"]) == ["b"]
    assert on.retry(first) == {**again, "replayed": True}


def test_an_endless_chain_is_refused(on: Retrying, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry_module, "_MAX_RETRIES", 3)
    first = on.begin("a")
    on.end(first, F)
    for _ in range(3):
        on.end(on.retry(first)["run_id"], F)
    assert refused(on, first)[0] == 409


def test_what_is_kept_is_not_changed(on: Retrying) -> None:
    first = on.begin("a", "b")
    on.end(first, S, F)
    before: Mapping[str, Job] = dict(on.kept)
    on.retry(first)
    assert on.kept[first] == before[first]
