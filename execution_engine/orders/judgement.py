"""What becomes of one order that somebody has word of. Pure: the order, the word, the time → a move or none."""

from __future__ import annotations

from execution_engine.orders.instance import told_instances
from execution_engine.orders.machine import Trigger
from execution_engine.orders.move import Move
from execution_engine.orders.order import Order
from execution_engine.orders.report import Claim, Result
from execution_engine.orders.status import Reason, Status

BACKOFF_BASE = 10.0
BACKOFF_LIMIT = 300.0

_TRIGGERS = {
    Status.SUCCEEDED: Trigger.SUCCEED,
    Status.FAILED: Trigger.FAIL,
    Status.TIMED_OUT: Trigger.TIME_OUT,
}
_ASKED_FOR = {Reason.CANCELLED, Reason.JOB_TIMED_OUT, Reason.RECORD_UNREADABLE}


def backoff(attempt: int) -> float:
    """Seconds between the end of ``attempt`` and the next; doubles, up to five minutes."""
    return min(BACKOFF_LIMIT, BACKOFF_BASE * 2.0 ** (attempt - 1))


def judge_claim(order: Order, claim: Claim, now: float) -> Move | None:
    """A claim starts a dispatched order, unless it is void, so that a result from outside will follow, or the
    order is to end because its record was damaged."""
    if order.status is not Status.DISPATCHED or claim.void or order.damaged is not None:
        return None
    facts: dict[str, object] = {"started_at": now, "last_update": now}
    if claim.execution_url:
        facts["execution_url"] = claim.execution_url
    return Move(order, Trigger.START, facts)


def judge_result(order: Order, result: Result, now: float, *, stopping: bool) -> Move | None:
    """A result ends the attempt: for good, or until the next one where retries remain."""
    if not order.status.is_out:
        return None
    # Only what a worker began has a beginning; a result from outside tells none.
    unheard = order.status is Status.DISPATCHED and result.started_at is not None
    via = Trigger.START if unheard else None
    if _may_retry(order, result, stopping):
        return Move(
            order,
            Trigger.REQUEUE,
            {"not_before": now + backoff(order.attempt), "last_update": now, "exit_code": result.exit_code},
            via,
            # The order is no longer what its attempt was, but why there is to be another must be found somewhere.
            told={
                "ended": str(result.status),
                "reason": result.reason,
                "log_bytes": result.log_bytes,
                "execution_url": result.execution_url or order.execution_url,
                "instances": told_instances(result.instances),
            },
        )
    return Move(
        order,
        _TRIGGERS[result.status],
        {
            "reason": result.reason,
            "exit_code": result.exit_code,
            "started_at": result.started_at or order.started_at,
            "ended_at": result.ended_at or now,
            "log_bytes": result.log_bytes,
            "log_tail": result.tail,
            "instances": told_instances(result.instances),
            # A worker knows better where it ran than who launched it; a fast one's result may be the first word of it.
            "execution_url": result.execution_url or order.execution_url,
            "last_update": now,
        },
        via,
    )


def judge_unrun(order: Order, reason: Reason, now: float) -> Move:
    """An order that will never run: its dependency failed, or the run is being stopped."""
    trigger = Trigger.TIME_OUT if reason is Reason.JOB_TIMED_OUT else Trigger.FAIL
    return Move(order, trigger, {"reason": str(reason), "ended_at": now, "last_update": now})


def reserve(order: Order, now: float) -> Move:
    """The next attempt, reserved before it is launched."""
    return Move(
        order,
        Trigger.DISPATCH,
        {
            "attempt": order.attempt + 1,
            "launches": 1,
            "dispatched_at": now,
            "launched_at": now,
            "started_at": None,
            "events_written": 0,
            "execution_id": None,
            "execution_url": None,
            "exit_code": None,
            "instances": None,
            "not_before": None,
            "last_update": now,
        },
    )


def _may_retry(order: Order, result: Result, stopping: bool) -> bool:
    if result.status is Status.SUCCEEDED or stopping or result.reason in _ASKED_FOR or order.damaged is not None:
        return False
    return order.attempt <= order.retries
