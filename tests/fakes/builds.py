"""A service that gives ids, in front of a simulation's workers: it has what it was asked to run, and says how it is."""

from __future__ import annotations

from collections.abc import Mapping

from fakes.simulation import Simulation

from execution_engine.jobs.naming import claim_key
from execution_engine.orders.order import Order
from execution_engine.orders.target import Found, State

TOKEN_SECONDS = 300.0


class Builds:
    """A second launch of an attempt is the first one's build, for five minutes; later it is another.

    ``dying``: the orders (by name) whose builds the service ends by itself, and what it says of that. Whether they
    die before or after their worker began, its manner says.
    """

    def __init__(self, simulation: Simulation, dying: Mapping[str, str] | None = None) -> None:
        self._platform = simulation.platform
        self._dying = dict(dying or {})
        self._begun: dict[tuple[str, str, int], list[tuple[float, str]]] = {}
        launched = self._platform.target.on_launch
        assert launched is not None
        self._start = launched
        self._platform.target.on_launch = self._launch
        self._platform.target.on_look_up = self._look_up

    @property
    def begun(self) -> list[str]:
        """All builds there ever were."""
        return [one for builds in self._begun.values() for _, one in builds]

    def _launch(self, order: Order) -> tuple[str, str | None]:
        builds = self._begun.setdefault((order.run_id, order.order_num, order.attempt), [])
        now = self._platform.clock.now()
        if not builds or now - builds[-1][0] >= TOKEN_SECONDS:
            self._start(order)
            builds.append((now, f"build-{order.order_num}-{order.attempt}-{len(builds) + 1}"))
        build = builds[-1][1]
        return build, f"https://console.example/{build}"

    def _look_up(self, order: Order) -> Found | None:
        if order.execution_id not in self.begun:
            return None
        if order.execution_id in [one.execution_id for one in self._platform.target.stopped]:
            return Found(State.ENDED, "it was stopped")
        if order.order_name in self._dying:
            return Found(State.ENDED, self._dying[order.order_name])
        claimed = self._platform.objects.get(claim_key(order.run_id, order.order_num, order.attempt)) is not None
        return Found(State.RUNNING if claimed else State.WAITING)
