"""The run's lock with its marks, in DynamoDB (law 4). Each method is one update of one item.

Entering leaves the marks and takes a free lock in the same update (``if_not_exists``), so there is no moment
between a failed try and the marks. The fence counts holders: it goes up when one ends or is taken over.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import structlog
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from execution_engine.errors import ConditionLost
from execution_engine.jobs.naming import lock_key
from execution_engine.orders.store import Lease
from execution_engine.storage.database import Database
from execution_engine.storage.models import LockRow, Tables

log = structlog.get_logger()

LIFETIME = 2 * 24 * 3600
"""Seconds after which a lock item nobody touched may go: runs end within a day."""

_FAR = 10
"""Leases from now: a lock that is said to be held for longer is damaged; clocks do not differ by that much."""


class DynamoLocks:
    """Implements ``orders.store.Locks``."""

    def __init__(self, database: Database, tables: Tables) -> None:
        self._database = database
        self._table = tables.names.locks
        self._model = tables.lock

    def enter(self, run_id: str, marks: frozenset[str], owner: str, now: float, seconds: float) -> Lease | None:
        model = self._model
        actions = [
            model.marks.add(set(marks)),
            model.owner.set(model.owner | owner),
            model.until.set(model.until | (now + seconds)),
            model.ttl.set(int(now) + LIFETIME),
        ]
        can_be_marked = model.marks.does_not_exist() | model.marks.is_type()  # type: ignore[no-untyped-call]
        while True:
            try:
                item = self._database.update(self._row(run_id), actions, can_be_marked)
                # An answer that got lost makes the client ask again; it then finds its own name.
                lease = self._lease(run_id, item)
                damaged = lease.until > now + _FAR * seconds
            except ConditionLost as lost:
                item, damaged = dict(lost.found), True
            except (ValueError, TypeError, AttributeError):
                damaged = True
            if damaged:
                self._clear(run_id, item)
                continue
            if lease.owner == owner:
                return lease
            if lease.until >= now:
                return None
            with suppress(ConditionLost):  # taken over by another, or alive after all: look again
                return self._take_over(lease, owner, now + seconds)

    def _take_over(self, lease: Lease, owner: str, until: float) -> Lease:
        model = self._model
        actions = [model.owner.set(owner), model.until.set(until), model.fence.add(1)]
        unchanged = self._is_held(lease) & (model.until == lease.until)
        return self._lease(lease.run_id, self._database.update(self._row(lease.run_id), actions, unchanged))

    def _clear(self, run_id: str, found: dict[str, Any]) -> None:
        """Nobody can tell who holds a damaged lock, so nobody does; marks that can be read stay."""
        gone = [name for name in ("owner", "until", "fence", "marks") if name in found]
        if "SS" in found.get("marks", {}):
            gone.remove("marks")
        if not gone:
            return
        request = {
            "TableName": self._table,
            "Key": {"pk": {"S": lock_key(run_id)}},
            "UpdateExpression": "REMOVE " + ", ".join(f"#{name}" for name in gone),
            "ConditionExpression": " AND ".join(f"#{name} = :{name}" for name in gone),
            "ExpressionAttributeNames": {f"#{name}": name for name in gone},
            "ExpressionAttributeValues": {f":{name}": found[name] for name in gone},
        }
        with suppress(ConditionLost):  # somebody else is at it: look again
            self._database.send_update(request, "LockRow")
        log.error("a damaged lock was cleared", run_id=run_id, attributes=gone)

    def mark(self, run_id: str, marks: frozenset[str], now: float) -> None:
        model = self._model
        self._database.update(self._row(run_id), [model.marks.add(set(marks)), model.ttl.set(int(now) + LIFETIME)])

    def release(self, lease: Lease, now: float) -> Lease | None:
        model = self._model
        condition = self._is_held(lease) & (
            (model.marks == set(lease.marks)) if lease.marks else model.marks.does_not_exist()
        )
        try:
            self._database.update(self._row(lease.run_id), [*self._freeing(), model.marks.remove()], condition)
        except ConditionLost as lost:
            try:
                found = model.from_raw_data(dict(lost.found)) if lost.found else None
            except (ValueError, TypeError, AttributeError):  # damaged: whoever enters next clears it
                raise lost from None
            if found is None or found.owner != lease.owner or (found.fence or 0) != lease.fence:
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
        actions = self._freeing()
        if done:
            actions.append(model.marks.delete(set(done)))
        self._database.update(self._row(lease.run_id), actions, self._is_held(lease))

    def is_settled(self, run_id: str) -> bool:
        items = self._database.batch_get(self._table, [lock_key(run_id)])
        return not any(name in item for item in items for name in ("owner", "marks"))

    def _freeing(self) -> list[Action]:
        model = self._model
        return [model.owner.remove(), model.until.remove(), model.fence.add(1)]

    def _is_held(self, lease: Lease) -> Condition:
        model = self._model
        same_fence = model.fence == lease.fence if lease.fence else model.fence.does_not_exist()
        condition: Condition = (model.owner == lease.owner) & same_fence
        return condition

    def _lease(self, run_id: str, item: dict[str, Any]) -> Lease:
        row = self._model.from_raw_data(item)
        return Lease(run_id, str(row.owner), int(row.fence or 0), float(row.until or 0), frozenset(row.marks or ()))

    def _row(self, run_id: str) -> LockRow:
        return self._model(lock_key(run_id))
