"""Which run an idempotency key stands for, and what the engine needs of where that is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """Which run an idempotency key stands for. ``fingerprint``: of its job. Times in seconds since the epoch:
    ``until`` then the submission counts as dead unless it renews or its run has begun; the key is free again
    from ``expires_at`` on."""

    key: str
    run_id: str
    trace_id: str
    flow_id: str
    fingerprint: str
    until: float
    expires_at: float


class Submissions(Protocol):
    """One submission a key."""

    def claim(self, submission: Submission, now: float) -> Submission:
        """The one that holds the key: this one if the key was free, or what it stood for had expired."""
        ...

    def find(self, key: str, now: float) -> Submission | None:
        """Who holds the key."""
        ...

    def take_over(self, seen: Submission, by: Submission) -> None:
        """``ConditionLost`` if the key no longer stands for what was seen, or that was renewed since."""
        ...

    def renew(self, submission: Submission, until: float) -> Submission:
        """``ConditionLost`` if the key stands for another one by now."""
        ...

    def forget(self, submission: Submission) -> None:
        """Frees the key, if it stands for this one."""
        ...
