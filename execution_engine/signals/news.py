"""What EventBridge is told, word for word as resources/events.json has it: ids, statuses and reasons, nothing secret.

The same thing is told in the same words each time, so that whoever hears it twice can tell: a run ends once, and so
does an order of it.
"""

from __future__ import annotations

from typing import Any

from execution_engine.orders.event import Event
from execution_engine.orders.order import Order
from execution_engine.orders.run import Run

SOURCE = "execution-engine"
JOB_COMPLETED = "job_completed"
ORDER_FAILED = "order_failed"

Detail = dict[str, Any]


def job_completed(run: Run, epoch: float) -> Detail:
    return {
        "run_id": run.run_id,
        "trace_id": run.trace_id,
        "flow_id": run.flow_id,
        "status": str(run.outcome),
        "summary": run.summary,
        "retry_of": run.retry_of,
        "epoch": epoch,
    }


def order_failed(order: Order, event: Event) -> Detail:
    """Of an order that ended otherwise than well, with the event of its history that says so."""
    return {
        "run_id": order.run_id,
        "trace_id": order.trace_id,
        "flow_id": order.flow_id,
        "order_num": order.order_num,
        "order_name": order.order_name,
        "status": event.status,
        "reason": order.reason,
        "exit_code": order.exit_code,
        "attempt": order.attempt,
        "must_succeed": order.must_succeed,
        "execution_target": order.execution_target,
        "execution_url": order.execution_url,
        "epoch": event.epoch,
    }
