"""Runs, orders and events as answers: plain data, ready for JSON (contract section 5)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from execution_engine.orders.event import Event
from execution_engine.orders.order import Order
from execution_engine.orders.run import Phase, Run

Document = dict[str, Any]

_TOLD = (
    "order_num",
    "order_name",
    "queue_id",
    "execution_target",
    "reason",
    "exit_code",
    "attempt",
    "retries",
    "must_succeed",
    "timeout",
    "created_at",
    "dispatched_at",
    "started_at",
    "ended_at",
    "execution_url",
    "log_bytes",
    "damaged",
)


def run_document(run: Run) -> Document:
    """``status`` is the job's: ``submitting``, ``running``, then how it ended. ``stop``: why it is being
    ended early. ``last_epoch``: the epoch of its latest event. ``retry_of``: the run whose unsuccessful orders
    it repeats. Times are seconds since the epoch."""
    return {
        "run_id": run.run_id,
        "trace_id": run.trace_id,
        "flow_id": run.flow_id,
        "username": run.username,
        "status": str(run.status or Phase.RUNNING) if run.phase is not Phase.SUBMITTING else str(run.phase),
        "stop": run.stop,
        "summary": run.summary,
        "total": run.total,
        "created_at": run.created_at,
        "deadline": run.deadline,
        "completed_at": run.completed_at,
        "last_epoch": run.last_epoch,
        "retry_of": run.retry_of,
    }


def order_document(order: Order) -> Document:
    """``seconds``: how long its last attempt ran, null while it does and if it never did. ``damaged``: what of
    its record could not be read and was filled in. No commands: they may be long, and are no news."""
    document: Document = {name: getattr(order, name) for name in _TOLD}
    document["status"] = str(order.status)
    document["dependencies"] = list(order.dependencies)
    document["seconds"] = _seconds(order)
    return document


def result_document(order: Order, log: str) -> Document:
    """How one order ended, as ``run --json`` tells it (contract section 6)."""
    return {
        "order_num": order.order_num,
        "order_name": order.order_name,
        "status": str(order.status),
        "reason": order.reason,
        "exit_code": order.exit_code,
        "seconds": _seconds(order),
        "log": log,
    }


def event_document(event: Event) -> Document:
    """As contract section 4 has it; what an event has not is left out."""
    document = {name: value for name, value in asdict(event).items() if value is not None}
    document["sk"] = event.sk
    return document


def _seconds(order: Order) -> float | None:
    if order.started_at is None or order.ended_at is None:
        return None
    return round(max(0.0, order.ended_at - order.started_at), 3)
