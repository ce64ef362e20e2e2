"""How an order stood whose record is damaged, and what a run was: found out from what is left."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest
from contracts.examples import NOW, a_run, an_order

from execution_engine.orders.mending import Evidence, dependents_of, mend_order, mend_run
from execution_engine.orders.order import Order
from execution_engine.orders.run import Phase, Run, Tally
from execution_engine.orders.soundness import order_faults, run_faults
from execution_engine.orders.status import Status
from execution_engine.orders.wreck import Wreck

RUN = "00000000-0000-4000-8000-000000000001"


def wreck_of(order: Order, *lost: str) -> Wreck:
    values = {field.name: getattr(order, field.name) for field in fields(Order)}
    known = {name: value for name, value in values.items() if value is not None and name not in lost}
    return Wreck(run_id=RUN, num=order.order_num, values=known, faults=dict.fromkeys(lost, "is missing"))


def wreck_of_run(run: Run, *lost: str) -> Wreck:
    values = {field.name: getattr(run, field.name) for field in fields(Run) if field.name not in ("run_id", "tally")}
    values |= {name: getattr(run.tally, name) for name in Tally.__slots__}
    known = {name: value for name, value in values.items() if value is not None and name not in lost}
    return Wreck(run_id=RUN, num="0000", values=known, faults=dict.fromkeys(lost, "is missing"))


def mended(order: Order, *lost: str, **evidence: Any) -> Order:
    return mend_order(wreck_of(order, *lost), a_run(RUN), Evidence(**evidence), NOW + 9)


OUT = {"attempt": 1, "dispatched_at": NOW}
ENDED = {**OUT, "started_at": NOW, "ended_at": NOW}


@pytest.mark.parametrize(
    ("facts", "results", "status"),
    [
        ({}, [], Status.QUEUED),
        (OUT, [], Status.DISPATCHED),
        ({**OUT, "started_at": NOW}, [], Status.RUNNING),
        ({**OUT, "started_at": NOW}, [Status.SUCCEEDED], Status.RUNNING),
        ({**OUT, "started_at": NOW, "not_before": NOW}, [Status.FAILED], Status.QUEUED),
        ({**ENDED, "exit_code": 0}, [Status.SUCCEEDED], Status.SUCCEEDED),
        (ENDED, [Status.TIMED_OUT], Status.TIMED_OUT),
        ({**ENDED, "exit_code": 0}, [], Status.SUCCEEDED),
        ({**ENDED, "exit_code": 1}, [], Status.FAILED),
        ({**ENDED, "reason": "job_timed_out"}, [], Status.TIMED_OUT),
        ({**ENDED, "reason": "record_unreadable"}, [Status.SUCCEEDED], Status.FAILED),
        ({"ended_at": NOW, "reason": "dependency_failed"}, [], Status.FAILED),
    ],
)
def test_a_status_that_can_not_be_read_is_what_the_record_tells_otherwise(
    facts: dict[str, Any], results: list[Status], status: Status
) -> None:
    assert mended(an_order(RUN, **facts), "status", results=results).status is status


@pytest.mark.parametrize("status", list(Status))
def test_a_status_that_can_be_read_stays(status: Status) -> None:
    assert mended(an_order(RUN, status=status), "attempt", "ended_at", results=[Status.FAILED]).status is status


@pytest.mark.parametrize(("had_ended", "status"), [(False, Status.DISPATCHED), (True, Status.FAILED)])
def test_where_the_record_does_not_tell_the_runs_counts_do(had_ended: bool, status: Status) -> None:
    assert mended(an_order(RUN, **OUT), "status", "ended_at", had_ended=had_ended).status is status


@pytest.mark.parametrize(
    ("facts", "results", "attempt"),
    [
        ({}, 0, 0),
        ({"status": Status.DISPATCHED, "dispatched_at": NOW}, 0, 1),
        ({"status": Status.RUNNING, "dispatched_at": NOW, "retries": 2}, 1, 2),
        ({"status": Status.RUNNING, "dispatched_at": NOW}, 1, 1),
        ({"status": Status.QUEUED, "dispatched_at": NOW, "not_before": NOW, "retries": 2}, 1, 1),
        ({"status": Status.FAILED, "dispatched_at": NOW, "ended_at": NOW, "retries": 2}, 3, 3),
        ({"status": Status.FAILED, "dispatched_at": NOW, "ended_at": NOW}, 0, 1),
        ({"status": Status.FAILED, "ended_at": NOW}, 0, 0),
    ],
)
def test_an_attempt_follows_from_the_results_there_are(facts: dict[str, Any], results: int, attempt: int) -> None:
    found = mended(an_order(RUN, **facts), "attempt", results=[Status.FAILED] * results)
    assert found.attempt == attempt


@pytest.mark.parametrize("lost", [field.name for field in fields(Order)])
def test_what_is_mended_is_sound(lost: str) -> None:
    order = mended(an_order(RUN, **ENDED), lost)
    assert order.damaged
    values = {field.name: getattr(order, field.name) for field in fields(Order)}
    assert not order_faults(RUN, "0001", values)


def test_an_order_that_is_gone_is_mended_too() -> None:
    gone = Wreck(run_id=RUN, num="0001", values={}, faults={}, gone=True)
    order = mend_order(gone, a_run(RUN), Evidence(had_ended=True), NOW)
    assert (order.status, order.reason, order.damaged) == (Status.FAILED, "record_unreadable", "the record was gone")
    assert mend_order(gone, a_run(RUN), Evidence(was_out=False), NOW).status is Status.QUEUED
    assert mend_order(gone, a_run(RUN), Evidence(), NOW).status is Status.DISPATCHED


def test_dependents_are_found_by_their_own_records() -> None:
    lost = wreck_of(an_order(RUN, order_name="build", queue_id="q"), "dependents")
    orders = [
        an_order(RUN, "0002", waiting=frozenset({"0001"})),
        an_order(RUN, "0003", dependencies=("build",)),
        an_order(RUN, "0004", dependencies=("q",)),
        an_order(RUN, "0005", dependencies=("0001",)),  # another order's queue_id
        an_order(RUN, "0006"),
    ]
    wrecks = [
        lost,
        wreck_of(an_order(RUN, "0007", dependencies=("build",)), "cmds"),
        wreck_of(an_order(RUN, "0008"), "cmds"),
        wreck_of(an_order(RUN, "0009"), "waiting"),
    ]
    assert dependents_of(lost, orders, wrecks) == ("0002", "0003", "0004", "0007", "0009")


# Runs


def test_a_run_is_counted_from_its_orders() -> None:
    orders = [
        an_order(RUN, **ENDED, status=Status.SUCCEEDED),
        an_order(RUN, "0002", **OUT, status=Status.DISPATCHED),
        an_order(RUN, "0003", status=Status.FAILED, reason="dependency_failed", ended_at=NOW),
        an_order(RUN, "0004"),
    ]
    lost = wreck_of_run(a_run(RUN, total=4, tally=Tally(open=7)), "deadline")
    run = mend_run(lost, orders, key_path="/key", signalled=True, now=NOW)
    assert run.tally == Tally(open=2, in_flight=1, succeeded=1, failed=1)
    assert (run.phase, run.stop, run.deadline) == (Phase.RUNNING, "record_unreadable", orders[0].deadline)


def test_a_runs_key_is_its_own_and_never_a_callers() -> None:
    orders = [an_order(RUN, sops_key_path="/callers/own", attempt=1)]
    run = mend_run(wreck_of_run(a_run(RUN), "sops_key_path"), orders, key_path="/key", signalled=True, now=NOW)
    assert run.sops_key_path == "/key"


@pytest.mark.parametrize(
    ("facts", "lost", "begun", "phase"),
    [
        ({"phase": Phase.WITHDRAWN}, "total", False, Phase.WITHDRAWN),
        ({"phase": Phase.COMPLETED, "completed_at": NOW}, "phase", True, Phase.COMPLETED),
        ({"phase": Phase.COMPLETED, "completed_at": NOW}, "completed_at", True, Phase.COMPLETED),
        ({}, "phase", True, Phase.RUNNING),
        ({"phase": Phase.SUBMITTING}, "phase", False, Phase.SUBMITTING),
    ],
)
def test_a_phase_is_kept_or_found_out(facts: dict[str, Any], lost: str, begun: bool, phase: Phase) -> None:
    orders = [an_order(RUN, **(OUT if begun else {}))]
    run = mend_run(wreck_of_run(a_run(RUN, **facts), lost), orders, key_path="/key", signalled=True, now=NOW)
    assert run.phase is phase
    assert (run.completed_at is not None) == (phase is Phase.COMPLETED)
    assert (run.stop is None) == (phase is Phase.COMPLETED)


def test_a_run_that_was_being_stopped_goes_on_from_there() -> None:
    lost = wreck_of_run(a_run(RUN, stop="cancelled", stop_cursor=1), "ttl")
    run = mend_run(lost, [an_order(RUN)], key_path="/key", signalled=True, now=NOW)
    assert (run.stop, run.stop_cursor) == ("cancelled", 1)


@pytest.mark.parametrize("orders", [[], [an_order(RUN, **OUT)]], ids=["no order", "an order"])
@pytest.mark.parametrize("phase", list(Phase))
def test_a_mended_run_is_sound(orders: list[Order], phase: Phase) -> None:
    names = [field.name for field in fields(Run) if field.name not in ("run_id", "tally")]
    lost = wreck_of_run(a_run(RUN, phase=phase), *(name for name in names if name != "phase"))
    run = mend_run(lost, orders, key_path="/key", signalled=True, now=NOW)
    values = {name: getattr(run, name) for name in names}
    assert not run_faults(values | {name: getattr(run.tally, name) for name in Tally.__slots__})
