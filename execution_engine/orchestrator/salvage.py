"""Repairs the records of a run that can't be read, so that the run goes on and ends like any other.

Only whoever holds the run's lock does this. A repaired order is marked, and ended by the same pass, or by the
next that looks at it, with the reason ``record_unreadable``; a repaired run is stopped with that reason. Each
damage is repaired once: after it the record can be read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import structlog

from execution_engine.clock import Clock
from execution_engine.errors import ConditionLost, RowUnreadable
from execution_engine.jobs.naming import MAX_ATTEMPTS, MAX_ORDERS, RUN_NUM, order_num
from execution_engine.orders.cursor import places
from execution_engine.orders.mending import (
    Evidence,
    dependents_of,
    lacks_standing,
    may_have_ended,
    mend_order,
    mend_run,
)
from execution_engine.orders.order import Order
from execution_engine.orders.run import Run, Tally
from execution_engine.orders.status import Status
from execution_engine.orders.store import Records, Reports, Rows
from execution_engine.orders.transaction import RunChange, Transaction
from execution_engine.orders.wreck import Wreck

log = structlog.get_logger()

_PAGE = 100


@dataclass(frozen=True, slots=True)
class _Census:
    """All records of a run's orders."""

    orders: Sequence[Order]
    wrecks: Sequence[Wreck]


