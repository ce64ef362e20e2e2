"""The run's lock with its marks, in DynamoDB. Each method is one conditional update of one item (law 4)."""

from __future__ import annotations

from typing import Any

from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from execution_engine.errors import ConditionLost
from execution_engine.jobs.naming import lock_key
from execution_engine.orders.store import Lease
from execution_engine.storage.database import Database
from execution_engine.storage.models import LockRow, Tables

LIFETIME = 2 * 24 * 3600
"""Seconds after which a lock item nobody touched may go: runs end within a day."""


class DynamoLocks:
    """Implements ``orders.store.Locks``."""

    def __init__(self, database: Database, tables: Tables) -> None:
        self._database = database
        self._model = tables.lock

    def enter(self, run_id: str, marks: frozenset[str], owner: str, now: float, seconds: float) -> Lease | None:
        model = self._model
        # Its own name counts as free: an answer that got lost makes the client ask again.
        is_free = model.owner.does_not_exist() | (model.until < now) | (model.owner == owner)
        actions = [
            model.marks.add(set(marks)),
            model.owner.set(owner),
            model.until.set(now + seconds),
            model.fence.add(1),
            model.ttl.set(int(now) + LIFETIME),
        ]
        try:
            return self._lease(run_id, self._database.update(self._row(run_id), actions, is_free))
        except ConditionLost:
            return None

    def mark(self, run_id: str, marks: frozenset[str], now: float) -> bool:
        model = self._model
        actions = [model.marks.add(set(marks)), model.ttl.set(int(now) + LIFETIME)]
        item = self._database.update(self._row(run_id), actions)
        held = model.from_raw_data(item)
        until: float | None = held.until
        return until is not None and until >= now

    def release(self, lease: Lease, now: float) -> Lease | None:
        model = self._model
        condition = self._is_held(lease) & (
            (model.marks == set(lease.marks)) if lease.marks else model.marks.does_not_exist()
        )
        try:
            self._database.update(
                self._row(lease.run_id), [model.owner.remove(), model.until.remove(), model.marks.remove()], condition
            )
        except ConditionLost as lost:
            found = model.from_raw_data(dict(lost.found)) if lost.found else None
            if found is None or found.owner != lease.owner or found.fence != lease.fence:
                raise
            return Lease(lease.run_id, lease.owner, lease.fence, lease.until, frozenset(found.marks or ()))
        return None

    def renew(self, lease: Lease, done: frozenset[str], now: float, seconds: float) -> Lease:
        model = self._model
        actions: list[Action] = [model.until.set(now + seconds)]
        if done:
            actions.append(model.marks.delete(set(done)))
        return self._lease(lease.run_id, self._database.update(self._row(lease.run_id), actions, self._is_held(lease)))

    def hand_over(self, lease: Lease, keep: frozenset[str]) -> None:
        model = self._model
        done = lease.marks - keep
        actions: list[Action] = [model.owner.remove(), model.until.remove()]
        if done:
            actions.append(model.marks.delete(set(done)))
        self._database.update(self._row(lease.run_id), actions, self._is_held(lease))

    def _is_held(self, lease: Lease) -> Condition:
        condition: Condition = (self._model.owner == lease.owner) & (self._model.fence == lease.fence)
        return condition

    def _lease(self, run_id: str, item: dict[str, Any]) -> Lease:
        row = self._model.from_raw_data(item)
        return Lease(run_id, str(row.owner), int(row.fence or 0), float(row.until or 0), frozenset(row.marks or ()))

    def _row(self, run_id: str) -> LockRow:
        return self._model(lock_key(run_id))
