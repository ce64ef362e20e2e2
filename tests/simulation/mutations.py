"""Three things broken on purpose. A simulation that finds nothing wrong with them would find nothing at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from fakes.items import Change, exists
from fakes.locks import MemoryLocks

from execution_engine.orders.store import Lease
from simulation.schedule import Mutation
from simulation.witnesses import WatchedObjects


class EverybodysLock(MemoryLocks):
    """Whoever asks for the lock gets it."""

    def enter(self, run_id: str, marks: frozenset[str], owner: str, now: float, seconds: float) -> Lease | None:
        change = Change((run_id,), adds={"marks": marks}, sets={"owner": owner, "until": now + seconds})

        def take() -> Lease:
            item = self.items.update(change)
            return Lease(run_id, owner, item.get("fence", 0), item["until"], item["marks"])

        return self.calls.through("locks.enter", take)


class EverybodysClaim(WatchedObjects):
    """Claims are written by plain PUTs: whoever claims an attempt is told that it is theirs."""

    def put_once(self, key: str, body: bytes) -> bool:
        if not key.endswith("/claim.json"):
            return super().put_once(key, body)
        self.put(key, body)
        return True


@contextmanager
def _any_condition() -> Iterator[None]:
    """Writes are made whatever the order's status and attempt are by now, and whoever wrote last."""
    with patch("fakes.records.unchanged", lambda _: exists), patch("fakes.records.fenced", lambda _: exists):
        yield


MUTATIONS = {
    "lock": Mutation(locks=EverybodysLock),
    "claim": Mutation(objects=EverybodysClaim),
    "condition": Mutation(patches=_any_condition),
}
