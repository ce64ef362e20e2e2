"""A job whose code is what its run stored of it: a repetition needs nothing of the caller. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from execution_engine.bundles.manifest import CodePointer
from execution_engine.jobs.job import Job, Order


def with_stored_code(job: Job, pointers: Mapping[str, CodePointer], bucket: str) -> Job:
    """``pointers``: the run's own copies by order number. An upload is gone once it was answered, and a branch may
    have moved on: what is repeated is what was tried."""

    def stored(order: Order) -> Order:
        pointer = pointers.get(order.order_num)
        if pointer is None:
            return order
        return replace(
            order, s3_location=f"s3://{bucket}/{pointer.key}", git_repo=None, git_folder=None, commit_hash=None
        )

    return replace(job, orders=tuple(map(stored, job.orders)))
