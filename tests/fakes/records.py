"""``orders.store.Records`` in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from typing import Any

from fakes.calls import Calls
from fakes.items import Change, Condition, Item, Items, exists

from execution_engine.errors import RowUnreadable
from execution_engine.jobs.naming import RUN_NUM
from execution_engine.orders.event import Event
from execution_engine.orders.order import Order
from execution_engine.orders.run import Phase, Run, Tally
from execution_engine.orders.soundness import order_faults, run_faults
from execution_engine.orders.status import Status
from execution_engine.orders.store import Rows
from execution_engine.orders.transaction import RunChange, Transaction
from execution_engine.orders.wreck import Wreck

_SETS = ("last_epoch", "cursor", "stop_cursor", "phase", "completed_at", "status")
_TALLY = [field.name for field in fields(Tally)]


class MemoryRecords:
    """Rows are items of plain attributes, so that what is missing in one can be tried."""

    def __init__(self, calls: Calls, items: Items | None = None) -> None:
        self._calls = calls
        self.items = items or Items()
        self.history: dict[tuple[str, str], Event] = {}
        """The events by their keys."""

    # The protocol

    def create_run(self, run: Run) -> None:
        change = Change(_key(run.run_id, RUN_NUM), lambda found: found is None, puts=_attributes(run))
        self._calls.through("records.create_run", lambda: self.items.update(change))

    def add_orders(self, orders: Sequence[Order], events: Sequence[Event]) -> None:
        things: list[Order | Event] = [*orders, *events]
        for start in range(0, len(things), 25):
            page = things[start : start + 25]
            self._calls.through("records.add_orders", lambda page=page: self._put(page))  # type: ignore[misc]

    def read(self, run_id: str, nums: Iterable[str] = (), *, with_run: bool = False) -> Rows:
        wanted = list(dict.fromkeys(nums))
        pages = -(-(len(wanted) + with_run) // 100)
        return self._calls.through("records.read", lambda: self._read(run_id, wanted, with_run), cost=pages)

    def inspect(self, run_id: str, nums: Iterable[str]) -> list[Wreck]:
        wanted = list(dict.fromkeys(nums))
        pages = -(-len(wanted) // 100)
        return self._calls.through("records.inspect", lambda: self._inspect(run_id, wanted), cost=pages)

    def repair(self, wreck: Wreck, mended: Order | Run) -> None:
        def is_as_found(item: Item | None) -> bool:
            return (item or {}) == wreck.seen

        key = _key(wreck.run_id, wreck.num)
        change = Change(key, is_as_found, puts={**wreck.seen, **_attributes(mended)})
        self._calls.through("records.repair", lambda: self.items.update(change))

    def commit(self, transaction: Transaction) -> None:
        self._calls.through("records.commit", lambda: self._commit(transaction))

    def relaunched(self, order: Order, now: float) -> None:
        change = Change(
            _key(order.run_id, order.order_num),
            lambda item: _is_out(order)(item) and item is not None and item["launches"] == order.launches,
            sets={"launches": order.launches + 1, "launched_at": now},
        )
        self._calls.through("records.relaunched", lambda: self.items.update(change))

    def launched(self, order: Order, execution_id: str, execution_url: str | None) -> None:
        sets = {"execution_id": execution_id} | ({"execution_url": execution_url} if execution_url else {})
        change = Change(_key(order.run_id, order.order_num), _is_out(order), sets=sets)
        self._calls.through("records.launched", lambda: self.items.update(change))

    def confirm(self, run_id: str) -> None:
        def stands(item: Item | None) -> bool:
            return item is not None and item["phase"] != Phase.WITHDRAWN

        change = Change(_key(run_id, RUN_NUM), stands, sets={"signalled": True})
        self._calls.through("records.confirm", lambda: self.items.update(change))

    def withdraw(self, run_id: str) -> None:
        def is_submitting(item: Item | None) -> bool:
            return item is not None and item["phase"] == Phase.SUBMITTING and not item["signalled"]

        change = Change(_key(run_id, RUN_NUM), is_submitting, sets={"phase": Phase.WITHDRAWN})
        self._calls.through("records.withdraw", lambda: self.items.update(change))

    def ask_to_stop(self, run_id: str, reason: str) -> None:
        def may_stop(item: Item | None) -> bool:
            return item is not None and "stop" not in item and item["phase"] in (Phase.SUBMITTING, Phase.RUNNING)

        change = Change(_key(run_id, RUN_NUM), may_stop, sets={"stop": reason})
        self._calls.through("records.ask_to_stop", lambda: self.items.update(change))

    def complete(self, run: Run, event: Event) -> None:
        def may_complete(item: Item | None) -> bool:
            if item is None or item.get("stop") != run.stop:
                return False
            return "completed_at" not in item and item["phase"] == Phase.RUNNING and item["open"] <= 0

        ends = {"completed_at": event.epoch, "last_epoch": event.epoch, "status": Status(event.status)}
        change = Change(_key(run.run_id, RUN_NUM), may_complete, sets={**ends, "phase": Phase.COMPLETED})
        self._calls.through("records.complete", lambda: self._transact([change], [event]))

    def discard(self, run_id: str, nums: Iterable[str], events: Iterable[Event]) -> None:
        things: list[str | Event] = [*events, *nums, RUN_NUM]
        for start in range(0, len(things), 25):
            page = things[start : start + 25]
            self._calls.through("records.discard", lambda page=page: self._remove(run_id, page))  # type: ignore[misc]

    # For tests

    def events(self, run_id: str) -> list[Event]:
        """The run's history, oldest first."""
        return sorted((one for one in self.history.values() if one.run_id == run_id), key=lambda one: one.epoch)

    def spoil(self, run_id: str, num: str) -> None:
        """Makes a record unreadable."""
        del self.items.all[_key(run_id, num)]["cmds"]

    # What the calls do

    def _put(self, page: Sequence[Order | Event]) -> None:
        for one in page:
            if isinstance(one, Order):
                self.items.update(Change(_key(one.run_id, one.order_num), puts=_attributes(one)))
            else:
                self.history[(one.trace_id, one.sk)] = one

    def _read(self, run_id: str, wanted: Sequence[str], with_run: bool) -> Rows:
        run_item = self.items.get(_key(run_id, RUN_NUM)) if with_run else None
        if run_item is not None and (faults := run_faults(run_item)):
            raise RowUnreadable(f"{run_id}:{RUN_NUM}", str(faults))
        orders, missing = [], {}
        for num in reversed(wanted):  # no order is promised
            item = self.items.get(_key(run_id, num))
            if item is None:
                missing[num] = "no such record"
            elif faults := order_faults(run_id, num, item):
                missing[num] = str(faults)
            else:
                orders.append(Order(**item))
        return Rows(None if run_item is None else _run(run_item), orders, missing)

    def _inspect(self, run_id: str, nums: Sequence[str]) -> list[Wreck]:
        wrecks = []
        for num in nums:
            item = self.items.get(_key(run_id, num))
            found = item or {}
            faults = run_faults(found) if num == RUN_NUM else order_faults(run_id, num, found)
            known = {name: value for name, value in found.items() if name not in faults}
            if num == RUN_NUM:
                known.pop("run_id")  # which its key says
            if item is None:
                wrecks.append(Wreck(run_id=run_id, num=num, values={}, faults={}, gone=True, seen={}))
            elif faults:
                wrecks.append(Wreck(run_id=run_id, num=num, values=known, faults=faults, seen=found))
        return wrecks

    def _commit(self, transaction: Transaction) -> None:
        moves = {move.order.order_num: move for move in transaction.moves}
        changes = []
        for num in transaction.touched:
            move, freed = moves.get(num), transaction.releases.get(num)
            changes.append(
                Change(
                    _key(transaction.run_id, num),
                    exists if move is None else unchanged(move.order),
                    sets={} if move is None else {"status": move.target, **move.facts},
                    deletes={"waiting": freed} if freed else {},
                )
            )
        for num, (before, after) in transaction.appends.items():
            condition: Condition = lambda item, before=before: bool(item) and item["events_written"] == before  # type: ignore[misc] # noqa: E731
            changes.append(Change(_key(transaction.run_id, num), condition, sets={"events_written": after}))
        if transaction.run is not None and not transaction.run.is_empty:
            changes.append(_run_change(transaction.run_id, transaction.run))
        self._transact(changes, transaction.events)

    def _transact(self, changes: Sequence[Change], events: Sequence[Event]) -> None:
        assert len(changes) + len(events) <= 100, "DynamoDB takes at most 100 actions"
        self.items.transact(changes)
        self.history.update({(event.trace_id, event.sk): event for event in events})

    def _remove(self, run_id: str, page: Sequence[str | Event]) -> None:
        for one in page:
            if isinstance(one, str):
                self.items.delete(_key(run_id, one))
            else:
                self.history.pop((one.trace_id, one.sk), None)


