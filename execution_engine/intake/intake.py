"""Takes a job: parsed and found right, its code fetched, queued as a whole; one run per idempotency key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog

from execution_engine.errors import ConditionLost, SubmissionPending
from execution_engine.identifiers import Identifiers
from execution_engine.intake.admission import Admission, Held, Key
from execution_engine.intake.fingerprint import fingerprint
from execution_engine.intake.materials import Supply
from execution_engine.intake.packing import Names
from execution_engine.intake.pulse import unheard
from execution_engine.intake.queueing import Queueing
from execution_engine.intake.refusals import refuse_what_is_not_possible
from execution_engine.jobs.encoding import submission
from execution_engine.jobs.job import Door, Job
from execution_engine.jobs.naming import done_key, flow_id, submission_key
from execution_engine.logs import about

log = structlog.get_logger()

Answer = dict[str, Any]

_TRIES = 10


@dataclass(frozen=True, slots=True)
class Deployment:
    """What this deployment can do and where callers look for the end. ``known``: targets that jobs may name, of
    which it runs ``targets``. ``encrypts``: it has a KMS key."""

    known: frozenset[str]
    targets: frozenset[str]
    done_bucket: str
    encrypts: bool = False


class Intake:
    """``fingerprint(job, salt)``: equal for equal jobs."""

    def __init__(
        self,
        *,
        admission: Admission,
        queueing: Queueing,
        supply: Supply,
        deployment: Deployment,
        identifiers: Identifiers,
        fingerprint: Callable[[Job, str], str] = fingerprint,
    ) -> None:
        self._admission = admission
        self._queueing = queueing
        self._supply = supply
        self._deployment = deployment
        self._identifiers = identifiers
        self._fingerprint = fingerprint

    def submit(self, request: object, *, door: Door, size_limit: int, came_as: str | None = None) -> Answer:
        """The answer of contract section 1; raises ``JobRefused`` with every fault.

        ``size_limit``: bytes of the job as JSON that the way it came by allows. ``came_as``: what the platform
        calls this request, however often it repeats it; the caller's own key counts before that.
        """
        asked = submission(request, door=door, size_limit=size_limit, targets=self._deployment.known)
        trace_id = asked.trace_id or self._identifiers.trace_id()
        if asked.idempotency_key is not None:
            return self._take(asked.job, trace_id, f"caller:{asked.idempotency_key}", caller=True)
        return self._take(asked.job, trace_id, came_as)

    def take(self, job: Job, *, trace_id: str, key: str, retry_of: str) -> Answer:
        """A job that the engine itself has at hand, under a key of the engine's own."""
        return self._take(job, trace_id, key, caller=True, retry_of=retry_of)

    def _take(
        self, job: Job, trace_id: str, name: str | None, *, caller: bool = False, retry_of: str | None = None
    ) -> Answer:
        refuse_what_is_not_possible(job, self._deployment.targets, encrypts=self._deployment.encrypts)
        if name is None:
            names = self._names(job, trace_id)
            with self._supply.fetched(job, names.run_id, unheard) as materials:
                self._queueing.queue(job, names, materials, retry_of=retry_of)
            return self._answer(names, job)
        stored = submission_key(name)
        # What a platform repeats is what it brought before: the name alone says so, and 50 ms of scrypt are saved.
        key = Key(stored, self._fingerprint(job, stored) if caller else stored, caller)
        for _ in range(_TRIES):
            names = self._names(job, trace_id)
            # Before the code is fetched: that may be gone by the time a request is repeated.
            held = self._admission.hold(key, names)
            if held is not None:
                if self._queue_under(held, job, names, retry_of):
                    return self._answer(names, job)
            elif first := self._admission.earlier(key):
                log.info("submitted before", run_id=first.run_id, trace_id=first.trace_id)
                return {**self._answer(Names(first.run_id, first.trace_id, first.flow_id)), "replayed": True}
        raise SubmissionPending(f"the idempotency key changed hands {_TRIES} times in a row; try again")

    def _queue_under(self, held: Held, job: Job, names: Names, retry_of: str | None) -> bool:
        """False: the key is another one's by now."""
        try:
            with self._supply.fetched(job, names.run_id, held.progress) as materials:
                self._queueing.queue(job, names, materials, retry_of=retry_of, progress=held.progress)
        except ConditionLost:
            return False
        except SubmissionPending:
            raise
        except BaseException:
            held.let_go()
            raise
        return self._queueing.has_begun(names.run_id)

    def _names(self, job: Job, trace_id: str) -> Names:
        run_id = self._identifiers.run_id()
        about(run_id=run_id, trace_id=trace_id)
        return Names(run_id, trace_id, flow_id(job.username, trace_id, job.flow_label))

    def _answer(self, names: Names, taken: Job | None = None) -> Answer:
        if taken is not None:
            log.info("job taken", run_id=names.run_id, trace_id=names.trace_id, orders=len(taken.orders))
        return {
            "status": "ok",
            "run_id": names.run_id,
            "trace_id": names.trace_id,
            "flow_id": names.flow_id,
            "done_endpt": f"s3://{self._deployment.done_bucket}/{done_key(names.run_id)}",
        }
