"""Where launches become workers, and what is known of all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from fakes.objects import Objects

from execution_engine.clock import Clock
from execution_engine.identifiers import Identifiers
from execution_engine.orders.order import Order
from simulation.calls import WorldCalls
from simulation.life import Fate, Life
from simulation.weather import Weather
from simulation.world import Invocation, World

LIFETIME = 900.0
"""Seconds that a worker's host lets it live."""


@dataclass
class Workers:
    """``begun``: how often each attempt's commands were started. ``alive``: whose commands run now."""

    world: World
    weather: Weather
    calls: WorldCalls
    objects: Objects
    clock: Clock
    identifiers: Identifiers
    on_begin: Callable[[Order], None]
    begun: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    alive: dict[tuple[str, str, int], Fate] = field(default_factory=dict)

    def arrive(self, order: Order, fate: Fate, not_after: float) -> None:
        """A launch is delivered, now."""
        name = f"worker {order.order_num}/{order.attempt}"
        invocation = Invocation(name, skew=self.weather.skew(), dies_at=self.world.now + LIFETIME)
        if fate.dies_after is not None:
            invocation.dies_at, invocation.doom = self.world.now + fate.dies_after, "killed"
        if fate.cut_after is not None:
            begins = self.world.now + fate.cut_after
            invocation.is_cut = lambda: begins <= self.world.now < begins + fate.cut_for
        life = Life(self, order, fate, invocation, not_after)
        invocation.over = lambda _, error: life.buried(error)
        self.world.invoke(invocation, life.live)
