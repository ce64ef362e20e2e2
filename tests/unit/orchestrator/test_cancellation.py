from __future__ import annotations

import pytest
from fakes.calls import Point, Side
from fakes.platform import Platform
from fakes.simulation import Simulation
from unit.orchestrator.whole_runs import fan

from execution_engine.errors import NotFound
from execution_engine.jobs.naming import RUN_NUM
from execution_engine.orchestrator.cancellation import Cancellation
from execution_engine.orders.run import Phase
from execution_engine.orders.status import Reason, Status


class Stand:
    def __init__(self) -> None:
        self.platform = Platform()
        self.records = self.platform.records
        self.cancel = Cancellation(self.records, self.platform.waker).cancel
        self.run_id = self.platform.submit({"orders": fan(2)})

    @property
    def row(self) -> dict[str, object]:
        return self.records.items.all[(self.run_id, RUN_NUM)]

    def answer(self, run_status: str) -> dict[str, object]:
        return {"status": "ok", "run_id": self.run_id, "trace_id": self.row["trace_id"], "run_status": run_status}


@pytest.fixture
def stand() -> Stand:
    return Stand()


def test_a_running_run_is_asked_to_stop_and_looked_at(stand: Stand) -> None:
    stand.row["phase"] = Phase.RUNNING
    assert stand.cancel(stand.run_id) == stand.answer("cancelling")
    assert stand.row["stop"] == Reason.CANCELLED
    assert stand.platform.waker.woken == [(stand.run_id, RUN_NUM)]


def test_it_may_be_repeated_and_wakes_again(stand: Stand) -> None:
    stand.row["phase"] = Phase.RUNNING
    assert [stand.cancel(stand.run_id) for _ in range(3)] == [stand.answer("cancelling")] * 3
    assert stand.platform.waker.woken == [(stand.run_id, RUN_NUM)] * 3


def test_a_run_that_was_just_submitted_can_be_cancelled(stand: Stand) -> None:
    assert stand.row["phase"] is Phase.SUBMITTING
    assert stand.cancel(stand.run_id) == stand.answer("cancelling")
    assert stand.row["stop"] == Reason.CANCELLED


def test_a_cancelled_run_ends_without_anything_having_run() -> None:
    simulation = Simulation()
    run_id = simulation.platform.submit({"orders": fan(2)})
    Cancellation(simulation.platform.records, simulation.platform.waker).cancel(run_id)
    simulation.finish()
    orders = simulation.platform.orders(run_id).values()
    assert {(one.status, one.reason) for one in orders} == {(Status.FAILED, Reason.CANCELLED)}
    assert simulation.platform.target.launches == []


def test_the_first_reason_stands(stand: Stand) -> None:
    stand.row.update(phase=Phase.RUNNING, stop=Reason.JOB_TIMED_OUT)
    assert stand.cancel(stand.run_id) == stand.answer("cancelling")
    assert stand.row["stop"] == Reason.JOB_TIMED_OUT


def test_a_run_that_is_over_stays_as_it_ended(stand: Stand) -> None:
    stand.row.update(phase=Phase.COMPLETED, status=Status.SUCCEEDED)
    assert stand.cancel(stand.run_id) == stand.answer("succeeded")
    assert stand.platform.waker.woken == []
    assert "stop" not in stand.row or stand.row["stop"] is None


def test_a_run_that_ends_in_between_is_over(stand: Stand) -> None:
    stand.row["phase"] = Phase.RUNNING

    def end(point: Point) -> None:
        if (point.name, point.side) == ("records.ask_to_stop", Side.BEFORE):
            stand.row.update(phase=Phase.COMPLETED, status=Status.FAILED)

    stand.platform.calls.on_point = end
    assert stand.cancel(stand.run_id) == stand.answer("failed")
    assert stand.platform.waker.woken == []


def test_unknown_runs_are_not_found(stand: Stand) -> None:
    stand.row["phase"] = Phase.WITHDRAWN
    for run_id in (stand.run_id, "no-run"):
        with pytest.raises(NotFound, match=run_id):
            stand.cancel(run_id)