def _key(run_id: str, num: str) -> tuple[str, str]:
    return (run_id, num)


def _attributes(row: Order | Run) -> Item:
    item = {field.name: getattr(row, field.name) for field in fields(row)}
    if isinstance(row, Run):
        del item["tally"]
        item |= asdict(row.tally)
    return item


def _run(item: Item) -> Run:
    tally = Tally(**{name: item.pop(name) for name in _TALLY})
    return Run(tally=tally, **item)


def unchanged(order: Order) -> Condition:
    """As it was when a move was decided."""
    return lambda item: item is not None and (item["status"], item["attempt"]) == (order.status, order.attempt)


def fenced(change: RunChange) -> Condition:
    """No event was recorded since the change was decided."""
    return lambda item: item is not None and change.from_epoch in (None, item["last_epoch"])


def _is_out(order: Order) -> Condition:
    return lambda item: item is not None and item["status"].is_out and item["attempt"] == order.attempt


def _run_change(run_id: str, change: RunChange) -> Change:
    sets: dict[str, Any] = {name: value for name in _SETS if (value := getattr(change, name)) is not None}
    adds: dict[str, Any] = {name: count for name in _TALLY if (count := getattr(change.tally, name))}
    deletes = {}
    if change.ready_add:
        adds["ready"] = change.ready_add
    elif change.ready_remove:
        deletes["ready"] = change.ready_remove

    def condition(item: Item | None) -> bool:
        return item is not None and change.from_phase in (None, item["phase"]) and fenced(change)(item)

    first_stands = {"stop": change.stop} if change.stop is not None else {}
    return Change(_key(run_id, RUN_NUM), condition, sets=sets, adds=adds, deletes=deletes, sets_if_absent=first_stands)
