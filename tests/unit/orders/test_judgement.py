from __future__ import annotations

from typing import Any

import pytest
from contracts.examples import NOW, an_order

from execution_engine.orders.judgement import backoff, judge_claim, judge_result, judge_unrun, reserve
from execution_engine.orders.order import Order
from execution_engine.orders.report import Claim, Result
from execution_engine.orders.status import TERMINAL, Reason, Status

RUN = "00000000-0000-4000-8000-000000000001"
NOT_OUT = [Status.QUEUED, *sorted(TERMINAL)]


def out(status: Status = Status.DISPATCHED, **fields: Any) -> Order:
    return an_order(RUN, **{"status": status, "attempt": 1, "launches": 1, **fields})


def judged(order: Order, result: Result, *, stopping: bool = False) -> Order:
    move = judge_result(order, result, NOW, stopping=stopping)
    assert move is not None
    return move.after


# Claims


def test_a_claim_starts_a_dispatched_order() -> None:
    move = judge_claim(out(), Claim(nonce="n", at=NOW - 1, execution_url="https://example.org"), NOW)
    assert move is not None
    after = move.after
    assert (after.status, after.started_at, after.execution_url) == (Status.RUNNING, NOW, "https://example.org")


def test_a_claim_without_an_address_keeps_the_launchers() -> None:
    move = judge_claim(out(execution_url="known"), Claim(nonce="n", at=None), NOW)
    assert move is not None
    assert move.after.execution_url == "known"


@pytest.mark.parametrize("status", [*NOT_OUT, Status.RUNNING])
def test_a_claim_starts_nothing_else(status: Status) -> None:
    assert judge_claim(out(status), Claim(nonce="n", at=NOW), NOW) is None


def test_a_void_claim_starts_nothing() -> None:
    assert judge_claim(out(), Claim(nonce="n", at=NOW, void=True), NOW) is None


# Results


@pytest.mark.parametrize("status", [Status.DISPATCHED, Status.RUNNING])
@pytest.mark.parametrize("ending", sorted(TERMINAL))
def test_a_result_ends_what_is_out(status: Status, ending: Status) -> None:
    result = Result(
        status=ending,
        log="tail",
        exit_code=3,
        reason="why",
        started_at=1.0,
        ended_at=2.0,
        log_bytes=4,
        execution_url="u",
    )
    after = judged(out(status), result)
    found = (after.status, after.reason, after.exit_code, after.started_at, after.ended_at, after.log_bytes)
    assert found == (ending, "why", 3, 1.0, 2.0, 4)
    assert (after.log_tail, after.execution_url, after.last_update) == ("tail", "u", NOW)


@pytest.mark.parametrize("status", NOT_OUT)
def test_a_late_result_changes_nothing(status: Status) -> None:
    assert judge_result(out(status), Result(status=Status.SUCCEEDED), NOW, stopping=False) is None


def test_what_a_result_does_not_say_is_what_was_known() -> None:
    after = judged(out(Status.RUNNING, started_at=NOW - 9, execution_url="known"), Result(status=Status.SUCCEEDED))
    assert (after.started_at, after.ended_at, after.execution_url) == (NOW - 9, NOW, "known")


@pytest.mark.parametrize(
    ("status", "reason", "attempt", "retries", "stopping", "again"),
    [
        (Status.FAILED, None, 1, 1, False, True),
        (Status.TIMED_OUT, None, 1, 1, False, True),
        (Status.FAILED, Reason.WORKER_LOST, 2, 2, False, True),
        (Status.FAILED, None, 1, 0, False, False),
        (Status.FAILED, None, 3, 2, False, False),
        (Status.SUCCEEDED, None, 1, 5, False, False),
        (Status.FAILED, None, 1, 5, True, False),
        (Status.FAILED, Reason.CANCELLED, 1, 5, False, False),
        (Status.TIMED_OUT, Reason.JOB_TIMED_OUT, 1, 5, False, False),
    ],
)
def test_when_an_attempt_is_made_again(
    status: Status, reason: str | None, attempt: int, retries: int, stopping: bool, again: bool
) -> None:
    order = out(Status.RUNNING, attempt=attempt, retries=retries)
    after = judged(order, Result(status=status, reason=reason, exit_code=1), stopping=stopping)
    assert after.status is (Status.QUEUED if again else status)
    if again:
        assert (after.not_before, after.attempt, after.reason) == (NOW + backoff(attempt), attempt, None)


def test_the_history_tells_why_an_attempt_is_made_again() -> None:
    order = out(Status.RUNNING, retries=1, execution_url="https://log")
    lost = Result(status=Status.FAILED, reason=Reason.WORKER_LOST)
    move = judge_result(order, lost, NOW, stopping=False)
    assert move is not None
    assert move.event_data == {
        "attempt": 1,
        "ended": "failed",
        "reason": "worker_lost",
        "execution_url": "https://log",
        "not_before": NOW + backoff(1),
    }
    late = judge_result(order, Result(status=Status.TIMED_OUT, exit_code=5, log_bytes=9), NOW, stopping=False)
    assert late is not None
    told = late.event_data
    assert (told["ended"], told["exit_code"], told["log_bytes"], "reason" in told) == ("timed_out", 5, 9, False)


def test_the_back_off_doubles_up_to_five_minutes() -> None:
    assert [backoff(attempt) for attempt in range(1, 8)] == [10, 20, 40, 80, 160, 300, 300]


# Without an attempt


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        (Reason.DEPENDENCY_FAILED, Status.FAILED),
        (Reason.CANCELLED, Status.FAILED),
        (Reason.JOB_TIMED_OUT, Status.TIMED_OUT),
    ],
)
def test_what_never_ran_ends_with_its_reason(reason: Reason, status: Status) -> None:
    after = judge_unrun(an_order(RUN), reason, NOW).after
    assert (after.status, after.reason, after.ended_at) == (status, reason, NOW)


def test_the_next_attempt_begins_like_the_first() -> None:
    again = an_order(RUN, attempt=1, launches=4, started_at=NOW - 50, events_written=7, not_before=NOW - 1)
    after = reserve(again, NOW).after
    assert (after.status, after.attempt, after.launches) == (Status.DISPATCHED, 2, 1)
    assert (after.dispatched_at, after.launched_at, after.started_at) == (NOW, NOW, None)
    assert (after.events_written, after.not_before) == (0, None)


def test_a_result_that_overtakes_its_start_brings_both() -> None:
    move = judge_result(out(), Result(status=Status.SUCCEEDED, started_at=NOW - 1), NOW, stopping=False)
    assert move is not None
    assert move.steps == (Status.RUNNING, Status.SUCCEEDED)
    again = judge_result(out(retries=1), Result(status=Status.FAILED, started_at=NOW - 1), NOW, stopping=False)
    assert again is not None
    assert again.steps == (Status.RUNNING, Status.QUEUED)


def test_a_result_from_outside_brings_no_start() -> None:
    move = judge_result(out(), Result(status=Status.FAILED, reason="dispatch_failed"), NOW, stopping=False)
    assert move is not None
    assert move.steps == (Status.FAILED,)


def test_what_is_known_to_run_is_not_started_again() -> None:
    move = judge_result(out(Status.RUNNING), Result(status=Status.SUCCEEDED, started_at=NOW), NOW, stopping=False)
    assert move is not None
    assert move.steps == (Status.SUCCEEDED,)
