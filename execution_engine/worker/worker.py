"""Runs one attempt of one order: the same class in Lambda, in CodeBuild, on instances and on one machine.

Bundle → claim → variables and code → commands → events, log, result. Nothing of the caller's runs before
the claim is won; nothing is reported after the result. What fails before the claim is reported, too, by
the worker's own role, as far as it has one.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import structlog

from execution_engine.clock import Clock
from execution_engine.errors import EngineError
from execution_engine.identifiers import Identifiers
from execution_engine.orders.status import Reason, Status
from execution_engine.redaction import hiding, masked
from execution_engine.worker.assignment import Assignment
from execution_engine.worker.callbacks import ReportKeys
from execution_engine.worker.claim import ReadObject, claim_document, take
from execution_engine.worker.control import Control
from execution_engine.worker.courier import Courier
from execution_engine.worker.execution import Done, Execution, Surroundings
from execution_engine.worker.heartbeat import Heartbeat
from execution_engine.worker.opened import Opened, Opener
from execution_engine.worker.patience import Patience
from execution_engine.worker.report import Fallback, Reporter
from execution_engine.worker.results import no_stream, result_document
from execution_engine.worker.sequence import Ending
from execution_engine.worker.stop import StopRequest
from execution_engine.worker.telling import tell
from execution_engine.worker.termination import ending_in_good_order

Renewing = Callable[[Reporter], "AbstractContextManager[object]"]
_log = structlog.get_logger()


class Fate(StrEnum):
    """What became of a launch."""

    TOO_LATE = "too_late"
    NOT_OURS = "not_ours"
    REPORTED = "reported"
    SUPERSEDED = "superseded"
    UNREPORTED = "unreported"


@dataclass(frozen=True, slots=True)
class Outcome:
    """``SUPERSEDED``: a result was there first and stands. ``ending`` None: nothing was ours to end."""

    fate: Fate
    ending: Ending | None = None


class Worker:
    """``fallback`` writes by the worker's own role, ``read_claim(key)`` reads a claim back; both optional.
    ``renewing`` may give a reporter newer addresses while its context is open.

    One order at a time. ``work`` raises nothing the engine expects: it tells in its outcome and its log.
    """

    def __init__(
        self,
        opening: Opener,
        courier: Courier,
        surroundings: Surroundings,
        *,
        clock: Clock,
        monotonic: Callable[[], float],
        identifiers: Identifiers,
        patience: Patience,
        fallback: Fallback | None = None,
        read_claim: ReadObject | None = None,
        renewing: Renewing = nullcontext,
    ) -> None:
        self._opening = opening
        self._courier = courier
        self._around = surroundings
        self._clock = clock
        self._monotonic = monotonic
        self._identifiers = identifiers
        self._patience = patience
        self._fallback = fallback
        self._read_claim = read_claim
        self._renewing = renewing

    def work(self, assignment: Assignment) -> Outcome:
        """Run what is assigned, unless it is too late or somebody else's."""
        with structlog.contextvars.bound_contextvars(
            run_id=assignment.run_id,
            order_num=assignment.order_num,
            order_name=assignment.order_name,
            attempt=assignment.attempt,
            trace_id=assignment.trace_id,
        ):
            with hiding():
                outcome = self._work(assignment)
            ending = outcome.ending
            _log.info(
                "launch ended",
                run_id=assignment.run_id,
                order_name=assignment.order_name,
                attempt=assignment.attempt,
                fate=str(outcome.fate),
                status=ending and str(ending.status),
                reason=ending and ending.reason,
                exit_code=ending and ending.exit_code,
            )
            return outcome

    def _work(self, assignment: Assignment) -> Outcome:
        now = self._clock.now()
        if now > assignment.not_after:
            _log.warning("launch refused: it came too late", late_by=round(now - assignment.not_after, 3))
            return Outcome(Fate.TOO_LATE)
        opened: Opened | None = None
        unreadable = ""
        try:
            opened = self._opening.bundle(assignment)
        except EngineError as error:
            unreadable = str(error)
        except Exception as error:  # the order has to end, whatever it was
            unreadable = f"the bundle can't be opened: {tell(error)}"
        if opened is None:
            _log.error("bundle unreadable", why=unreadable)
        keys = ReportKeys.of(assignment.run_id, assignment.order_num, assignment.attempt, assignment.instance)
        reporter = Reporter(keys, opened.callbacks if opened else None, self._courier, self._fallback, self._patience)
        nonce, claimed_from = self._identifiers.nonce(), self._monotonic()
        try:
            if not take(reporter, self._claim(assignment, nonce), self._read_claim):
                _log.info("attempt is claimed by somebody else; nothing to do", key=keys.claim)
                return Outcome(Fate.NOT_OURS)
        except EngineError as error:
            _log.error("attempt can't be claimed, so it is not run; its watchdog ends it", error=str(error))
            return Outcome(Fate.UNREPORTED)
        if opened is None:
            done = self._not_run(Reason.BUNDLE_UNREADABLE, unreadable)
            return self._report(assignment, reporter, self._with_log(done, reporter))
        return self._run(assignment, opened, reporter, nonce, claimed_from)

    def _run(
        self, assignment: Assignment, opened: Opened, reporter: Reporter, nonce: str, claimed_from: float
    ) -> Outcome:
        request = StopRequest()
        heartbeat = Heartbeat(
            lambda timeout: reporter.heartbeat({"at": self._clock.now(), "nonce": nonce}, timeout),
            interval=opened.manifest.heartbeat,
            since=claimed_from,
            monotonic=self._monotonic,
        )
        control = Control(reporter.control, request, attempt=assignment.attempt, interval=opened.manifest.control_poll)
        with ending_in_good_order(request), heartbeat, control, self._renewing(reporter):
            execution = Execution(
                opened, self._opening, reporter, self._around, clock=self._clock, monotonic=self._monotonic
            )
            try:
                done = execution.run(assignment.bucket, request, [heartbeat.limit()])
            except Exception as error:  # a full disk, say; a claimed attempt always gets its result
                _log.error("worker failed", error=tell(error))
                done = self._not_run(Reason.WORKER_LOST, masked(f"the worker failed: {tell(error)}"))
            return self._report(assignment, reporter, done)

    def _report(self, assignment: Assignment, reporter: Reporter, done: Done) -> Outcome:
        document = result_document(
            run_id=assignment.run_id,
            order_num=assignment.order_num,
            attempt=assignment.attempt,
            ending=done.ending,
            log=done.log,
            events=done.events,
            started_at=done.started_at,
            ended_at=done.ended_at,
            execution_url=self._around.execution_url,
        )
        try:
            landed = reporter.result(document)
        except EngineError as error:
            _log.error("result can't be written; the watchdog will end the order", error=str(error))
            return Outcome(Fate.UNREPORTED, done.ending)
        return Outcome(Fate.REPORTED if landed else Fate.SUPERSEDED, done.ending)

    def _with_log(self, done: Done, reporter: Reporter) -> Done:
        """Put the one line where whoever reads the whole log looks, if that is possible."""
        try:
            reporter.log_chunk(0, done.log.tail.encode("utf-8", "replace"))
        except EngineError as error:
            _log.warning("log line can't be written", error=str(error))
            return done
        return replace(done, log=replace(done.log, chunks=1))

    def _claim(self, assignment: Assignment, nonce: str) -> dict[str, Any]:
        return claim_document(
            run_id=assignment.run_id,
            order_num=assignment.order_num,
            attempt=assignment.attempt,
            nonce=nonce,
            at=self._clock.now(),
            execution_url=self._around.execution_url,
            instance=assignment.instance,
        )

    def _not_run(self, reason: Reason, why: str) -> Done:
        now = self._clock.now()
        return Done(Ending(Status.FAILED, None, reason), no_stream(why), 0, now, now)
