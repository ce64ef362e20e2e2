"""How an order that still runs on instances stands on each of them: the record only knows when all have ended."""

from __future__ import annotations

from execution_engine.history.documents import Document, instance_documents
from execution_engine.orders.instance import InstanceOutcome, told_instances
from execution_engine.orders.order import Order
from execution_engine.orders.report import Result
from execution_engine.orders.status import Status
from execution_engine.storage.order_logs import OrderLogs

_NOTHING = ("exit_code", "reason", "message", "started_at", "ended_at", "seconds", "log_bytes")


def standing(logs: OrderLogs, order: Order) -> list[Document]:
    """As ``documents.instance_documents``, in the order of the ids; ``status`` is ``running`` where one is at work, and
    ``dispatched`` where one that the job names has not begun. Empty for an order that is not out on instances.

    One call, and one for each instance that has ended.
    """
    if order.ssm_targets is None or not order.status.is_out:
        return []
    found: dict[str, Result | None] = dict.fromkeys(order.ssm_targets.get("instance_ids", ()))
    begun = logs.standing(order.run_id, order.order_num, order.attempt)
    ended = [_outcome(name, result) for name, result in begun.items() if result is not None]
    told = {one["instance_id"]: one for one in instance_documents(told_instances(ended))}
    for name in found.keys() | begun.keys():
        status = Status.RUNNING if name in begun else Status.DISPATCHED
        told.setdefault(name, {"instance_id": name, "status": str(status), **dict.fromkeys(_NOTHING)})
    return [told[name] for name in sorted(told)]


def _outcome(name: str, result: Result) -> InstanceOutcome:
    return InstanceOutcome(
        instance_id=name,
        status=result.status,
        exit_code=result.exit_code,
        reason=result.reason,
        started_at=result.started_at,
        ended_at=result.ended_at,
        log_bytes=result.log_bytes,
    )
