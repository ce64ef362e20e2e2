"""``orders.store.Locks`` in memory. One update of one item each, as the real ones are (law 4)."""

from __future__ import annotations

from contextlib import suppress

from fakes.calls import Calls
from fakes.items import Change, Condition, Item, Items

from execution_engine.errors import ConditionLost
from execution_engine.orders.store import Lease


class MemoryLocks:
    def __init__(self, calls: Calls, items: Items | None = None) -> None:
        self.calls = calls
        self.items = items or Items()

    def enter(self, run_id: str, marks: frozenset[str], owner: str, now: float, seconds: float) -> Lease | None:
        change = Change((run_id,), adds={"marks": marks}, sets_if_absent={"owner": owner, "until": now + seconds})
        while True:
            self._clear_damage(run_id, now + 10 * seconds)
            lease = self.calls.through("locks.enter", lambda: _lease(run_id, self.items.update(change)))
            if lease.owner == owner:
                return lease
            if lease.until >= now:
                return None
            with suppress(ConditionLost):
                return self._take_over(lease, owner, now + seconds)

    def _clear_damage(self, run_id: str, latest: float) -> None:
        """What the real one does when it finds that it can't read the item."""
        item = self.items.get((run_id,)) or {}
        kinds = {"owner": str, "until": float, "fence": int, "marks": frozenset}
        wrong = [name for name, kind in kinds.items() if name in item and type(item[name]) is not kind]
        if wrong or item.get("until", 0.0) > latest:
            keep = {} if "marks" in wrong else {"marks": item.get("marks")}
            self.items.update(Change((run_id,), puts=keep))

    def _take_over(self, lease: Lease, owner: str, until: float) -> Lease:
        def is_unchanged(item: Item | None) -> bool:
            return is_held(lease)(item) and item is not None and item["until"] == lease.until

        change = Change((lease.run_id,), is_unchanged, sets={"owner": owner, "until": until}, adds={"fence": 1})
        return self.calls.through("locks.take_over", lambda: _lease(lease.run_id, self.items.update(change)))

    def mark(self, run_id: str, marks: frozenset[str], now: float) -> None:
        change = Change((run_id,), adds={"marks": marks})
        self.calls.through("locks.mark", lambda: self.items.update(change))

    def release(self, lease: Lease, now: float) -> Lease | None:
        def is_as_seen(item: Item | None) -> bool:
            return is_held(lease)(item) and item is not None and _marks(item) == lease.marks

        change = Change(
            (lease.run_id,), is_as_seen, sets={"owner": None, "until": None, "marks": None}, adds={"fence": 1}
        )

        def free() -> Lease | None:
            try:
                self.items.update(change)
            except ConditionLost as lost:
                if not is_held(lease)(dict(lost.found)):
                    raise
                return _lease(lease.run_id, dict(lost.found))
            return None

        return self.calls.through("locks.release", free)

    def renew(self, lease: Lease, done: frozenset[str], now: float, seconds: float) -> Lease:
        change = Change(
            (lease.run_id,),
            is_held(lease),
            sets={"until": now + seconds},
            deletes={"marks": done} if done else {},
        )
        return self.calls.through("locks.renew", lambda: _lease(lease.run_id, self.items.update(change)))

    def hand_over(self, lease: Lease, keep: frozenset[str]) -> None:
        done = lease.marks - keep
        change = Change(
            (lease.run_id,),
            is_held(lease),
            sets={"owner": None, "until": None},
            adds={"fence": 1},
            deletes={"marks": done} if done else {},
        )
        self.calls.through("locks.hand_over", lambda: self.items.update(change))

    def is_settled(self, run_id: str) -> bool:
        return self.calls.through("locks.is_settled", lambda: self.is_free(run_id) and not self.marks(run_id))

    # For tests

    def is_free(self, run_id: str) -> bool:
        return "owner" not in (self.items.get((run_id,)) or {})

    def marks(self, run_id: str) -> frozenset[str]:
        return _marks(self.items.get((run_id,)) or {})


def is_held(lease: Lease) -> Condition:
    """Still by this lease: nobody took it over."""
    return lambda item: item is not None and (item.get("owner"), item.get("fence", 0)) == (lease.owner, lease.fence)


def _marks(item: Item) -> frozenset[str]:
    marks: frozenset[str] = item.get("marks", frozenset())
    return marks


def _lease(run_id: str, item: Item) -> Lease:
    return Lease(run_id, item["owner"], item.get("fence", 0), item["until"], _marks(item))
