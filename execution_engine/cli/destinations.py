"""Which instances an SSM order is for, as text. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from execution_engine.jobs.job import Job, SsmTargets


def names(targets: SsmTargets | None) -> list[str]:
    """A text for each instance or tag: ``web-1``, ``Role=web|app``. Empty for orders that run elsewhere."""
    return [] if targets is None else [*targets.instance_ids, *tags(targets)]


def tags(targets: SsmTargets) -> list[str]:
    return [f"{key}={'|'.join(values)}" for key, values in targets.tags.items()]


def all_names(job: Job) -> list[str]:
    """Those of all its orders, each once."""
    return list(dict.fromkeys(name for order in job.orders for name in names(order.ssm_targets)))


def some(texts: Sequence[str], most: int) -> str:
    """So many of them; more are counted."""
    more = f" and {len(texts) - most:,} more" if len(texts) > most else ""
    return ", ".join(texts[:most]) + more


def document(targets: SsmTargets) -> dict[str, Any]:
    """As a job has it."""
    if targets.instance_ids:
        return {"instance_ids": list(targets.instance_ids)}
    return {"tags": {key: list(values) for key, values in targets.tags.items()}}
