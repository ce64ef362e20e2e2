"""The targets there are: the engine's own, and those that installed packages bring.

A package brings one by an entry point of the group ``execution_engine.targets``, named as ``execution_target`` names
it, which points at a factory: ``factory(context) -> Target | None``. None: not set up in this deployment. The
engine's own are no others; nobody replaces them.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import EntryPoint
from typing import Any

from execution_engine.jobs.job import TARGETS
from execution_engine.orders.order import Order
from execution_engine.orders.target import Fleet, Found, Target
from execution_engine.plugins import Parts, installed
from execution_engine.targets.context import TargetContext

GROUP = "execution_engine.targets"

OWN: Mapping[str, str] = {
    "codebuild": "execution_engine.targets.codebuild_target:codebuild_target",
    "lambda": "execution_engine.targets.lambda_target:lambda_target",
    "ssm": "execution_engine.targets.ssm.target:ssm_target",
}


class Targets(Parts[Target]):
    """All targets of a deployment, and ``orders.target.Services`` over them."""

    def __init__(self, context: TargetContext, points: Mapping[str, EntryPoint] | None = None) -> None:
        super().__init__("target", context, installed(GROUP, OWN) if points is None else points)

    def look_up(self, order: Order) -> Found | None:
        """What the order's target says of it, if it was told what to look for."""
        target = self._launched(order)
        return None if target is None else target.look_up(order)

    def stop(self, order: Order) -> None:
        """Has the order's target end what it runs of it."""
        if target := self._launched(order):
            target.stop(order)

    def refuse(self, order: Order, reason: str, why: str) -> bool:
        fleet = self._fleet(order)
        return fleet is None or fleet.refuse(order, reason, why)

    def conclude(self, order: Order, result: dict[str, Any]) -> bool:
        fleet = self._fleet(order)
        return fleet is not None and fleet.conclude(order, result)

    def release(self, order: Order) -> None:
        if fleet := self._fleet(order):
            fleet.release(order)

    def _launched(self, order: Order) -> Target | None:
        """Without an id there is nothing to ask a service for; a fleet may know its workers all the same."""
        target = self._part(order.execution_target)
        return target if order.execution_id or isinstance(target, Fleet) else None

    def _fleet(self, order: Order) -> Fleet | None:
        target = self._part(order.execution_target)
        return target if isinstance(target, Fleet) else None


def known_targets() -> frozenset[str]:
    """All that ``execution_target`` may name, set up here or not."""
    return frozenset(TARGETS) | frozenset(installed(GROUP, OWN))
