"""Runs, orders and events as answers: plain data, ready for JSON (contract section 5)."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from execution_engine.orders.event import Event
from execution_engine.orders.instance import InstanceOutcome, read_instances
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

_EVENT = tuple(field.name for field in fields(Event))


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
    its record could not be read and was filled in. No commands: they may be long, and are no news. ``instances``:
    how it ended on each, of an SSM order that has; of no other."""
    document: Document = {name: getattr(order, name) for name in _TOLD}
    document["status"] = str(order.status)
    document["dependencies"] = list(order.dependencies)
    document["seconds"] = _seconds(order)
    return {**document, **_instances(order)}


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
        **_instances(order),
    }


def instance_documents(instances: object) -> list[Document]:
    """How an order ended on each of its instances, in the order of their ids, from the map that records and events
    hold. ``message``: what SSM or the engine says of one that could not tell itself. What is no such map has none."""
    return [_instance(one) for one in read_instances(instances)]


def event_document(event: Event) -> Document:
    """As contract section 4 has it; what an event has not is left out."""
    document = {name: value for name in _EVENT if (value := getattr(event, name)) is not None}
    document["sk"] = event.sk
    return document


def _instances(order: Order) -> Document:
    told = instance_documents(order.instances)
    return {"instances": told} if told else {}


def _instance(one: InstanceOutcome) -> Document:
    return {
        "instance_id": one.instance_id,
        "status": str(one.status),
        "exit_code": one.exit_code,
        "reason": one.reason,
        "message": one.message,
        "started_at": one.started_at,
        "ended_at": one.ended_at,
        "seconds": _seconds(one),
        "log_bytes": one.log_bytes,
    }


def _seconds(what: Order | InstanceOutcome) -> float | None:
    if what.started_at is None or what.ended_at is None:
        return None
    return round(max(0.0, what.ended_at - what.started_at), 3)
