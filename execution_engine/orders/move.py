"""A move: one order, one trigger, and what else becomes true with it.

The lifecycle is asked when a move is made, so a move that exists is legal; and a status is written only out
of a move (``Transaction``). There is no other door.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from execution_engine.orders.machine import Trigger, next_status
from execution_engine.orders.order import Order
from execution_engine.orders.status import Status


@dataclass(frozen=True, slots=True)
class Move:
    """``facts`` are the other attributes of the order that this change brings; raises ``IllegalMove``.
    ``told`` goes into the history alone.

    ``via`` is a trigger that happened before and is first heard of now: a fast worker's start. The order goes
    both ways in one write, and the history tells both.
    """

    order: Order
    trigger: Trigger
    facts: Mapping[str, Any] = field(default_factory=dict)
    via: Trigger | None = None
    told: Mapping[str, Any] = field(default_factory=dict)
    target: Status = field(init=False)
    passed: Status | None = field(init=False, default=None)
    after: Order = field(init=False, repr=False, compare=False)
    """The order as it will be."""

    def __post_init__(self) -> None:
        if "status" in self.facts:
            raise ValueError("a status is never handed in; the lifecycle gives it")
        status = self.order.status
        if self.via is not None:
            status = next_status(status, self.via)
            object.__setattr__(self, "passed", status)
        object.__setattr__(self, "target", next_status(status, self.trigger))
        object.__setattr__(self, "after", replace(self.order, status=self.target, **self.facts))

    @property
    def is_dispatch(self) -> bool:
        return self.trigger is Trigger.DISPATCH

    @property
    def is_requeue(self) -> bool:
        return self.trigger is Trigger.REQUEUE

    @property
    def steps(self) -> tuple[Status, ...]:
        """The statuses that the order takes on, in turn; each leaves one event."""
        return (self.target,) if self.passed is None else (self.passed, self.target)

    @property
    def passed_data(self) -> dict[str, Any]:
        """As ``event_data``, of the status only passed through: a start says where, whenever it is heard of."""
        where = self.told.get("execution_url") or self.facts.get("execution_url")
        return {"attempt": self.after.attempt, **({"execution_url": where} if where else {})}

    @property
    def event_data(self) -> dict[str, Any]:
        """What the history says about this change beside its status."""
        worth = ("reason", "exit_code", "execution_url", "not_before", "log_bytes", "instances")
        known = {**{name: self.facts.get(name) for name in worth}, **self.told}
        return {"attempt": self.after.attempt, **{name: value for name, value in known.items() if value is not None}}
