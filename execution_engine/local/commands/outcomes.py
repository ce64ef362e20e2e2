"""How it stands with what was sent to one instance, and with a command to all of them, in SSM's words.

The statuses are those of *Understanding command statuses* in the AWS Systems Manager User Guide; ``Status`` has
fewer words than ``StatusDetails``, which the API writes without spaces.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum


class Outcome(Enum):
    PENDING = ("Pending", "Pending")
    IN_PROGRESS = ("InProgress", "InProgress")
    SUCCESS = ("Success", "Success")
    FAILED = ("Failed", "Failed")
    """The script returned anything but zero."""
    CANCELLED = ("Cancelled", "Cancelled")
    EXECUTION_TIMED_OUT = ("TimedOut", "ExecutionTimedOut")
    DELIVERY_TIMED_OUT = ("TimedOut", "DeliveryTimedOut")
    UNDELIVERABLE = ("Failed", "Undeliverable")
    """"The command can't be delivered to the managed node. The node might not exist or might not be responding.\""""
    ACCESS_DENIED = ("Failed", "AccessDenied")
    """Whoever sent it has no right to the instance."""
    NO_INSTANCES = ("Success", "NoInstancesInTag")
    """Of a command only: no instance is what it asked for."""

    @property
    def status(self) -> str:
        return self.value[0]

    @property
    def details(self) -> str:
        return self.value[1]

    @property
    def is_over(self) -> bool:
        return self not in (Outcome.PENDING, Outcome.IN_PROGRESS)


_WORST_FIRST = (
    Outcome.FAILED,
    Outcome.ACCESS_DENIED,
    Outcome.EXECUTION_TIMED_OUT,
    Outcome.DELIVERY_TIMED_OUT,
    Outcome.UNDELIVERABLE,
    Outcome.CANCELLED,
)


def all_told(outcomes: Collection[Outcome]) -> Outcome:
    """Of a command whose instances came to ``outcomes``. Which of several failures names it is this stand-in's own
    choice: in AWS it depends on how many errors the command allows itself."""
    if not outcomes:
        return Outcome.NO_INSTANCES
    if all(one is Outcome.PENDING for one in outcomes):
        return Outcome.PENDING
    if not all(one.is_over for one in outcomes):
        return Outcome.IN_PROGRESS
    return next((one for one in _WORST_FIRST if one in outcomes), Outcome.SUCCESS)
