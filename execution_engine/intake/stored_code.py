"""A job whose code is what its run stored of it: a repetition needs nothing of the caller. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from execution_engine.bundles.manifest import CodePointer
from execution_engine.jobs.job import Job, Order


def with_stored_code(job: Job, pointers: Mapping[str, CodePointer], bucket: str) -> Job:
    """``pointers``: the run's own copies by ``s3_location``; an upload is gone once it was answered."""

    def stored(order: Order) -> Order:
        pointer = pointers.get(order.s3_location or "")
        return order if pointer is None else replace(order, s3_location=f"s3://{bucket}/{pointer.key}")

    return replace(job, orders=tuple(map(stored, job.orders)))
