"""Runs as their events tell them: what is left when their records have had their day. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from execution_engine.console.wording import ENDED, STATUSES
from execution_engine.history.documents import Document
from execution_engine.jobs.naming import JOB_ORDER_NAME

OUT = ("dispatched", "running")


def runs(events: Iterable[Document]) -> list[Document]:
    """Documents as ``History.run`` answers with them, in the order in which the runs began; ``events`` oldest first.

    What events do not say is null: timeouts, the deadline, what depends on what. ``expired`` is true.
    """
    found: dict[str, dict[str, Any]] = {}
    for event in events:
        run = found.setdefault(str(event["run_id"]), _begun(event))
        run["last_epoch"] = event["epoch"]
        if event["order_name"] == JOB_ORDER_NAME:
            _learn_of_run(run, event)
        elif event.get("order_num"):
            order = run["orders"].setdefault(event["order_num"], _unknown(event))
            _learn_of_order(order, event)
    return [_finished(run) for run in found.values()]


def attempts(events: Iterable[Document]) -> dict[str, list[Document]]:
    """Of one run's events, by order number: each attempt's ``dispatched_at``, ``started_at``, ``ended_at`` and the
    ``status`` it ended with, which is ``queued`` for one that is to be tried again."""
    found: dict[str, list[Document]] = {}
    for event in events:
        if not is_status(event) or not event.get("order_num"):
            continue
        kind, mine = event["event_type"], found.setdefault(event["order_num"], [])
        if kind == "dispatched":
            mine.append({"dispatched_at": event["epoch"], "started_at": None, "ended_at": None, "status": kind})
        elif mine and mine[-1]["ended_at"] is None:
            mine[-1]["status"] = kind
            mine[-1]["started_at" if kind == "running" else "ended_at"] = event["epoch"]
    return found


def is_status(event: Document) -> bool:
    """Whether an order changed its status; what its own commands reported may be called as they like."""
    return event["event_type"] in STATUSES and event["status"] == event["event_type"]


def _begun(event: Document) -> dict[str, Any]:
    return {
        "run_id": event["run_id"],
        "trace_id": event["trace_id"],
        "flow_id": event["flow_id"],
        "username": str(event["flow_id"]).partition(":")[0],
        "status": "running",
        "stop": None,
        "summary": {},
        "total": 0,
        "created_at": event["epoch"],
        "deadline": None,
        "completed_at": None,
        "last_epoch": event["epoch"],
        "retry_of": None,
        "expired": True,
        "orders": {},
    }


def _learn_of_run(run: dict[str, Any], event: Document) -> None:
    if event["event_type"] == "job_completed":
        run |= {"status": event["status"], "completed_at": event["epoch"]}
    retried = (event.get("data") or {}).get("retry_of")
    run["retry_of"] = retried if isinstance(retried, str) else run["retry_of"]


def _unknown(event: Document) -> Document:
    return {
        "order_num": event["order_num"],
        "order_name": event["order_name"],
        "queue_id": event["order_num"],
        "execution_target": "",
        "status": "queued",
        "reason": None,
        "exit_code": None,
        "attempt": 0,
        "retries": 0,
        "must_succeed": True,
        "timeout": None,
        "created_at": event["epoch"],
        "dispatched_at": None,
        "started_at": None,
        "ended_at": None,
        "execution_url": None,
        "log_bytes": None,
        "damaged": None,
        "dependencies": [],
        "seconds": None,
    }


def _learn_of_order(order: Document, event: Document) -> None:
    if not is_status(event):
        return
    kind, data = event["event_type"], event.get("data") or {}
    order["status"] = kind
    for name in ("execution_target", "attempt", "reason", "exit_code", "execution_url", "log_bytes"):
        if name in data:
            order[name] = data[name]
    if kind == "dispatched":
        order |= {"dispatched_at": event["epoch"], "started_at": None, "ended_at": None}
    elif kind == "running":
        order["started_at"] = event["epoch"]
    elif kind in ENDED:
        order["ended_at"] = event["epoch"]
        if order["started_at"] is not None:
            order["seconds"] = round(max(0.0, order["ended_at"] - order["started_at"]), 3)


def _finished(run: dict[str, Any]) -> Document:
    orders = [order for _, order in sorted(run["orders"].items())]
    summary = {status: sum(order["status"] == status for order in orders) for status in ENDED}
    return {**run, "orders": orders, "total": len(orders), "summary": summary}
