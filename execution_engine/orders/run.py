"""The run's own record: what is open, what is out, how it will end."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum

from execution_engine.orders.order import Order
from execution_engine.orders.status import Reason, Status


class Phase(StrEnum):
    """``submitting`` until the start signal: nobody sees the run. ``completed`` is final.

    ``withdrawn``: its submission died, or lost its idempotency key to the next; it never starts and is swept.
    """

    SUBMITTING = "submitting"
    WITHDRAWN = "withdrawn"
    RUNNING = "running"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True)
class Tally:
    """What a run counts, or by how much a transaction changes it. Every field is additive."""

    open: int = 0
    in_flight: int = 0
    succeeded: int = 0
    failed: int = 0
    timed_out: int = 0
    required_failed: int = 0
    required_timed_out: int = 0
    deadline_ended: int = 0
    cancelled: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, name) + getattr(other, name) for name in Tally.__slots__))

    def __sub__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, name) - getattr(other, name) for name in Tally.__slots__))

    @classmethod
    def of(cls, order: Order) -> Tally:
        """What an order as it is counts for."""
        if not order.status.is_terminal:
            return cls(open=1, in_flight=int(order.status.is_out))
        own_failure = order.must_succeed and order.reason != Reason.DEPENDENCY_FAILED
        return cls(
            succeeded=int(order.status is Status.SUCCEEDED),
            failed=int(order.status is Status.FAILED),
            timed_out=int(order.status is Status.TIMED_OUT),
            required_failed=int(own_failure and order.status is Status.FAILED),
            required_timed_out=int(own_failure and order.status is Status.TIMED_OUT),
            deadline_ended=int(order.reason == Reason.JOB_TIMED_OUT),
            cancelled=int(order.reason == Reason.CANCELLED),
        )

    @classmethod
    def of_move(cls, before: Order, after: Order) -> Tally:
        """How an order's change of status changes its run's counts."""
        return cls.of(after) - cls.of(before)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Times are seconds since the epoch.

    ``cursor`` is the place (1, 2, …) up to which orders without dependencies have been offered for
    dispatch; ``ready`` are those that became ready later and found no free place. ``stop`` is why the run
    is being ended early, ``stop_cursor`` how far that has come. ``retry_of`` is the run whose unsuccessful
    orders this one repeats. ``signalled``: its submission knows that it was complete.
    """

    run_id: str
    trace_id: str
    flow_id: str
    username: str
    phase: Phase
    total: int
    created_at: float
    deadline: float
    ttl: int
    last_epoch: float
    sops_key_path: str
    tally: Tally = field(default_factory=Tally)
    cursor: int = 0
    ready: frozenset[str] = field(default_factory=frozenset)
    stop: str | None = None
    stop_cursor: int = 0
    completed_at: float | None = None
    status: Status | None = None
    retry_of: str | None = None
    signalled: bool = False

    @property
    def is_seen(self) -> bool:
        """Whether anybody but its own submission knows of it (law 15)."""
        return self.phase in (Phase.RUNNING, Phase.COMPLETED)

    @property
    def outcome(self) -> Status:
        """The job's status once nothing is open (contract section 3)."""
        tally = self.tally
        if tally.deadline_ended:
            return Status.TIMED_OUT
        if tally.required_failed or tally.cancelled or self.stop in (Reason.CANCELLED, Reason.RECORD_UNREADABLE):
            return Status.FAILED
        if tally.required_timed_out:
            return Status.TIMED_OUT
        return Status.SUCCEEDED

    @property
    def summary(self) -> dict[str, int]:
        return {
            "succeeded": self.tally.succeeded,
            "failed": self.tally.failed,
            "timed_out": self.tally.timed_out,
        }


def until_next_look(tick: int, time_left: float) -> int:
    """Whole seconds after which a run's watchdog looks again: at every tick, and when the run's time is up."""
    return min(tick, math.ceil(time_left)) if time_left > 0 else tick
