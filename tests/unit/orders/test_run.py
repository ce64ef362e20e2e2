"""How runs are counted, and how they end (contract section 3, last paragraph)."""

from __future__ import annotations

from typing import Any

import pytest
from contracts.examples import a_run, an_order

from execution_engine.orders.machine import Trigger
from execution_engine.orders.move import Move
from execution_engine.orders.run import Tally
from execution_engine.orders.status import Status

RUN = "00000000-0000-4000-8000-000000000001"
OK = {"status": "succeeded"}
FAILED = {"status": "failed"}
OPTIONAL_FAILED = {"status": "failed", "must_succeed": False}
BEHIND = {"status": "failed", "reason": "dependency_failed"}
SLOW = {"status": "timed_out"}
OPTIONAL_SLOW = {"status": "timed_out", "must_succeed": False}
LOST = {"status": "failed", "reason": "worker_lost"}
OUT_OF_TIME = {"status": "timed_out", "reason": "job_timed_out"}
OPTIONAL_OUT_OF_TIME = {**OUT_OF_TIME, "must_succeed": False}
CANCELLED = {"status": "failed", "reason": "cancelled"}
OPTIONAL_CANCELLED = {**CANCELLED, "must_succeed": False}

TRIGGERS = {"succeeded": Trigger.SUCCEED, "failed": Trigger.FAIL, "timed_out": Trigger.TIME_OUT}


def ended(*orders: dict[str, Any]) -> Tally:
    """The counts of a run whose orders ended so."""
    tally = Tally(open=len(orders), in_flight=len(orders))
    for order in orders:
        before = an_order(RUN, status=Status.RUNNING, attempt=1, must_succeed=order.get("must_succeed", True))
        move = Move(before, TRIGGERS[order["status"]], {"reason": order.get("reason")})
        tally += Tally.of_move(before, move.after)
    return tally


@pytest.mark.parametrize(
    ("orders", "outcome"),
    [
        ([OK], "succeeded"),
        ([OK, FAILED], "failed"),
        ([OK, OPTIONAL_FAILED], "succeeded"),
        ([OPTIONAL_FAILED, OPTIONAL_SLOW], "succeeded"),
        ([OK, LOST], "failed"),
        ([OK, SLOW], "timed_out"),
        ([OK, OPTIONAL_SLOW], "succeeded"),
        ([SLOW, FAILED], "failed"),
        ([SLOW, OPTIONAL_FAILED], "timed_out"),
        # dependency_failed decides nothing: its cause does
        ([FAILED, BEHIND], "failed"),
        ([SLOW, BEHIND], "timed_out"),
        ([OK, OUT_OF_TIME], "timed_out"),
        ([FAILED, OUT_OF_TIME], "timed_out"),
        ([OK, OPTIONAL_OUT_OF_TIME], "timed_out"),
        ([OK, CANCELLED], "failed"),
        ([OK, OPTIONAL_CANCELLED], "failed"),
        ([SLOW, CANCELLED], "failed"),
    ],
)
def test_how_a_job_ends(orders: list[dict[str, Any]], outcome: str) -> None:
    assert a_run(RUN, tally=ended(*orders)).outcome == outcome


def test_what_is_counted() -> None:
    run = a_run(RUN, tally=ended(OK, OK, FAILED, OPTIONAL_FAILED, BEHIND, SLOW))
    assert (run.tally.open, run.tally.in_flight) == (0, 0)
    assert run.summary == {"succeeded": 2, "failed": 3, "timed_out": 1}


@pytest.mark.parametrize(
    ("status", "trigger", "change"),
    [
        (Status.QUEUED, Trigger.DISPATCH, Tally(in_flight=1)),
        (Status.DISPATCHED, Trigger.START, Tally()),
        (Status.DISPATCHED, Trigger.REQUEUE, Tally(in_flight=-1)),
        (Status.RUNNING, Trigger.REQUEUE, Tally(in_flight=-1)),
        (Status.RUNNING, Trigger.SUCCEED, Tally(open=-1, in_flight=-1, succeeded=1)),
        (Status.DISPATCHED, Trigger.FAIL, Tally(open=-1, in_flight=-1, failed=1, required_failed=1)),
        (Status.QUEUED, Trigger.FAIL, Tally(open=-1, failed=1, required_failed=1)),
        (Status.QUEUED, Trigger.TIME_OUT, Tally(open=-1, timed_out=1, required_timed_out=1)),
    ],
)
def test_what_a_move_changes_of_the_counts(status: Status, trigger: Trigger, change: Tally) -> None:
    order = an_order(RUN, status=status)
    assert Tally.of_move(order, Move(order, trigger).after) == change


def test_every_count_is_added() -> None:
    assert Tally(1, 2, 3, 4, 5, 6, 7, 8, 9) + Tally(9, 8, 7, 6, 5, 4, 3, 2, 1) == Tally(*[10] * 9)
