"""Whether an order fits the one DynamoDB item it is kept in (400 KB), with room for what its run adds."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from execution_engine.jobs.job import Order, SsmTargets
from execution_engine.jobs.targets import MAX_INSTANCES

MAX_ROW_BYTES = 390_000

ENDINGS_BYTES = 100_000
"""What the endings of an order on all its instances take at most, their ids apart: ``orders.instance`` sees to it."""

_ENDING_BYTES = 2_400
"""One of them at most, its message as long as any."""

_TAGGED_ID_BYTES = 24
"""An id that is known only when the order is launched, as AWS makes them."""

_FIXED = 4_096
"""Ids, times, status, reason, pointers and the names of the attributes."""

_PER_ELEMENT = 3
_NUM_BYTES = 4 + _PER_ELEMENT


def row_bytes(order: Order, dependents: Collection[str]) -> dict[str, int]:
    """An upper estimate in bytes of each part of the order's row; their sum is the row.

    ``dependents`` are the orders that need this one. What an order needs is kept twice: as it was
    asked, and as the set it still waits on. ``instances`` is how it ends on each. Variables are not in the
    row but in the bundle, or in an object of their own.
    """
    texts = [order.order_name, order.queue_id, order.git_repo, order.git_folder, order.commit_hash]
    texts += [order.s3_location, order.target_role_arn, order.sops_key, order.ssm_document_name]
    parts = {
        "cmds": _listed(order.cmds),
        "dependencies": _listed(order.dependencies) + 2 * _NUM_BYTES * len(order.needs),
        "dependents": _NUM_BYTES * len(dependents),
        "ssm_paths": _listed(order.ssm_paths),
        "secret_manager_paths": _listed(order.secret_manager_paths),
        "other": _FIXED + _listed(text for text in texts if text),
    }
    if order.ssm_targets is not None:
        ids, tags = order.ssm_targets.instance_ids, order.ssm_targets.tags
        parts["ssm_targets"] = _listed(ids) + _listed(tags) + sum(_listed(values) for values in tags.values())
        parts["instances"] = _endings(order.ssm_targets)
    return parts


def row_fault(order: Order, dependents: Collection[str]) -> tuple[str, str] | None:
    """(field, message) naming the biggest part of a row too big, else None. The field may be empty."""
    parts = row_bytes(order, dependents)
    total = sum(parts.values())
    if total <= MAX_ROW_BYTES:
        return None
    biggest = max(parts, key=lambda part: parts[part])
    message = (
        f"makes the record of order {order.order_name} too large: about {total:,} bytes, at most "
        f"{MAX_ROW_BYTES:,}; its largest part is {biggest} with {parts[biggest]:,}"
    )
    return {"dependents": "", "other": "", "instances": "ssm_targets"}.get(biggest, biggest), message


def _endings(targets: SsmTargets) -> int:
    count = len(targets.instance_ids) or MAX_INSTANCES
    ids = _listed(targets.instance_ids) or count * _TAGGED_ID_BYTES
    return ids + min(ENDINGS_BYTES, count * _ENDING_BYTES)


def _listed(texts: Iterable[str]) -> int:
    return sum(len(text.encode("utf-8")) + _PER_ELEMENT for text in texts)
