"""What a watchdog thinks of an order. Pure: what it saw, the time → what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from execution_engine.orders.order import Order
from execution_engine.orders.report import Claim
from execution_engine.orders.status import Status
from execution_engine.orders.target import Found, State

_S3_SECOND = 1.0
"""S3 tells when an object was written in whole seconds."""


class Verdict(StrEnum):
    """``wait``: all is well, or it is too early to say."""

    DONE = "done"
    WAIT = "wait"
    POKE = "poke"
    GIVE_UP = "give_up"
    LOST = "lost"
    ASK = "ask"
    OVERDUE = "overdue"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Patience:
    """All seconds. ``silences``: heartbeat intervals without a beat before a worker counts as lost."""

    grace: float
    heartbeat: float
    start_limit: float
    relaunch_after: float
    tick: int
    silences: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What a watchdog saw of an attempt. ``silence``: seconds since the worker's last sign of life;
    ``asked_at``: since when the worker is asked to end; ``found``: what its target says of it."""

    has_result: bool = False
    claim: Claim | None = None
    silence: float | None = None
    asked_at: float | None = None
    found: Found | None = None


def of_attempt(order: Order, attempt: int) -> Verdict | None:
    """What the record alone decides; None if it takes a look at what the worker wrote."""
    if order.status.is_terminal or order.attempt > attempt:
        return Verdict.DONE
    if order.attempt < attempt or order.status is Status.QUEUED:
        # Watched, but never reserved (or waiting for its next attempt): the orchestrator knows.
        return Verdict.POKE
    return None


def of_sighting(order: Order, seen: Sighting, now: float, patience: Patience) -> Verdict:
    if seen.has_result:
        return Verdict.POKE
    gone = seen.found is not None and seen.found.state is State.ENDED
    if seen.claim is None:
        return Verdict.GONE if gone else _of_unclaimed(order, now, patience)
    if seen.claim.void:
        return Verdict.OVERDUE  # whoever won the claim to end it died before the result
    if gone:
        return Verdict.GONE
    if seen.silence is not None and seen.silence > patience.silences * patience.heartbeat + _S3_SECOND:
        return Verdict.LOST
    if seen.asked_at is not None:
        # The interrupt, the grace, the kill, and the last upload; then it is ended from outside.
        return Verdict.OVERDUE if now - seen.asked_at > 2 * patience.grace + patience.tick else Verdict.WAIT
    started = (seen.found and seen.found.started_at) or order.started_at or seen.claim.at or now
    if now - started > order.timeout + patience.grace + patience.tick:
        return Verdict.ASK
    return Verdict.POKE if order.status is Status.DISPATCHED else Verdict.WAIT


def _of_unclaimed(order: Order, now: float, patience: Patience) -> Verdict:
    if now - (order.dispatched_at or now) > patience.start_limit:
        return Verdict.GIVE_UP
    if order.execution_id is not None:
        return Verdict.WAIT  # its service has it, and says so when it no longer does
    if now - (order.launched_at or now) >= patience.relaunch_after * 2.0 ** (order.launches - 1):
        return Verdict.POKE
    return Verdict.WAIT
