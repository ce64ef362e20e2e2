"""The statuses of an order, and which of them are final."""

from __future__ import annotations

from enum import StrEnum


class Status(StrEnum):
    """Where an order is in its life (contract section 4)."""

    QUEUED = "queued"
    DISPATCHED = "dispatched"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed_out"

    @property
    def is_terminal(self) -> bool:
        return self in TERMINAL

    @property
    def is_out(self) -> bool:
        """Launched and not yet heard of for the last time: it holds one of the run's places in flight."""
        return self in (Status.DISPATCHED, Status.RUNNING)


TERMINAL = frozenset({Status.SUCCEEDED, Status.FAILED, Status.TIMED_OUT})


class Reason(StrEnum):
    """Why an order ended otherwise than by its own commands."""

    DEPENDENCY_FAILED = "dependency_failed"
    DISPATCH_FAILED = "dispatch_failed"
    WORKER_LOST = "worker_lost"
    CANCELLED = "cancelled"
    JOB_TIMED_OUT = "job_timed_out"
    BUNDLE_UNREADABLE = "bundle_unreadable"
    RESULT_UNREADABLE = "result_unreadable"
    RECORD_UNREADABLE = "record_unreadable"
