"""Moves a run on: reads what is true, plans, acts. Called with hints; believes only what it reads (law 3)."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

import structlog

from execution_engine.clock import Clock
from execution_engine.errors import ConditionLost, StoreError
from execution_engine.identifiers import Identifiers
from execution_engine.jobs.naming import RUN_NUM
from execution_engine.logs import about
from execution_engine.orchestrator.finalization import Finalization
from execution_engine.orchestrator.hearing import Hearing
from execution_engine.orchestrator.launching import Launching
from execution_engine.orchestrator.run_lock import HeldLock, RunLock
from execution_engine.orchestrator.salvage import Salvage
from execution_engine.orchestrator.stopping import Stopping
from execution_engine.orders.concurrently import Concurrently
from execution_engine.orders.event import Epochs
from execution_engine.orders.marks import Word, look_mark, mentions_run, words
from execution_engine.orders.order import Order
from execution_engine.orders.plan import Limits, Plan
from execution_engine.orders.planner import Planner
from execution_engine.orders.run import Phase
from execution_engine.orders.signals import SILENCE, Signals
from execution_engine.orders.status import Reason
from execution_engine.orders.store import Records, Reports, Waker
from execution_engine.orders.transaction import Transaction

log = structlog.get_logger()

_TRIES = 5
"""Passes over the same marks that may lose a condition before the invocation gives up (and is retried)."""


class Orchestrator:
    """``pass_seconds``: after how long a pass hands over to the next invocation."""

    def __init__(
        self,
        *,
        records: Records,
        reports: Reports,
        lock: RunLock,
        waker: Waker,
        hearing: Hearing,
        launching: Launching,
        stopping: Stopping,
        salvage: Salvage,
        finalization: Finalization,
        clock: Clock,
        identifiers: Identifiers,
        limits: Limits,
        pass_seconds: float,
        concurrently: Concurrently,
        signals: Signals = SILENCE,
    ) -> None:
        self._records = records
        self._reports = reports
        self._lock = lock
        self._waker = waker
        self._hearing = hearing
        self._launching = launching
        self._stopping = stopping
        self._salvage = salvage
        self._finalization = finalization
        self._clock = clock
        self._identifiers = identifiers
        self._limits = limits
        self._pass_seconds = pass_seconds
        self._concurrently = concurrently
        self._signals = signals

    def look(self, run_id: str, nums: Iterable[str]) -> None:
        """Look at these orders as they are now; ``0000`` is the run itself."""
        self.notice(run_id, frozenset(look_mark(num, self._identifiers.nonce()) for num in nums))

    def notice(self, run_id: str, marks: frozenset[str]) -> None:
        """Leaves the marks; works on the run until no mark is left, unless another already does."""
        held = self._lock.enter(run_id, marks)
        if held is None:
            log.info("marked; another invocation works on the run", run_id=run_id, marks=len(marks))
            return
        started = self._clock.now()
        try:
            while not self._work(run_id, held):
                if self._clock.now() - started > self._pass_seconds:
                    held.hand_over()
                    self._waker.wake(run_id, RUN_NUM)
                    log.info("handed over after a long pass", run_id=run_id)
                    return
        except ConditionLost:
            # The lease ran out under this invocation. Whoever took the lock over found the marks it was taken
            # with, but may have freed it before this invocation left more.
            log.warning("lost the lock", run_id=run_id)
            self._waker.wake(run_id, RUN_NUM)
        except Exception:
            # Whoever tries again, or comes next, need not wait for the lease to run out.
            with suppress(Exception):
                held.hand_over()
            raise

    def _work(self, run_id: str, held: HeldLock) -> bool:
        """One pass over what is to do; true if the lock is free again."""
        marks = held.todo
        if marks:
            self._settle(run_id, words(marks))
        return held.done(marks)

    def _settle(self, run_id: str, said: list[Word]) -> None:
        for _ in range(_TRIES):
            try:
                self._pass(run_id, said)
                return
            except ConditionLost as error:
                log.info("somebody else was first; reading again", run_id=run_id, what=str(error))
        raise StoreError(f"run {run_id} changed under {_TRIES} passes in a row; its marks are left for the next try")

    def _pass(self, run_id: str, said: list[Word]) -> None:
        rows = self._salvage.read(run_id, [word.num for word in said if word.num != RUN_NUM])
        run = rows.run
        if run is None or run.phase is Phase.WITHDRAWN:
            log.warning("no such run; it was withdrawn, or is older than a day", run_id=run_id)
            return
        about(trace_id=run.trace_id)
        if run.phase is Phase.COMPLETED:
            if mentions_run(said):
                self._finalization.finish(run)
            return
        starting = run.phase is Phase.SUBMITTING
        if starting and not self._reports.has_result(run_id, RUN_NUM, 1):
            return
        rows = self._salvage.mend(run, rows)
        now = self._clock.now()
        epochs = Epochs(run.last_epoch, now)
        planner = Planner(run, now=now, limits=self._limits, epochs=epochs)
        planner.learn(rows.orders, rows.missing)
        if starting:
            planner.start()
        relaunches = self._hearing.hear(planner, {word.num: word for word in said}, rows.orders, now, epochs)
        while wanted := planner.wanted():
            more = self._salvage.mend(run, self._records.read(run_id, wanted))
            planner.learn(more.orders, more.missing)
        self._act(planner.plan(), relaunches)

    def _act(self, plan: Plan, relaunches: list[Order]) -> None:
        run = plan.run
        left = set(plan.leftover) | ({RUN_NUM} if plan.more else set())
        if left:
            nonce = self._identifiers.nonce()
            self._lock.mark(run.run_id, frozenset(look_mark(num, nonce) for num in left))
        self._concurrently(lambda order: self._stopping.stop(order, plan.why_asked(order)), plan.asks)
        self._concurrently(self._launching.watch, plan.dispatches)
        self._concurrently(self._launching.watch_back_off, [move.after for move in plan.moves if move.is_requeue])
        for transaction in plan.transactions:
            self._stopping.release(move.after for move in transaction.moves if move.target.is_terminal)
            self._records.commit(transaction)
            self._tell(run.run_id, transaction)
            self._end_strays(transaction)
            # At once: should a later transaction lose its condition, these are reserved all the same.
            self._concurrently(self._launching.launch, [move.after for move in transaction.moves if move.is_dispatch])
            self._signals.committed(transaction)
        if plan.stop is None:
            self._concurrently(self._launching.relaunch, relaunches)
        if run.tally.open <= 0:
            self._finalization.finish(run)

    def _tell(self, run_id: str, transaction: Transaction) -> None:
        for move in transaction.moves:
            order = move.after
            log.info(
                "order moved",
                run_id=run_id,
                order_name=order.order_name,
                status=str(order.status),
                reason=order.reason,
            )

    def _end_strays(self, transaction: Transaction) -> None:
        """A worker whose attempt was ended by a result that no worker writes may still be at it, unwatched."""
        unreadable = Reason.RESULT_UNREADABLE
        strays = [move.order for move in transaction.moves if move.event_data.get("reason") == unreadable]
        self._concurrently(lambda order: self._stopping.stop(order, unreadable), strays)
