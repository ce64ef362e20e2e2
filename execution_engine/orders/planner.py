"""Collects what one pass learns about a run and decides. Pure: it is told what was read, and the time.

What ended makes it want the rows of those that depended on it; a free place in flight makes it want
candidates. ``wanted`` says which rows are missing, ``learn`` brings them, and when nothing is wanted any
more, ``plan`` gives the whole of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice

from execution_engine.orders.cursor import Cursor, places
from execution_engine.orders.event import Epochs, Event
from execution_engine.orders.job_event import job_event
from execution_engine.orders.judgement import judge_claim, judge_result, judge_unrun, reserve
from execution_engine.orders.move import Move
from execution_engine.orders.order import Order
from execution_engine.orders.packing import pack
from execution_engine.orders.plan import Limits, Plan
from execution_engine.orders.report import Claim, Result
from execution_engine.orders.run import Phase, Run, Tally
from execution_engine.orders.status import Reason, Status
from execution_engine.orders.transaction import RunChange


class Planner:
    """Used for one pass, then thrown away."""

    def __init__(self, run: Run, *, now: float, limits: Limits, epochs: Epochs) -> None:
        self._run = run
        self._now = now
        self._limits = limits
        self._epochs = epochs
        self._orders: dict[str, Order] = {}
        self._missing: set[str] = set()
        self._moves: dict[str, Move] = {}
        self._out = run.tally.in_flight
        self._unsettled: list[str] = []
        self._settled: set[str] = set()
        self._releases: dict[str, list[str]] = {}
        self._freed: dict[str, set[str]] = {}
        self._offered: set[str] = set(run.ready)
        self._asks: dict[str, Order] = {}
        self._opening: list[Event] = []
        self._cursor = Cursor(run.cursor, run.total, limits)
        self._stop_cursor = run.stop_cursor
        self.stop = run.stop or (str(Reason.JOB_TIMED_OUT) if now >= run.deadline else None)

    # What is known

    def start(self) -> None:
        """The submission is complete: the run begins."""
        told = {"orders": self._run.total} | ({"retry_of": self._run.retry_of} if self._run.retry_of else {})
        self._opening.append(job_event(self._run, "job_started", "running", self._epochs.next(), told))

    def learn(self, orders: Iterable[Order], missing: Iterable[str] = ()) -> None:
        """Rows that were read; ``missing`` are those that were asked for and can't be had."""
        for order in orders:
            self._orders.setdefault(order.order_num, order)
        self._missing.update(missing)

    def renew(self, order: Order) -> None:
        """The order as it is by now, before anything was decided about it."""
        self._orders[order.order_num] = order

    def order(self, num: str) -> Order | None:
        """The order as it will be after what was decided so far."""
        return self._moves[num].after if num in self._moves else self._orders.get(num)

    def claimed(self, num: str, claim: Claim) -> None:
        self._decide(judge_claim(self._orders[num], claim, self._now))

    def reported(self, num: str, result: Result) -> None:
        self._decide(judge_result(self._orders[num], result, self._now, stopping=self.stop is not None))

    def look(self, num: str) -> None:
        """Somebody has word of this order: what its ending causes is done, again if need be."""
        order = self._orders.get(num)
        if order is None:
            return
        if order.status.is_terminal:
            self._follow_up(order)
        elif order.attempt > 0 or order.dependencies:  # first attempts of the others are the cursor's
            self._offered.add(num)

    # What is still to be read

    def wanted(self) -> list[str]:
        """Rows to read next, at most a page; empty when all is known or the pass is long enough."""
        if self._run.phase is Phase.COMPLETED:
            return []
        self._end_damaged()
        return self._wanted_dependents() or self._wanted_to_stop() or self._wanted_candidates()

    def _wanted_dependents(self) -> list[str]:
        if self.stop is not None:
            self._unsettled.clear()  # nobody's turn comes any more: the stop ends the queued, each by itself
        while self._unsettled and (room := self._limits.settle - len(self._settled)) > 0:
            batch = self._unsettled[:room]
            if unknown := self._unknown(dep for num in batch for dep in self._orders[num].dependents):
                return unknown
            del self._unsettled[:room]
            for num in batch:
                if num not in self._settled:
                    self._settled.add(num)
                    self._settle(num)
        return []

    def _wanted_to_stop(self) -> list[str]:
        # One page a pass: what it asks of workers comes before its cursor is written.
        if self.stop is None or self._stop_cursor > self._run.stop_cursor:
            return []
        page = places(self._stop_cursor, self._run.total, self._limits.page)
        if unknown := self._unknown(page):
            return unknown
        for num in page:
            self._stop_order(num)
        self._stop_cursor += len(page)
        return []

    def _wanted_candidates(self) -> list[str]:
        if self.stop is not None or (room := self._room()) <= 0:
            return []
        if unknown := self._unknown(sorted(self._run.ready)):
            return unknown[:room]
        while (room := self._room()) > 0 and (page := self._cursor.page(room)):
            if unknown := self._unknown(page):
                return unknown
            self._offered.update(self._cursor.advance(page, room, self._never_waited))
        return []

    def _never_waited(self, num: str) -> bool:
        """Whether its first attempt is the cursor's to offer."""
        order = self._orders.get(num)
        return order is not None and not order.dependencies and order.attempt == 0 and num not in self._moves

    # Deciding

    def _decide(self, move: Move | None) -> None:
        if move is None or move.order.order_num in self._moves:
            return
        self._moves[move.order.order_num] = move
        self._out += int(move.target.is_out) - int(move.order.status.is_out)
        if move.target.is_terminal:
            self._follow_up(move.order)

    def _follow_up(self, ended: Order) -> None:
        if ended.dependents:
            self._unsettled.append(ended.order_num)

    def _settle(self, num: str) -> None:
        """Free, or fail, what waited on an order that ended."""
        ended = self.order(num)
        assert ended is not None, "only known orders are followed up"
        blocks = ended.blocks_dependents
        for dependent in ended.dependents:
            order = self._orders.get(dependent)
            if order is None:
                continue
            self._offered.add(dependent)
            if num in order.waiting:
                self._releases.setdefault(num, []).append(dependent)
                self._freed.setdefault(dependent, set()).add(num)
            if not blocks or dependent in self._moves:
                continue
            if order.status is Status.QUEUED and self.stop is None:
                self._decide(judge_unrun(order, Reason.DEPENDENCY_FAILED, self._now))
            elif order.reason == Reason.DEPENDENCY_FAILED:
                self._follow_up(order)  # ended before a crash; what depends on it perhaps did not

    def _end_damaged(self) -> None:
        """An order whose record could not be read ends, unless it just did by itself, and so does its worker."""
        for num, order in self._orders.items():
            if order.damaged is None or order.status.is_terminal or num in self._moves:
                continue
            if order.status.is_out:
                self._asks[num] = order
            self._decide(judge_unrun(order, Reason.RECORD_UNREADABLE, self._now))

    def _stop_order(self, num: str) -> None:
        order = self.order(num)
        if order is None or order.status.is_terminal:
            return
        if order.status.is_out:
            self._asks[num] = order
        elif num not in self._moves:
            self._decide(judge_unrun(order, Reason(str(self.stop)), self._now))

    def _ready(self) -> list[str]:
        """What could be dispatched now, in the order of the job."""
        return [num for num in sorted(self._offered) if num not in self._moves and self._is_ready(num)]

    def _is_ready(self, num: str) -> bool:
        order = self._orders.get(num)
        return order is not None and order.is_ready(self._now, freed=self._freed.get(num, set()))

    def _places_free(self) -> int:
        return self._limits.max_in_flight - self._out

    def _room(self) -> int:
        """Free places that no order known to be ready will take. Not cheap: asked once a page."""
        return self._places_free() - len(self._ready())

    def _unknown(self, nums: Iterable[str]) -> list[str]:
        unknown = (num for num in nums if num not in self._orders and num not in self._missing)
        return list(islice(dict.fromkeys(unknown), self._limits.page))

    # The whole of it

    def plan(self) -> Plan:
        run = self._run
        ready = [] if self.stop else self._ready()
        chosen = ready[: max(0, self._places_free())]
        dispatches = [reserve(self._orders[num], self._now) for num in chosen]
        moves = [*self._moves.values(), *dispatches]
        waiting_on = frozenset(ready) - frozenset(chosen)
        gone = frozenset(num for num in run.ready if num not in waiting_on and num in self._orders)
        starting = bool(self._opening)
        transactions = pack(
            run,
            moves,
            self._releases,
            self._epochs,
            opening=RunChange(phase=Phase.RUNNING, from_phase=Phase.SUBMITTING) if starting else RunChange(),
            opening_events=tuple(self._opening),
            closing=RunChange(
                cursor=self._cursor.place if self._cursor.place != run.cursor else None,
                ready_add=waiting_on - run.ready,
                ready_remove=gone,
                stop=self.stop if self.stop != run.stop else None,
                stop_cursor=self._stop_cursor if self._stop_cursor != run.stop_cursor else None,
            ),
        )
        tally = sum((Tally.of_move(move.order, move.after) for move in moves), run.tally)
        phase = Phase.RUNNING if starting else run.phase
        stopping = self.stop is not None and self._stop_cursor < run.total
        offering = self.stop is None and self._cursor.has_had_enough
        return Plan(
            leftover=frozenset(self._unsettled),
            asks=tuple(self._asks.values()),
            dispatches=tuple(move.after for move in dispatches),
            transactions=tuple(transactions),
            run=replace(run, tally=tally, phase=phase, last_epoch=self._epochs.last, stop=self.stop),
            more=stopping or offering,
            stop=self.stop,
        )
