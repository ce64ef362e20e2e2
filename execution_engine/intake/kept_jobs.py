"""Jobs as submitted, kept sealed for a day beside what their runs use, so that a retry needs nothing from the
caller.

Each is sealed to an age key of its own, and that key wrapped by KMS for this one run. Both lie in one object;
without the right to use the KMS key it is of no use to anybody, whoever may read the bucket.
"""

from __future__ import annotations

import base64
import json
from typing import Protocol

from execution_engine.bundles.age import AgeKey, seal_bytes, unseal_bytes
from execution_engine.clock import Clock
from execution_engine.errors import BundleUnreadable, JobRefused, NotFound
from execution_engine.jobs.job import TARGETS, Door, Job
from execution_engine.jobs.naming import kept_job_key
from execution_engine.jobs.rendering import document_of
from execution_engine.jobs.specification import parse_job
from execution_engine.storage.objects import Bucket

LIFETIME = 24 * 3600 - 60
"""Seconds. Shorter than an idempotency key's: while a job can be loaded, it is known what it was retried as."""

_LIMIT = 64 * 1024 * 1024
"""Bytes, far above any job that was taken: with its defaults and its code's new places it is longer than it came."""


class Wrapping(Protocol):
    """Keeps an age key so that it opens for its own run only."""

    def wrap(self, run_id: str, identity: str) -> bytes: ...

    def unwrap(self, run_id: str, wrapped: bytes) -> str: ...


class KeptJobs:
    """``wrapping`` None: a deployment that has no KMS key keeps no jobs, and takes them all the same."""

    def __init__(
        self, bucket: Bucket, wrapping: Wrapping | None, clock: Clock, targets: frozenset[str] = frozenset(TARGETS)
    ) -> None:
        self._bucket = bucket
        self._wrapping = wrapping
        self._clock = clock
        self._targets = targets

    def keep(self, run_id: str, job: Job) -> None:
        """One call of KMS, one of S3."""
        if self._wrapping is None:
            return
        content = {"door": job.door, "kept_at": self._clock.now(), "job": document_of(job)}
        key = AgeKey.generate()
        sealed = seal_bytes(json.dumps(content, ensure_ascii=False).encode(), key.recipient)
        wrapped = self._wrapping.wrap(run_id, key.identity)
        whole = {"key": base64.b64encode(wrapped).decode(), "job": base64.b64encode(sealed).decode()}
        self._bucket.write(kept_job_key(run_id), json.dumps(whole).encode())

    def load(self, run_id: str) -> Job:
        """Raises ``NotFound`` if there is none (any more), ``BundleUnreadable`` if it can't be opened."""
        if self._wrapping is None:
            raise NotFound(
                f"run {run_id} can't be retried: this deployment keeps no jobs, since AWS_EXE_SYS_KMS_KEY is not set; "
                "submit the job again"
            )
        whole = self._bucket.read(kept_job_key(run_id), _LIMIT)
        if whole is None:
            raise _gone(run_id)
        try:
            parts = json.loads(whole)
            wrapped, sealed = (base64.b64decode(parts[name], validate=True) for name in ("key", "job"))
        except (ValueError, KeyError, TypeError):
            raise BundleUnreadable(f"the kept job of run {run_id} is damaged; submit the job again") from None
        content = json.loads(unseal_bytes(sealed, self._wrapping.unwrap(run_id, wrapped)))
        if self._clock.now() > content["kept_at"] + LIFETIME:
            raise _gone(run_id)
        return self._parsed(run_id, content["job"], content["door"])

    def _parsed(self, run_id: str, document: object, door: Door) -> Job:
        try:
            return parse_job(document, door=door, size_limit=_LIMIT, targets=self._targets)
        except JobRefused as refused:
            raise BundleUnreadable(
                f"the kept job of run {run_id} is not one that this version of the engine takes ({refused}); "
                "submit the job again"
            ) from refused


def _gone(run_id: str) -> NotFound:
    return NotFound(f"the job of run {run_id} is no longer kept: jobs are kept for a day; submit the job again")
