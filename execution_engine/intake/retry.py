"""Runs again what did not succeed, and nothing else (contract section 5)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import structlog

from execution_engine.clock import Clock
from execution_engine.errors import Fault, JobRefused, NotFound
from execution_engine.jobs.job import Job
from execution_engine.jobs.naming import order_num, submission_key
from execution_engine.jobs.remainder import remainder
from execution_engine.logs import about
from execution_engine.orders.run import Phase, Run
from execution_engine.orders.status import Status
from execution_engine.orders.store import Records
from execution_engine.orders.submission import Submissions

log = structlog.get_logger()

_PAGE = 100
_MAX_RETRIES = 200
"""Of retries one after another. Whoever repeats a job more often than that in a day has a loop."""


class Takes(Protocol):
    """What is needed of ``Intake``."""

    def take(self, job: Job, *, trace_id: str, key: str, retry_of: str) -> dict[str, Any]: ...


class Retry:
    """A retry is keyed by the run it retries, so that a run is retried once: asking again leads to that retry,
    and when it has ended, to what is left of *it*. ``load``: the job that is kept of a run."""

    def __init__(
        self,
        records: Records,
        submissions: Submissions,
        load: Callable[[str], Job],
        intake: Takes,
        clock: Clock,
    ) -> None:
        self._records = records
        self._submissions = submissions
        self._load = load
        self._intake = intake
        self._clock = clock

    def retry(self, run_id: str) -> dict[str, Any]:
        """A submission's answer, with ``retry_of``: the run whose orders are repeated.

        Raises ``NotFound``, and ``JobRefused``: 409 while the run goes on, 400 if nothing is left to do.
        """
        run = self._seen(run_id)
        if run is None:
            raise NotFound(f"there is no run {run_id}; records live a day after a run's deadline")
        about(trace_id=run.trace_id)
        if run.phase is not Phase.COMPLETED:
            raise _refused(f"run {run_id} still goes on; cancel it, or retry it when it has ended", 409)
        last = self._last_retry(run)
        job = self._left_of(last, run_id)
        answer = self._intake.take(job, trace_id=last.trace_id, key=_key(last.run_id), retry_of=last.run_id)
        log.info("run retried", run_id=last.run_id, retried_as=answer["run_id"], orders=len(job.orders))
        return {**answer, "retry_of": last.run_id}

    def _last_retry(self, run: Run) -> Run:
        """The end of the chain of retries, as far as these have ended; the run itself if it has none such."""
        for _ in range(_MAX_RETRIES):
            retried = self._submissions.find(submission_key(_key(run.run_id)), self._clock.now())
            later = self._seen(retried.run_id) if retried else None
            if later is None or later.phase is not Phase.COMPLETED:
                return run
            run = later
        raise _refused(f"there are {_MAX_RETRIES} retries in a row already; submit the job again", 409)

    def _left_of(self, run: Run, asked: str) -> Job:
        done = set(self._succeeded(run))
        job = remainder(self._load(run.run_id), done) if len(done) < run.total else None
        if job is None:
            which = "" if run.run_id == asked else f", with its retry {run.run_id}"
            raise _refused(f"every order of run {asked} succeeded{which}: nothing is left to do", 400)
        return job

    def _succeeded(self, run: Run) -> Iterator[str]:
        """What can't be read did not succeed as far as anybody can tell, and is repeated."""
        nums = [order_num(place) for place in range(1, run.total + 1)]
        for start in range(0, len(nums), _PAGE):
            rows = self._records.read(run.run_id, nums[start : start + _PAGE])
            yield from (order.order_num for order in rows.orders if order.status is Status.SUCCEEDED)

    def _seen(self, run_id: str) -> Run | None:
        run = self._records.read(run_id, with_run=True).run
        return run if run is not None and run.is_seen else None


def _key(run_id: str) -> str:
    """What a caller's own key can't be: that begins with ``caller:``."""
    return f"retry:{run_id}"


def _refused(message: str, status: int) -> JobRefused:
    return JobRefused([Fault("run_id", message)], status=status)
