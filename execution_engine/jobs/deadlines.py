"""How long a job may take and how long its callback URLs live, given or worked out."""

from __future__ import annotations

import math
from collections.abc import Sequence

from execution_engine.jobs.checks import MAX_SECONDS
from execution_engine.jobs.documents import JobDocument
from execution_engine.jobs.faults import Faults
from execution_engine.jobs.references import References

DEFAULT_JOB_SECONDS = 3_600
MARGIN_SECONDS = 300
"""Between the end of the longest order and the end of what depends on it: the job, the callback URLs."""


def job_timeout(
    job: JobDocument, bad: frozenset[str], references: References, timeouts: Sequence[float], faults: Faults
) -> float:
    """The given one, else an hour, else enough for the longest path. Of a cyclic graph nothing is said."""
    if job.job_timeout is not None or "job_timeout" in bad or references.cyclic:
        return job.job_timeout or DEFAULT_JOB_SECONDS
    longest = references.graph.longest_path(dict(zip(references.nums, timeouts, strict=True)))
    if longest + MARGIN_SECONDS > MAX_SECONDS:
        faults.add(
            "job_timeout",
            f"would have to be {longest + MARGIN_SECONDS:,} seconds, the longest path of order timeouts and "
            f"{MARGIN_SECONDS} more; at most {MAX_SECONDS:,} are possible: give one, or shorten the path",
        )
    return max(DEFAULT_JOB_SECONDS, longest + MARGIN_SECONDS)


def presign_expiry(job: JobDocument, deadline: float, timeouts: Sequence[float], faults: Faults) -> int:
    """The life of callback URLs in whole seconds; a given one must outlive the longest order."""
    if job.presign_expiry is None:
        return math.ceil(deadline + MARGIN_SECONDS)
    needed = max(timeouts, default=0) + MARGIN_SECONDS
    if timeouts and job.presign_expiry < needed:
        faults.add(
            "presign_expiry",
            f"must be at least {needed:,} seconds: the longest order's timeout and {MARGIN_SECONDS} more",
        )
    return math.ceil(job.presign_expiry)
