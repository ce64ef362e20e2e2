"""What a worker is told when it is started: ids and locations, nothing else (law 12)."""

from __future__ import annotations

from typing import Any

from execution_engine.jobs.naming import bundle_key
from execution_engine.orders.order import Order


def assignment(order: Order, bucket: str, start_limit: float) -> dict[str, Any]:
    """As ``worker.assignment.Assignment`` reads it. ``start_limit`` (seconds): a worker that starts later is too
    late."""
    return {
        "run_id": order.run_id,
        "order_num": order.order_num,
        "order_name": order.order_name,
        "attempt": order.attempt,
        "bucket": bucket,
        "key": bundle_key(order.run_id, order.order_num),
        "sha256": order.bundle_sha256,
        "not_after": (order.dispatched_at or 0) + start_limit,
        "trace_id": order.trace_id,
        "flow_id": order.flow_id,
        "SOPS_KEY_SSM_PATH": order.sops_key_path,
    }
