"""One run per idempotency key (contract section 1).

A submission holds its key by a lease that it renews while it gets on, until its run has begun; from then on the
key stands for that run for a day. Who comes with the key of one at work waits for it. One that died is
withdrawn by whoever comes next, on the condition that it has not begun; so a slow one that wakes up again
starts nothing, finds that out, and answers with the run of the other.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from threading import Lock

import structlog

from execution_engine.clock import Clock
from execution_engine.errors import ConditionLost, Fault, JobRefused, SubmissionPending
from execution_engine.intake.packing import Names
from execution_engine.jobs.naming import RUN_NUM
from execution_engine.orders.run import Phase
from execution_engine.orders.store import Records, Reports, Watchdogs
from execution_engine.orders.submission import Submission, Submissions

log = structlog.get_logger()

LEASE = 15.0
"""Seconds without a sign of progress after which a submission counts as dead. If it is only slow, that is safe."""

LIFETIME = 24 * 3600
PATIENCE = 20.0
"""Seconds that a repeated request waits for the first: it has to answer within API Gateway's 30."""

_LOOK = 0.5


class Standing(StrEnum):
    """What is known of the submission that holds a key."""

    BEGUN = "begun"
    AT_WORK = "at_work"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Key:
    """``name`` as in ``naming.submission_key``; ``caller``: it was given, not taken from the way it came by."""

    name: str
    fingerprint: str
    caller: bool


class Held:
    """A key, held by a submission at work. Threads may share it."""

    def __init__(self, submissions: Submissions, clock: Clock, submission: Submission) -> None:
        self._submissions = submissions
        self._clock = clock
        self._submission = submission
        self._lock = Lock()

    def progress(self) -> None:
        """To be called often, and just before the run begins. ``ConditionLost``: another one has the key.

        Renews the lease when half of it is gone. While more than that is left nobody has taken the key over, however
        clocks differ; who does so later finds the run's record, and either withdraws it or sees it confirmed.
        """
        with self._lock:
            if self._clock.now() > self._submission.until - LEASE / 2:
                self._renew()

    def let_go(self) -> None:
        """Nothing came of it: the key is free for the next. What fails here ends with the lease."""
        with suppress(Exception):
            self._submissions.forget(self._submission)

    def _renew(self) -> None:
        self._submission = self._submissions.renew(self._submission, self._clock.now() + LEASE)


class Admission:
    """``tick``: seconds between a watchdog's looks."""

    def __init__(
        self,
        submissions: Submissions,
        records: Records,
        reports: Reports,
        watchdogs: Watchdogs,
        clock: Clock,
        tick: int,
    ) -> None:
        self._submissions = submissions
        self._records = records
        self._reports = reports
        self._watchdogs = watchdogs
        self._clock = clock
        self._tick = tick

    def earlier(self, key: Key) -> Submission | None:
        """The submission that the key stands for, if there is one alive; waits while that is at work.

        Raises ``JobRefused`` (409) if it is of another job, and ``SubmissionPending`` if it is still at work
        and nobody but a platform that repeats waits for the answer.
        """
        until = self._clock.now() + PATIENCE
        while True:
            found = self._submissions.find(key.name, self._clock.now())
            if found is None or (standing := self.standing(found)) is Standing.DEAD:
                return None
            if found.fingerprint != key.fingerprint:
                raise JobRefused(
                    [Fault("idempotency_key", f"was used for another job, whose run is {found.run_id}; use a new one")],
                    status=409,
                )
            if standing is Standing.BEGUN:
                return found
            if self._clock.now() >= until:
                if key.caller:
                    return found
                raise SubmissionPending(f"run {found.run_id} of the same request is still being submitted; try again")
            self._clock.sleep(_LOOK)

    def hold(self, key: Key, names: Names) -> Held | None:
        """Takes the key, if need be from one that died. None: somebody else was quicker, see ``earlier``."""
        now = self._clock.now()
        mine = Submission(
            key=key.name,
            run_id=names.run_id,
            trace_id=names.trace_id,
            flow_id=names.flow_id,
            fingerprint=key.fingerprint,
            until=now + LEASE,
            expires_at=now + LIFETIME,
        )
        found = self._submissions.claim(mine, now)
        if found.run_id != mine.run_id:
            if self.standing(found) is not Standing.DEAD:
                return None
            try:
                self._withdraw(found)
                self._submissions.take_over(found, mine)
            except ConditionLost:
                return None
            log.warning("took over from a submission that died", run_id=mine.run_id, died=found.run_id)
        return Held(self._submissions, self._clock, mine)

    def standing(self, found: Submission) -> Standing:
        run = self._records.read(found.run_id, with_run=True).run
        if run is not None and run.is_seen:
            return Standing.BEGUN
        if run is not None and run.phase is Phase.WITHDRAWN:
            return Standing.DEAD
        if run is not None and self._reports.has_result(found.run_id, RUN_NUM, 1):
            return Standing.BEGUN
        return Standing.DEAD if self._clock.now() > found.until else Standing.AT_WORK

    def _withdraw(self, dead: Submission) -> None:
        """From here on it can't begin any more. Raises ``ConditionLost`` if it just did."""
        try:
            self._records.withdraw(dead.run_id)
        except ConditionLost:
            run = self._records.read(dead.run_id, with_run=True).run
            if run is None:
                return  # it got no further than its key
            if run.phase is not Phase.WITHDRAWN:
                raise
        # It may have died before it started the watchdog that sweeps it.
        self._watchdogs.start(dead.run_id, RUN_NUM, 1, self._tick)
