"""Statuses change through a move and through nothing else: of the values here, of the rows in ``test_one_door``."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from itertools import product

import pytest
from contracts.examples import NOW, an_order

from execution_engine.errors import IllegalMove
from execution_engine.orders.machine import TRANSITIONS, Trigger
from execution_engine.orders.move import Move
from execution_engine.orders.order import Order
from execution_engine.orders.packing import move_event
from execution_engine.orders.status import Status

RUN = "00000000-0000-4000-8000-000000000001"
LEGAL = {(source, row.trigger) for row in TRANSITIONS for source in row.sources}
ILLEGAL = sorted(set(product(Status, Trigger)) - LEGAL)


def test_an_order_can_not_be_assigned_to() -> None:
    order = an_order(RUN)
    with pytest.raises(FrozenInstanceError):
        order.status = Status.SUCCEEDED  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del order.status
    with pytest.raises((AttributeError, TypeError)):
        order.state = "succeeded"  # type: ignore[attr-defined]
    assert order.status is Status.QUEUED


@pytest.mark.parametrize(("status", "trigger"), ILLEGAL)
def test_there_is_no_move_that_the_lifecycle_does_not_have(status: Status, trigger: Trigger) -> None:
    order = an_order(RUN, status=status)
    before = replace(order)
    with pytest.raises(IllegalMove):
        Move(order, trigger, {"reason": "x"})
    assert order == before


def test_a_status_is_never_handed_in() -> None:
    with pytest.raises(ValueError, match="the lifecycle gives it"):
        Move(an_order(RUN), Trigger.DISPATCH, {"status": Status.SUCCEEDED})
    with pytest.raises(TypeError):
        Move(an_order(RUN), Trigger.DISPATCH, target=Status.SUCCEEDED)  # type: ignore[call-arg]


def test_a_move_can_not_be_changed_into_another() -> None:
    move = Move(an_order(RUN), Trigger.DISPATCH)
    with pytest.raises(FrozenInstanceError):
        move.target = Status.SUCCEEDED  # type: ignore[misc]
    with pytest.raises(IllegalMove):
        replace(move, trigger=Trigger.SUCCEED)
    with pytest.raises(ValueError, match="init=False"):
        replace(move, target=Status.SUCCEEDED)
    assert move.after.status is Status.DISPATCHED


def test_a_move_brings_its_facts_and_leaves_the_order_it_was_made_of() -> None:
    order = an_order(RUN, not_before=NOW)
    move = Move(order, Trigger.DISPATCH, {"attempt": 1, "not_before": None})
    assert move.after == replace(order, status=Status.DISPATCHED, attempt=1, not_before=None)
    assert (order.status, order.attempt, order.not_before) == (Status.QUEUED, 0, NOW)


def test_a_fact_that_no_order_has_is_refused() -> None:
    with pytest.raises(TypeError):
        _ = Move(an_order(RUN), Trigger.DISPATCH, {"colour": "red"}).after


def test_the_history_is_told_what_matters_and_no_more() -> None:
    order: Order = an_order(RUN, status=Status.RUNNING, attempt=2)
    facts = {"reason": "cancelled", "exit_code": 0, "log_bytes": 5, "log_tail": "text", "ended_at": NOW}
    assert Move(order, Trigger.FAIL, facts).event_data == {
        "attempt": 2,
        "reason": "cancelled",
        "exit_code": 0,
        "log_bytes": 5,
    }


def test_the_history_is_also_told_what_no_order_keeps() -> None:
    order: Order = an_order(RUN, status=Status.RUNNING, attempt=2)
    move = Move(order, Trigger.REQUEUE, {"exit_code": 3}, told={"ended": "failed", "reason": None})
    assert move.event_data == {"attempt": 2, "exit_code": 3, "ended": "failed"}
    assert move.after.reason is None


@pytest.mark.parametrize("where", [None, "https://log"])
@pytest.mark.parametrize("known", ["facts", "told"])
def test_a_start_says_where_it_was_however_late_it_is_heard_of(where: str | None, known: str) -> None:
    fast = an_order(RUN, status=Status.DISPATCHED, attempt=2)
    said = {"execution_url": where}
    if known == "facts":
        move = Move(fast, Trigger.SUCCEED, {**said, "exit_code": 0}, Trigger.START)
    else:
        move = Move(fast, Trigger.REQUEUE, {"exit_code": 3}, Trigger.START, told=said)
    data = {"attempt": 2} if where is None else {"attempt": 2, "execution_url": where}
    assert move_event(move, 1.0, Status.RUNNING).data == data


def test_both_ways_of_a_move_are_the_lifecycles() -> None:
    fast = an_order(RUN, status=Status.DISPATCHED, attempt=1)
    move = Move(fast, Trigger.SUCCEED, {}, Trigger.START)
    assert (move.passed, move.target) == (Status.RUNNING, Status.SUCCEEDED)
    with pytest.raises(IllegalMove):
        Move(fast, Trigger.SUCCEED, {}, Trigger.DISPATCH)
    with pytest.raises(IllegalMove):
        Move(an_order(RUN), Trigger.FAIL, {}, Trigger.START)