class Salvage:
    """``key_path``: where a run's own age key lies, by the run's id."""

    def __init__(self, records: Records, reports: Reports, key_path: Callable[[str], str], clock: Clock) -> None:
        self._records = records
        self._reports = reports
        self._key_path = key_path
        self._clock = clock

    def read(self, run_id: str, nums: Iterable[str]) -> Rows:
        """With the run; if its record can't be read it is repaired. Raises ``RowUnreadable`` if that did not help."""
        wanted = list(nums)
        try:
            return self._records.read(run_id, wanted, with_run=True)
        except RowUnreadable as error:
            log.error("the run's record can't be read; it is repaired, and the run ends", run_id=run_id, why=str(error))
            self._repair_run(run_id)
        return self._records.read(run_id, wanted, with_run=True)

    def mend(self, run: Run, rows: Rows) -> Rows:
        """The rows with those orders repaired that could not be had. What is no order of the run stays missing,
        and so does what can't be repaired.

        Raises ``ConditionLost`` if the run has to be read again: somebody else was at it, or its counts were wrong.
        """
        nums = [num for num in rows.missing if _is_order(run, num)]
        if not nums:
            return rows
        wrecks = self._records.inspect(run.run_id, nums)
        if len(wrecks) < len(nums):
            raise ConditionLost(f"orders of run {run.run_id} that could not be read now can")
        if any(wreck.lacks("dependents") or wreck.lacks("status") for wreck in wrecks):
            census = self._census(run.run_id, run.total)
            mended = self._mended(run, census)
            self._count_anew(run, [*census.orders, *mended.values()])
        else:
            mended = self._mended(run, _Census((), wrecks))
        repaired = {
            wreck.num: mended[wreck.num]
            for wreck in wrecks
            if wreck.num in mended and self._repair(wreck, mended[wreck.num])
        }
        missing = {num: why for num, why in rows.missing.items() if num not in repaired}
        return replace(rows, orders=[*rows.orders, *repaired.values()], missing=missing)

    # Orders

    def _mended(self, run: Run, census: _Census, *, by_counts: bool = True) -> dict[str, Order]:
        """The orders of the wrecks, as they stood; ``by_counts``: whether the run's counts can be trusted."""
        now = self._clock.now()
        results = {wreck.num: self._results(wreck) if lacks_standing(wreck) else [] for wreck in census.wrecks}

        def mended(wreck: Wreck, **standing: bool) -> Order:
            dependents = dependents_of(wreck, census.orders, census.wrecks)
            return mend_order(wreck, run, Evidence(results=results[wreck.num], dependents=dependents, **standing), now)

        unsure = sorted(
            (wreck.num for wreck in census.wrecks if may_have_ended(wreck)), key=lambda num: bool(results[num])
        )
        if not unsure:
            return {wreck.num: mended(wreck) for wreck in census.wrecks}
        # What is open, or out, beside those that say so must be among these; without a result rather than with one.
        sure = [*census.orders, *(mended(wreck) for wreck in census.wrecks if wreck.num not in unsure)]
        left = run.tally - sum((Tally.of(order) for order in sure), Tally())
        still_open = max(0, left.open) if by_counts else sum(not results[num] for num in unsure)
        ended = set(unsure[still_open:])
        was_out = not by_counts or left.in_flight > 0
        return {wreck.num: mended(wreck, had_ended=wreck.num in ended, was_out=was_out) for wreck in census.wrecks}

    def _results(self, wreck: Wreck) -> list[Status]:
        """How its attempts ended, one after the other, as far as any did."""
        found: list[Status] = []
        while len(found) < wreck.values.get("retries", MAX_ATTEMPTS) + 1:
            result = self._reports.result(wreck.run_id, wreck.num, len(found) + 1)
            if result is None:
                break
            found.append(result.status)
        return found

    def _count_anew(self, run: Run, orders: Iterable[Order]) -> None:
        """Before the repair, so that one that dies in between is done again: how an order stood may have been
        guessed, and the counts must say the same, or the run would never end."""
        wrong = sum((Tally.of(order) for order in orders), Tally()) - run.tally
        if wrong == Tally():
            return
        log.warning("the run's counts are corrected", run_id=run.run_id, by=str(wrong))
        change = RunChange(tally=wrong, from_epoch=run.last_epoch)
        self._records.commit(Transaction(run_id=run.run_id, run=change))
        raise ConditionLost(f"the orders of run {run.run_id} were counted anew")

    def _repair(self, wreck: Wreck, order: Order) -> bool:
        bound = log.bind(run_id=wreck.run_id, order_num=wreck.num, damage=wreck.damage)
        try:
            self._records.repair(wreck, order)
        except ConditionLost:
            raise
        except Exception:  # concerns this order alone; the others go on
            bound.exception("the order's record can't be repaired")
            return False
        bound.error("the order's record could not be read; it is repaired, and the order ends")
        return True

    # The run's own

    def _repair_run(self, run_id: str) -> None:
        wrecks = self._records.inspect(run_id, [RUN_NUM])
        if not wrecks or wrecks[0].gone:
            return
        wreck, now, path = wrecks[0], self._clock.now(), self._key_path(run_id)
        signalled = self._reports.has_result(run_id, RUN_NUM, 1)
        census = self._census(run_id, wreck.values.get("total"))
        # What the run has to say about its orders' records, it may have to hear from the others of them.
        first = mend_run(wreck, census.orders, key_path=path, signalled=signalled, now=now)
        lost = self._mended(first, census, by_counts=False).values()
        run = mend_run(wreck, [*census.orders, *lost], key_path=path, signalled=signalled, now=now)
        self._records.repair(wreck, run)

    def _census(self, run_id: str, total: int | None) -> _Census:
        """One call per 100 orders, and one more for those of them that can't be read."""
        orders: list[Order] = []
        wrecks: list[Wreck] = []
        place = 0
        while page := places(place, total or MAX_ORDERS, _PAGE):
            rows = self._records.read(run_id, page)
            lost = self._records.inspect(run_id, rows.missing) if rows.missing else []
            orders += rows.orders
            wrecks += lost
            place += len(page)
            if total is None and all(wreck.gone for wreck in lost) and not rows.orders:
                break
        last = total or max((int(num) for num in _nums(orders, wrecks)), default=0)
        return _Census(orders, [wreck for wreck in wrecks if wreck.num <= order_num(last)])


def _is_order(run: Run, num: str) -> bool:
    """Records may point at what never was one of the run's orders; nothing is made of that."""
    place = int(num)
    return 1 <= place <= run.total and num == order_num(place)


def _nums(orders: Iterable[Order], wrecks: Iterable[Wreck]) -> Iterable[str]:
    yield from (order.order_num for order in orders)
    yield from (wreck.num for wreck in wrecks if not wreck.gone)
