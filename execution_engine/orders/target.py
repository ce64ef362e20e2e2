"""A place where orders run, as the engine needs it. One small class each, in ``execution_engine.targets`` or in
a package of somebody else's.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from execution_engine.orders.order import Order


class State(StrEnum):
    """How a service sees what it was asked to run. ``waiting``: accepted, and no worker can be at work yet;
    ``ended``: no worker can be at work any more."""

    WAITING = "waiting"
    RUNNING = "running"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Found:
    """``message``: what the service says of the end, for the order's log.

    For targets that know more of their workers than the order's own claim and heartbeat tell: ``started_at``, since
    when (seconds since the epoch) the last of them is at work; ``silence``, for how many seconds nothing was heard
    of them, as far as the target does not see to that itself.
    """

    state: State
    message: str | None = None
    started_at: float | None = None
    silence: float | None = None


class Target(Protocol):
    """What it runs is the worker, which claims the attempt and reports; a target only starts, looks and stops."""

    def launch(self, order: Order) -> tuple[str, str | None] | None:
        """Starts the attempt that is reserved; answers its id and address, or None where the service gives
        nothing that could be looked up later. Raises ``LaunchFailed``.

        Called again when nobody could record the answer: where the service knows a token for that, it is made
        of the attempt. Otherwise a second worker starts, and finds the claim.
        """
        ...

    def look_up(self, order: Order) -> Found | None:
        """What the service says of ``order.execution_id``; None if it says nothing, or does not know it."""
        ...

    def stop(self, order: Order) -> None:
        """Ends from outside what did not end when asked, or must not begin; does nothing where a service can't.
        What has ended already, or was never launched, is success."""
        ...


@runtime_checkable
class Fleet(Target, Protocol):
    """A target whose orders run on several workers at once. Each claims and reports for itself; the order's own
    claim is made when the first has claimed, its own result when the last has reported, both by the target.

    It is asked, and told to stop, also when nobody could record an id.
    """

    def refuse(self, order: Order, reason: str, why: str) -> bool:
        """None of the attempt's workers may start any more. False if one has already: then the order's claim is
        taken, and those that had not started are refused all the same. ``why``: a line for the log."""
        ...

    def conclude(self, order: Order, result: dict[str, Any]) -> bool:
        """Ends those that did not report with ``result``, and so the order; true if the order has its result now."""
        ...

    def release(self, order: Order) -> None:
        """The order, as it is when it has ended: nothing that was kept for its workers is needed any more."""
        ...


class Services(Protocol):
    """All targets of a deployment, for whoever has an order and does not care which it is.

    ``refuse``: true where one claim is all there is to win. ``conclude``: false where one result is all that is to
    be written.
    """

    def look_up(self, order: Order) -> Found | None: ...

    def stop(self, order: Order) -> None: ...

    def refuse(self, order: Order, reason: str, why: str) -> bool: ...

    def conclude(self, order: Order, result: dict[str, Any]) -> bool: ...

    def release(self, order: Order) -> None: ...
