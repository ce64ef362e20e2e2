"""What the engine needs of storage. ``execution_engine.storage`` implements it on AWS; tests also have it in
memory, and one contract suite holds both to the same behaviour.

Each method is one call of a service unless it says otherwise, so that "what if it dies here" has a finite
number of places.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from execution_engine.orders.event import Event
from execution_engine.orders.order import Order
from execution_engine.orders.report import Claim, Result
from execution_engine.orders.run import Run
from execution_engine.orders.transaction import Transaction
from execution_engine.orders.wreck import Wreck


@dataclass(frozen=True, slots=True)
class Rows:
    """Consistent reads: the run if it was asked for and exists, the orders found, and what was not had.

    ``missing`` maps an order number to why: no such row, or what makes it unreadable.
    """

    run: Run | None
    orders: Sequence[Order] = ()
    missing: dict[str, str] = field(default_factory=dict)


class Records(Protocol):
    """Runs, orders and events."""

    def create_run(self, run: Run) -> None:
        """Raises ``ConditionLost`` if the run exists."""
        ...

    def add_orders(self, orders: Sequence[Order], events: Sequence[Event]) -> None:
        """One call per 25 records; what is there already is overwritten."""
        ...

    def read(self, run_id: str, nums: Iterable[str] = (), *, with_run: bool = False) -> Rows:
        """One call per 100 rows. Raises ``RowUnreadable`` if the run's own can't be read."""
        ...

    def inspect(self, run_id: str, nums: Iterable[str]) -> list[Wreck]:
        """Those records that ``read`` can't make out or find, as far as they go; ``0000`` is the run's own.
        One call per 100 rows."""
        ...

    def repair(self, wreck: Wreck, mended: Order | Run) -> None:
        """Writes the record as ``mending`` made it (also its status, law 1's one exception). ``ConditionLost``
        if the record is no longer as it was inspected."""
        ...

    def commit(self, transaction: Transaction) -> None:
        """All or nothing; raises ``ConditionLost`` if any of its conditions does not hold."""
        ...

    def relaunched(self, order: Order, now: float) -> None:
        """Counts one more launch of the attempt that is out; ``ConditionLost`` if it no longer waits."""
        ...

    def launched(self, order: Order, execution_id: str, execution_url: str | None) -> None:
        """Records what the attempt that is out runs as, for look-up and stop; ``ConditionLost`` if it is not."""
        ...

    def confirm(self, run_id: str) -> None:
        """Its start was signalled: nobody may withdraw it. ``ConditionLost`` if somebody did."""
        ...

    def withdraw(self, run_id: str) -> None:
        """From ``submitting`` to ``withdrawn``; ``ConditionLost`` if it is anything else, or confirmed."""
        ...

    def ask_to_stop(self, run_id: str, reason: str) -> None:
        """The first reason stands, also before the run's first pass. Raises ``ConditionLost`` if the run is
        withdrawn, completed or being stopped."""
        ...

    def complete(self, run: Run, event: Event) -> None:
        """``job_completed`` and the run's end in one; ``ConditionLost`` if it was completed before, or was asked
        to stop since ``run`` was read: that decides how it ends."""
        ...

    def discard(self, run_id: str, nums: Iterable[str], events: Iterable[Event]) -> None:
        """Removes the records of a submission that died, 25 a call; the run's own comes last."""
        ...


@dataclass(frozen=True, slots=True)
class Lease:
    """A run's lock, held. ``fence`` goes up with every holder; ``marks`` is what asked to be looked at."""

    run_id: str
    owner: str
    fence: int
    until: float
    marks: frozenset[str]


class Locks(Protocol):
    """One lock a run, with the marks of those who want it looked at (law 4)."""

    def enter(self, run_id: str, marks: frozenset[str], owner: str, now: float, seconds: float) -> Lease | None:
        """Leaves the marks, and takes the lock if nobody holds it; at once, so that nothing can come between.

        None: somebody holds it, whose release will find the marks. A lease that ran out is taken over, which
        is a second call.
        """
        ...

    def mark(self, run_id: str, marks: frozenset[str], now: float) -> None:
        """Leaves marks, whoever holds the lock."""
        ...

    def release(self, lease: Lease, now: float) -> Lease | None:
        """Frees the lock if it is still this lease's and no marks were added to ``lease.marks``.

        None: it is free. Otherwise the lease with the marks that are there now. Raises ``ConditionLost``
        if the lock is no longer this lease's.
        """
        ...

    def renew(self, lease: Lease, done: frozenset[str], now: float, seconds: float) -> Lease:
        """Prolongs the lease and takes away the marks that were done; ``ConditionLost`` as above."""
        ...

    def hand_over(self, lease: Lease, keep: frozenset[str]) -> None:
        """Frees the lock but leaves marks for the next holder; ``ConditionLost`` as above."""
        ...

    def is_settled(self, run_id: str) -> bool:
        """Whether nobody holds the lock and no mark is left."""
        ...


class Reports(Protocol):
    """What workers write and what the engine asks of them: claims, results, heartbeats, control."""

    def claim(self, run_id: str, num: str, attempt: int) -> Claim | None: ...

    def result(self, run_id: str, num: str, attempt: int) -> Result | None: ...

    def events(self, run_id: str, num: str, attempt: int) -> list[dict[str, Any]]: ...

    def has_result(self, run_id: str, num: str, attempt: int) -> bool: ...

    def silence(self, run_id: str, num: str, attempt: int) -> float | None:
        """Seconds since the last heartbeat by the storage's own clock; None if there never was one."""
        ...

    def void(self, run_id: str, num: str, attempt: int, nonce: str, reason: str, now: float) -> bool:
        """Wins the attempt's claim so that it never runs; false if it is taken."""
        ...

    def write_result(self, run_id: str, num: str, attempt: int, result: dict[str, Any]) -> bool:
        """The first result stands; false if there is one."""
        ...

    def ask(self, run_id: str, num: str, request: dict[str, Any]) -> None:
        """Writes ``control.json``."""
        ...

    def asked(self, run_id: str, num: str, attempt: int) -> dict[str, Any] | None:
        """Reads ``control.json``; None if there is none, or it asks something of another attempt."""
        ...

    def signal_start(self, run_id: str) -> None: ...


class Watchdogs(Protocol):
    def start(self, run_id: str, num: str, attempt: int, wait: int) -> None:
        """Starting one that exists is success."""
        ...


class Keys(Protocol):
    """Age keys in Parameter Store."""

    def put(self, path: str, identity: str, expires_at: float) -> None: ...

    def delete(self, path: str) -> None:
        """What is gone already is success."""
        ...


class DoneMarkers(Protocol):
    def write(self, run_id: str, document: dict[str, Any]) -> None:
        """The first stands; writing it again is success."""
        ...

    def exists(self, run_id: str) -> bool: ...


class Waker(Protocol):
    def wake(self, run_id: str, num: str) -> None:
        """Has the orchestrator look at an order (``0000``: at the run), soon and in another invocation."""
        ...
