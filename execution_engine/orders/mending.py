"""Makes a record that can be read out of one that can't (law 1's one exception). Pure.

What can be read stays; the rest is filled in from what else is known, or with what harms nobody, so that the
lifecycle can end the order, or the stop path the run, like any other. An order's status is *kept* where it can
be read. Where it can't, it is found out here, from how the order stood; that is no move: nothing happened to
the order but that its record was damaged, and the move that ends it comes after.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from execution_engine.orders.order import Order
from execution_engine.orders.run import Phase, Run, Tally
from execution_engine.orders.status import Reason, Status
from execution_engine.orders.wreck import Wreck

UNREADABLE = "# this command can't be read any more"

_ALL_TOLD = 10_000
"""Events that an attempt has at most: where nobody knows how many were recorded, none is recorded twice."""

_DAY = 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known of an order beside its own record. ``results``: how attempts 1, 2, … ended, as far as any
    did. By the run's counts, and asked only where the record says nothing of it: ``had_ended``, ``was_out``."""

    results: Sequence[Status] = ()
    had_ended: bool = False
    was_out: bool = True
    dependents: tuple[str, ...] = ()


def lacks_standing(wreck: Wreck) -> bool:
    """Whether it takes evidence to say how the order stands."""
    return wreck.lacks("status") or wreck.lacks("attempt")


def may_have_ended(wreck: Wreck) -> bool:
    """Whether the record does not even say if the order had ended."""
    return wreck.lacks("status") and wreck.lacks("ended_at")


def mend_order(wreck: Wreck, run: Run, evidence: Evidence, now: float) -> Order:
    """The order as it stood, marked as damaged; who looks at it next ends it, unless it had ended."""
    attempt = wreck.values.get("attempt")
    status = Status(wreck.values["status"]) if "status" in wreck.values else _status(wreck, attempt, evidence)
    if attempt is None:
        attempt = _attempt(wreck, status, evidence)
    over: dict[str, Any] = {}
    if status.is_terminal:
        over["ended_at"] = wreck.values.get("last_update", now)
        if wreck.gone and status is not Status.SUCCEEDED:
            over["reason"] = str(Reason.RECORD_UNREADABLE)
    known = {name: value for name, value in wreck.values.items() if name not in ("status", "attempt")}
    return Order(
        **{**_neutral(wreck, run, now), "dependents": evidence.dependents, **over, **known, "damaged": wreck.damage},
        status=status,
        attempt=attempt,
    )


def mend_run(wreck: Wreck, orders: Iterable[Order], *, key_path: str, signalled: bool, now: float) -> Run:
    """The run as its orders tell it; unless it is over, it is to be stopped, the first reason standing.

    ``orders``: as many as can be had. ``signalled``: whether its submission was complete. The counts are those
    of ``orders``, once anything may have happened to them.
    """
    found = list(orders)
    known = {name: value for name, value in wreck.values.items() if name not in Tally.__slots__}
    values = {**_of_orders(wreck, found, key_path, now), **known}
    phase = Phase(values.pop("phase", None) or _phase(values, found, signalled))
    if phase is Phase.COMPLETED:
        values.setdefault("completed_at", now)
    else:
        values.update(status=None, completed_at=None)
        if values.get("stop") is None:
            values.update(stop=str(Reason.RECORD_UNREADABLE), stop_cursor=0)
    begun = phase in (Phase.RUNNING, Phase.COMPLETED)
    tally = sum((Tally.of(order) for order in found), Tally()) if begun else Tally(open=values["total"])
    values.update(run_id=wreck.run_id, phase=phase, tally=tally)
    if phase is Phase.COMPLETED:
        values["status"] = Status(values.get("status") or Run(**values).outcome)
    return Run(**values)


def dependents_of(wreck: Wreck, orders: Iterable[Order], wrecks: Iterable[Wreck]) -> tuple[str, ...]:
    """Who waits on an order, or ever did, by their own records. Those that don't say are taken for some."""
    names = {wreck.values.get("order_name"), wreck.values.get("queue_id", wreck.num)}

    def needs(waiting: Iterable[str], dependencies: Iterable[str]) -> bool:
        return wreck.num in waiting or not names.isdisjoint(dependencies)

    found = [order.order_num for order in orders if needs(order.waiting, order.dependencies)]
    for other in wrecks:
        unknown = other.lacks("waiting") or other.lacks("dependencies")
        if unknown or needs(other.values.get("waiting", ()), other.values.get("dependencies", ())):
            found.append(other.num)
    return tuple(sorted(num for num in found if num != wreck.num))


# How an order stood


def _status(wreck: Wreck, attempt: int | None, evidence: Evidence) -> Status:
    values = wreck.values
    ended = evidence.had_ended if wreck.lacks("ended_at") else values.get("ended_at") is not None
    if ended:
        return _end(wreck, evidence)
    if values.get("not_before") is not None:
        return Status.QUEUED
    was_out = attempt > 0 if attempt is not None else values.get("dispatched_at") is not None
    if not (evidence.was_out if wreck.gone else was_out):
        return Status.QUEUED
    return Status.DISPATCHED if values.get("started_at") is None else Status.RUNNING


def _end(wreck: Wreck, evidence: Evidence) -> Status:
    reason = wreck.values.get("reason")
    if reason is not None:
        return Status.TIMED_OUT if reason == Reason.JOB_TIMED_OUT else Status.FAILED
    if evidence.results:
        return evidence.results[-1]
    return Status.SUCCEEDED if wreck.values.get("exit_code") == 0 else Status.FAILED


def _attempt(wreck: Wreck, status: Status, evidence: Evidence) -> int:
    heard = len(evidence.results)
    if status.is_out:
        retries: int = wreck.values.get("retries", heard)
        return min(heard, retries) + 1
    return max(heard, int(wreck.values.get("dispatched_at") is not None))


# What is filled in


def _neutral(wreck: Wreck, run: Run, now: float) -> dict[str, Any]:
    return {
        "run_id": wreck.run_id,
        "order_num": wreck.num,
        "trace_id": run.trace_id,
        "flow_id": run.flow_id,
        "order_name": wreck.num,
        "queue_id": wreck.num,
        "execution_target": "unknown",
        "cmds": (UNREADABLE,),
        "timeout": 1,
        "bundle_sha256": "",
        "sops_key_path": run.sops_key_path,
        "created_at": run.created_at,
        "last_update": now,
        "deadline": run.deadline,
        "ttl": run.ttl,
        "launches": 1,
        "events_written": _ALL_TOLD,
    }


def _of_orders(wreck: Wreck, orders: Sequence[Order], key_path: str, now: float) -> dict[str, Any]:
    first = orders[0] if orders else None
    flow_id = first.flow_id if first else wreck.values.get("flow_id", "")
    return {
        "trace_id": first.trace_id if first else wreck.run_id,
        "flow_id": flow_id,
        "username": flow_id.partition(":")[0],
        "total": max((int(order.order_num) for order in orders), default=1),
        "created_at": first.created_at if first else now,
        "deadline": first.deadline if first else now,
        "ttl": first.ttl if first else int(now) + _DAY,
        # Later than any event there is: these are at most microseconds after what was written with them.
        "last_epoch": round(max(now, *(order.last_update for order in orders), 0.0) + 1.0, 6),
        "sops_key_path": key_path,
    }


def _phase(values: dict[str, Any], orders: Iterable[Order], signalled: bool) -> Phase:
    if values.get("completed_at") is not None:
        return Phase.COMPLETED
    begun = any(order.attempt or order.status is not Status.QUEUED for order in orders)
    return Phase.RUNNING if signalled and begun else Phase.SUBMITTING
