"""One check of one order, or of the whole run. The state machine calls it at every tick until it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import structlog

from execution_engine.clock import Clock
from execution_engine.errors import RowUnreadable
from execution_engine.identifiers import Identifiers
from execution_engine.jobs.naming import RUN_NUM
from execution_engine.logs import about
from execution_engine.orders.order import Order
from execution_engine.orders.outside import stop_request
from execution_engine.orders.run import Phase, Run, until_next_look
from execution_engine.orders.signals import SILENCE, Signals
from execution_engine.orders.status import Status
from execution_engine.orders.store import DoneMarkers, Locks, Records, Reports, Waker
from execution_engine.orders.target import Found, Services
from execution_engine.orders.values import moment
from execution_engine.watchdog.ending import Ending
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
        services: Services,
        sweep: Callable[[Run], None],
        clock: Clock,
        identifiers: Identifiers,
        patience: Patience,
        signals: Signals = SILENCE,
    ) -> None:
        self._records = records
        self._reports = reports
        self._done = done
        self._locks = locks
        self._waker = waker
        self._services = services
        self._sweep = sweep
        self._clock = clock
        self._patience = patience
        self._ending = Ending(reports, waker, services, clock, identifiers, patience, signals)

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
        about(trace_id=run.trace_id)
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
        about(trace_id=order.trace_id, order_name=order.order_name)
        seen = Sighting()
        verdict = of_attempt(order, watched.attempt)
        if verdict is None:
            seen = self._sighting(order)
            verdict = of_sighting(order, seen, self._clock.now(), self._patience)
        if verdict is not Verdict.WAIT and verdict is not Verdict.DONE:
            log.info("watchdog acts", run_id=order.run_id, order_name=order.order_name, verdict=str(verdict))
        self._act(order, verdict, seen)
        return None if verdict is Verdict.DONE else self._patience.tick

    def _have_repaired(self, run_id: str, num: str, why: str) -> int | None:
        """What can't be read is repaired by the orchestrator; whoever watches goes on with what it made of it."""
        if self._done.exists(run_id):
            return None
        log.warning("a record can't be read", run_id=run_id, order_num=num, why=why)
        self._waker.wake(run_id, num)
        return self._patience.tick

    def _sighting(self, order: Order) -> Sighting:
        """Asks for no more than the verdict takes."""
        ids = (order.run_id, order.order_num, order.attempt)
        if self._reports.has_result(*ids):
            return Sighting(has_result=True)
        # Before the claim is read: a target of several workers may make it while it looks, and the result too.
        found = self._found(order)
        claim = self._reports.claim(*ids)
        if claim is None or claim.void:
            return Sighting(claim=claim, found=found)
        asked = self._reports.asked(*ids) or {}
        silence = self._reports.silence(*ids) if found is None or found.silence is None else found.silence
        return Sighting(claim=claim, silence=silence, asked_at=moment(asked.get("asked_at")), found=found)

    def _found(self, order: Order) -> Found | None:
        """A service that does not answer says nothing; the other clocks go on."""
        try:
            return self._services.look_up(order)
        except Exception as error:
            log.warning("target can't be asked", run_id=order.run_id, order_name=order.order_name, error=str(error))
            return None

    def _act(self, order: Order, verdict: Verdict, seen: Sighting) -> None:
        if verdict is Verdict.POKE:
            self._waker.wake(order.run_id, order.order_num)
        elif verdict is Verdict.ASK:
            request = stop_request(order.attempt, Status.TIMED_OUT, None, self._clock.now())
            self._reports.ask(order.run_id, order.order_num, request)
        elif verdict is Verdict.LOST:
            self._ending.lost(order)
        elif verdict is Verdict.OVERDUE:
            self._ending.overdue(order)
        elif verdict is Verdict.GIVE_UP:
            self._ending.give_up(order)
        elif verdict is Verdict.GONE:
            self._ending.gone(order, seen)
