"""One check of one order, or of the whole run. The state machine calls it at every tick until it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog

from execution_engine.clock import Clock
from execution_engine.errors import RowUnreadable
from execution_engine.identifiers import Identifiers
from execution_engine.jobs.naming import RUN_NUM
from execution_engine.orders.order import Order
from execution_engine.orders.report import moment
from execution_engine.orders.run import Phase, Run, until_next_look
from execution_engine.orders.status import Reason, Status
from execution_engine.orders.store import DoneMarkers, Locks, Records, Reports, Waker
from execution_engine.watchdog.verdict import Patience, Sighting, Verdict, of_attempt, of_sighting

log = structlog.get_logger()

SUBMISSION_LIMIT = 20 * 60
"""Seconds after which a run that has no start signal is dead: no function lives longer than 15 minutes."""


@dataclass(frozen=True, slots=True)
class Watched:
    run_id: str
    order_num: str
    attempt: int


class Watchdog:
    def __init__(
        self,
        *,
        records: Records,
        reports: Reports,
        done: DoneMarkers,
        locks: Locks,
        waker: Waker,
        sweep: Callable[[Run], None],
        clock: Clock,
        identifiers: Identifiers,
        patience: Patience,
    ) -> None:
        self._records = records
        self._reports = reports
        self._done = done
        self._locks = locks
        self._waker = waker
        self._sweep = sweep
        self._clock = clock
        self._identifiers = identifiers
        self._patience = patience

    def check(self, watched: Watched) -> int | None:
        """Seconds until the next look; None when there is nothing left to watch."""
        if watched.order_num == RUN_NUM:
            return self._check_run(watched.run_id)
        return self._check_order(watched)

    def _check_run(self, run_id: str) -> int | None:
        try:
            run = self._records.read(run_id, with_run=True).run
        except RowUnreadable as error:
            return self._have_repaired(run_id, RUN_NUM, str(error))
        if run is None:
            return None  # swept, or withdrawn by the submission itself
        if run.phase is Phase.COMPLETED and self._done.exists(run_id) and self._locks.is_settled(run_id):
            return None
        now = self._clock.now()
        if self._is_dead(run, now):
            self._sweep(run)
            return None
        if run.phase is not Phase.SUBMITTING or self._reports.has_result(run_id, RUN_NUM, 1):
            # Also when all seems well: a pass that died may have left marks on the lock, and whom they are
            # about need not have a watchdog any more.
            self._waker.wake(run_id, RUN_NUM)
        return until_next_look(self._patience.tick, run.deadline - now)

    def _is_dead(self, run: Run, now: float) -> bool:
        if run.phase is Phase.WITHDRAWN:
            return True
        too_old = run.phase is Phase.SUBMITTING and now - run.created_at > SUBMISSION_LIMIT
        return too_old and not self._reports.has_result(run.run_id, RUN_NUM, 1)

    def _check_order(self, watched: Watched) -> int | None:
        num = watched.order_num
        try:
            rows = self._records.read(watched.run_id, [num], with_run=True)
        except RowUnreadable as error:
            return self._have_repaired(watched.run_id, num, str(error))
        if rows.run is None or (not rows.orders and rows.run.phase is not Phase.RUNNING):
            log.warning("nothing to watch", run_id=watched.run_id, order_num=num, why=rows.missing)
            return None
        if not rows.orders:
            return self._have_repaired(watched.run_id, num, rows.missing[num])
        order = rows.orders[0]
        verdict = of_attempt(order, watched.attempt) or self._look(order)
        if verdict is not Verdict.WAIT and verdict is not Verdict.DONE:
            log.info("watchdog acts", run_id=order.run_id, order_name=order.order_name, verdict=str(verdict))
        self._act(order, verdict)
        return None if verdict is Verdict.DONE else self._patience.tick

    def _have_repaired(self, run_id: str, num: str, why: str) -> int | None:
        """What can't be read is repaired by the orchestrator; whoever watches goes on with what it made of it."""
        if self._done.exists(run_id):
            return None
        log.warning("a record can't be read", run_id=run_id, order_num=num, why=why)
        self._waker.wake(run_id, num)
        return self._patience.tick

    def _look(self, order: Order) -> Verdict:
        """Reads no more than the verdict takes."""
        ids = (order.run_id, order.order_num, order.attempt)
        if self._reports.has_result(*ids):
            seen = Sighting(has_result=True)
        else:
            claim = self._reports.claim(*ids)
            if claim is None or claim.void:
                seen = Sighting(claim=claim)
            else:
                asked = self._reports.asked(*ids) or {}
                seen = Sighting(
                    claim=claim,
                    silence=self._reports.silence(*ids),
                    asked_at=moment(asked.get("asked_at")),
                )
        return of_sighting(order, seen, self._clock.now(), self._patience)

    def _act(self, order: Order, verdict: Verdict) -> None:
        ids = (order.run_id, order.order_num, order.attempt)
        now = self._clock.now()
        if verdict is Verdict.POKE:
            self._waker.wake(order.run_id, order.order_num)
        elif verdict is Verdict.ASK:
            self._reports.ask(
                order.run_id,
                order.order_num,
                {
                    "action": "stop",
                    "attempt": order.attempt,
                    "reason": None,
                    "status": str(Status.TIMED_OUT),
                    "asked_at": now,
                },
            )
        elif verdict is Verdict.LOST:
            self._end(order, Status.FAILED, Reason.WORKER_LOST, "the worker fell silent")
        elif verdict is Verdict.OVERDUE:
            status, reason = self._why_overdue(order)
            self._end(order, status, reason, "ended from outside: nobody answered in time")
        elif verdict is Verdict.GIVE_UP:
            why = f"no worker started within {self._patience.start_limit:.0f} s and {order.launches} launches"
            if self._reports.void(*ids, self._identifiers.nonce(), str(Reason.DISPATCH_FAILED), now):
                self._end(order, Status.FAILED, Reason.DISPATCH_FAILED, why)

    def _why_overdue(self, order: Order) -> tuple[Status, str | None]:
        """What the order was asked to end for stands, also when it did not answer."""
        asked = self._reports.asked(order.run_id, order.order_num, order.attempt) or {}
        if asked.get("status") == Status.TIMED_OUT and asked.get("reason") is None:
            return Status.TIMED_OUT, None  # its own time was up, which the status says
        claim = self._reports.claim(order.run_id, order.order_num, order.attempt)
        reason = str(asked.get("reason") or (claim.reason if claim else None) or Reason.DISPATCH_FAILED)
        return (Status.TIMED_OUT if reason == Reason.JOB_TIMED_OUT else Status.FAILED), reason

    def _end(self, order: Order, status: Status, reason: str | None, log_line: str) -> None:
        result: dict[str, Any] = {
            "status": str(status),
            "log": log_line,
            "exit_code": None,
            "reason": reason,
            "ended_at": self._clock.now(),
        }
        if not self._reports.write_result(order.run_id, order.order_num, order.attempt, result):
            self._waker.wake(order.run_id, order.order_num)
