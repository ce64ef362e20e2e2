"""A place where orders run, as the engine needs it. One small class each, in ``execution_engine.targets`` or in
a package of somebody else's.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from execution_engine.orders.order import Order


class State(StrEnum):
    """How a service sees what it was asked to run. ``waiting``: accepted, and no worker can be at work yet;
    ``ended``: no worker can be at work any more."""

    WAITING = "waiting"
    RUNNING = "running"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Found:
    """``message``: what the service says of the end, for the order's log."""

    state: State
    message: str | None = None


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


class Services(Protocol):
    """All targets of a deployment, for whoever has an order and does not care which it is."""

    def look_up(self, order: Order) -> Found | None: ...

    def stop(self, order: Order) -> None: ...
