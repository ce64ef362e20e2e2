"""One order of a run, as the engine keeps it: a frozen value. Its status changes only through a ``Move``."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from execution_engine.orders.status import Reason, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Times are seconds since the epoch, durations seconds, sizes bytes.

    ``waiting`` are the order numbers that must still end before this one may start; ``dependents`` those
    that wait on this one. ``attempt`` is the attempt that is or was last out; 0 until the first dispatch.
    ``ssm_targets`` as a job has it. ``instances``: how the last attempt ended on each instance of an SSM order, by
    the instance's id, each as ``orders.instance.InstanceOutcome`` tells it.
    """

    run_id: str
    order_num: str
    trace_id: str
    flow_id: str
    order_name: str
    queue_id: str
    execution_target: str
    cmds: tuple[str, ...]
    timeout: float
    must_succeed: bool = True
    dependencies: tuple[str, ...] = ()
    waiting: frozenset[str] = field(default_factory=frozenset)
    dependents: tuple[str, ...] = ()
    retries: int = 0
    ssm_targets: Mapping[str, Any] | None = None
    ssm_document_name: str | None = None
    bundle_sha256: str
    sops_key_path: str
    created_at: float
    last_update: float
    deadline: float
    ttl: int

    status: Status = Status.QUEUED
    attempt: int = 0
    launches: int = 0
    not_before: float | None = None
    dispatched_at: float | None = None
    launched_at: float | None = None
    started_at: float | None = None
    ended_at: float | None = None
    reason: str | None = None
    exit_code: int | None = None
    execution_id: str | None = None
    execution_url: str | None = None
    log_bytes: int | None = None
    log_tail: str | None = None
    events_written: int = 0
    instances: Mapping[str, Any] | None = None
    damaged: str | None = None

    def is_ready(self, now: float, freed: Set[str] = frozenset()) -> bool:
        """Queued, nothing it needs is still to end, and its back-off (if it had an attempt) is over.

        ``freed`` are those it need no longer wait on although its record still says so.
        """
        return self.status is Status.QUEUED and self.waiting <= freed and (self.not_before or 0.0) <= now

    @property
    def blocks_dependents(self) -> bool:
        """Whether what needs this order can't run any more (contract section 1, last paragraph).

        An optional order's own failure blocks nobody, but one that never ran because of *its* dependency
        can't be built upon either.
        """
        if not self.status.is_terminal or self.status is Status.SUCCEEDED:
            return False
        return self.must_succeed or self.reason == Reason.DEPENDENCY_FAILED
