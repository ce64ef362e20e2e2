"""Fakes that see what must never be at the moment it is: between the calls, whatever the run becomes later."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from fakes.calls import Calls
from fakes.items import Change, Item
from fakes.objects import Objects
from fakes.records import MemoryRecords

from execution_engine.jobs.naming import RUN_NUM, parse_callback
from execution_engine.orchestrator.run_lock import HeldLock, RunLock
from execution_engine.orders.event import Event
from execution_engine.orders.machine import TRANSITIONS
from execution_engine.orders.order import Order
from execution_engine.orders.status import Status
from execution_engine.orders.store import Rows
from execution_engine.orders.transaction import Transaction
from simulation.clocks import WholeSeconds
from simulation.workers import Workers
from simulation.world import Invocation, World, current

_STEPS = {(source, row.target) for row in TRANSITIONS for source in row.sources}
_STATUSES = set(Status)


class Witness:
    """``violations``: what was seen, each once. ``workers`` and ``rows`` are handed in when they are there."""

    workers: Workers
    rows: dict[tuple[str, ...], Item]

    def __init__(self, world: World) -> None:
        self.world = world
        self.violations: dict[str, None] = {}
        self._at_work: dict[str, list[tuple[Invocation, HeldLock]]] = {}
        self._epochs: dict[str, float] = {}

    def saw(self, what: str) -> None:
        self.world.note("", f"VIOLATION: {what}")
        self.violations.setdefault(what)

    # Locks

    def entered(self, run_id: str, held: HeldLock, now: float) -> None:
        invocation = current()
        if invocation is None:
            return
        others = [
            (other, lock)
            for other, lock in self._at_work.get(run_id, [])
            if not other.has_ended and lock._lease.until >= now  # one that ran out is another's from now on
        ]
        for other, _ in others:
            if held._lease.until >= now:
                self.saw(f"two hold the lock of one run: {other.name}, {invocation.name}")
        self._at_work[run_id] = [*others, (invocation, held)]

    def leaving(self, run_id: str, held: HeldLock) -> None:
        self._at_work[run_id] = [one for one in self._at_work.get(run_id, []) if one[1] is not held]

    def stays(self, run_id: str, held: HeldLock) -> None:
        invocation = current()
        if invocation is not None:
            self._at_work.setdefault(run_id, []).append((invocation, held))

    # Records

    def committed(self, before: dict[tuple[str, ...], Item], events: Sequence[Event]) -> None:
        for key, was in before.items():
            if key[1] != RUN_NUM:
                told = [one for one in events if one.order_num == key[1] and one.event_type in _STATUSES]
                self._moved(key, was, self.rows[key], [Status(one.event_type) for one in told])
        for event in events:
            if event.epoch <= self._epochs.get(event.run_id, 0.0):
                self.saw(f"the epoch of {event.order_name} {event.event_type} is not later than the one before")
            self._epochs[event.run_id] = event.epoch

    def _moved(self, key: tuple[str, ...], was: Item, now: Item, told: list[Status]) -> None:
        run_id, num = key
        path = [was["status"], *told]
        if path[-1] is not now["status"] or not set(pairwise(path)) <= _STEPS:
            names = " → ".join(map(str, path))
            self.saw(f"order {num} became {now['status']}, but its events say {names}")
        attempt = (run_id, num, was["attempt"])
        fate = self.workers.alive.get(attempt)
        if fate is not None and not fate.deaf and not now["status"].is_out:
            self.saw(f"order {num} became {now['status']} ({now['reason']}) while its commands run")

    # Workers

    def claimed(self, run_id: str, num: str, attempt: int) -> None:
        row, run = self.rows[(run_id, num)], self.rows[(run_id, RUN_NUM)]
        if (row["status"], row["attempt"]) != (Status.DISPATCHED, attempt):
            self.saw(f"attempt {attempt} of order {num} is claimed, which is {row['status']}, attempt {row['attempt']}")
        if run.get("stop") is not None and run["stop_cursor"] >= run["total"]:
            self.saw(f"order {num} is claimed after the run was stopped ({run['stop']})")

    def begun(self, order: Order) -> None:
        run_id, num = order.run_id, order.order_num
        if self.workers.begun[(run_id, num, order.attempt)] > 1:
            self.saw(f"the commands of order {num} start twice in attempt {order.attempt}")
        if any(one[:2] == (run_id, num) for one in self.workers.alive):
            self.saw(f"the commands of order {num} start while those of an earlier attempt run")
        for key, row in self.rows.items():
            if key[0] == run_id and num in row.get("dependents", ()):
                if not row["status"].is_terminal:
                    self.saw(f"order {num} starts before {key[1]} ended")
                elif row["status"] is not Status.SUCCEEDED and row["must_succeed"]:
                    self.saw(f"order {num} starts although {key[1]}, which it needs, {row['status']}")


class WatchedLock(RunLock):
    def __init__(self, witness: Witness, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._witness = witness

    def enter(self, run_id: str, marks: frozenset[str]) -> HeldLock | None:
        held = super().enter(run_id, marks)
        if held is None:
            return None
        self._witness.entered(run_id, held, self._clock.now())
        return WatchedHeldLock(self._witness, run_id, held)  # type: ignore[return-value]


class WatchedHeldLock:
    """From the moment it begins to give the lock back, it no longer counts as a holder."""

    def __init__(self, witness: Witness, run_id: str, held: HeldLock) -> None:
        self._witness = witness
        self._run_id = run_id
        self._held = held

    @property
    def todo(self) -> frozenset[str]:
        return self._held.todo

    def done(self, marks: frozenset[str]) -> bool:
        self._witness.leaving(self._run_id, self._held)
        is_free = self._held.done(marks)
        if not is_free:
            self._witness.stays(self._run_id, self._held)
        return is_free

    def hand_over(self) -> None:
        self._witness.leaving(self._run_id, self._held)
        self._held.hand_over()


class WatchedRecords(MemoryRecords):
    def __init__(self, calls: Calls, witness: Witness) -> None:
        super().__init__(calls)
        self._witness = witness
        witness.rows = self.items.all

    def _read(self, run_id: str, wanted: Sequence[str], with_run: bool) -> Rows:
        rows = super()._read(run_id, wanted, with_run)
        invocation = current()
        if with_run and invocation is not None:
            invocation.knows_of_stop = rows.run is not None and rows.run.stop is not None
        return rows

    def _commit(self, transaction: Transaction) -> None:
        invocation = current()
        super()._commit(transaction)
        if invocation is not None and invocation.knows_of_stop:
            for move in transaction.moves:
                if move.is_dispatch:
                    self._witness.saw(f"order {move.order.order_num} is dispatched in a run that is being stopped")

    def _transact(self, changes: Sequence[Change], events: Sequence[Event]) -> None:
        before = {change.key: self.items.all.get(change.key, {}) for change in changes}
        super()._transact(changes, events)
        self._witness.committed(before, events)


class WatchedObjects(Objects):
    def __init__(self, world: World, witness: Witness) -> None:
        super().__init__(WholeSeconds(world))
        self._witness = witness
        self.written_at: dict[str, float] = {}

    def put(self, key: str, body: bytes) -> None:
        callback = parse_callback(key)
        if callback is not None:
            standing = self.get(key)
            if standing is not None:
                self._witness.saw(f"the {callback.kind} of order {callback.order_num} is replaced")
            elif callback.kind == "claim" and json.loads(body).get("by") == "worker":
                self._witness.claimed(callback.run_id, callback.order_num, callback.attempt)
        self.written_at.setdefault(key, self._witness.world.now)
        super().put(key, body)
