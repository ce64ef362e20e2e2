"""One orchestrator at a time works on a run, and no wake-up is lost (law 4).

A callback leaves its marks and takes the lock in one update; if another holds it, that one can free the lock
only while the marks are as it last saw them, and otherwise looks again.
"""

from __future__ import annotations

from execution_engine.clock import Clock
from execution_engine.identifiers import Identifiers
from execution_engine.orders.store import Lease, Locks

_DONE_LIMIT = 100
"""Marks that are done and still on the item before they are taken off: it is rewritten with each update."""


class HeldLock:
    """A run's lock while it is held: what is still to be looked at, and how it is given back."""

    def __init__(self, locks: Locks, clock: Clock, lease: Lease, seconds: float) -> None:
        self._locks = locks
        self._clock = clock
        self._seconds = seconds
        self._lease = lease
        self._done: frozenset[str] = frozenset()

    @property
    def todo(self) -> frozenset[str]:
        """Marks that nobody has looked at yet."""
        return self._lease.marks - self._done

    def done(self, marks: frozenset[str]) -> bool:
        """These were looked at. True if the lock is free now; otherwise there is more ``todo``.

        Raises ``ConditionLost`` if the lease ran out and somebody else holds the lock: they have the marks.
        """
        self._done |= marks
        left = self._locks.release(self._lease, self._clock.now())
        if left is None:
            return True
        self._lease = left
        self._keep()
        return False

    def hand_over(self) -> None:
        """Frees the lock and leaves what is still to be looked at for whoever comes next."""
        self._locks.hand_over(self._lease, self._lease.marks - self._done)

    def _keep(self) -> None:
        now = self._clock.now()
        if self._lease.until - now < self._seconds / 2 or len(self._done) > _DONE_LIMIT:
            self._lease = self._locks.renew(self._lease, self._done & self._lease.marks, now, self._seconds)
            self._done &= self._lease.marks


class RunLock:
    """Takes locks; ``seconds`` is how long a lease holds, well above what a pass takes and clocks differ."""

    def __init__(self, locks: Locks, clock: Clock, identifiers: Identifiers, seconds: float) -> None:
        self._locks = locks
        self._clock = clock
        self._identifiers = identifiers
        self._seconds = seconds

    def enter(self, run_id: str, marks: frozenset[str]) -> HeldLock | None:
        """None: another holds the lock and will find the marks."""
        now = self._clock.now()
        lease = self._locks.enter(run_id, marks, self._identifiers.nonce(), now, self._seconds)
        return None if lease is None else HeldLock(self._locks, self._clock, lease, self._seconds)

    def mark(self, run_id: str, marks: frozenset[str]) -> None:
        """For the holder itself: what a pass could not get to."""
        self._locks.mark(run_id, marks, self._clock.now())
