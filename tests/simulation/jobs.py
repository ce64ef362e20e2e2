"""Random jobs, and what becomes of their orders' launches."""

from __future__ import annotations

from random import Random
from typing import Any

from execution_engine.orders.order import Order
from execution_engine.orders.plan import Limits
from simulation.life import Fate
from simulation.weather import Weather
from simulation.world import World

MOST_ORDERS = 12
_TIMEOUTS = (5, 20, 60, 60, 300, 840)


def limits(chance: Random) -> Limits:
    return Limits(
        max_in_flight=chance.randint(1, 8),
        settle=chance.choice((1, 2, 200)),
        page=chance.choice((1, 2, 4, 100)),
        pages=chance.choice((1, 2, 10)),
    )


def document(chance: Random) -> dict[str, Any]:
    """A job as a caller hands it in."""
    count = chance.choice((1, 2, 3, 4, 5, 6, 8, 10, MOST_ORDERS))
    shape = chance.choice((_chain, _fan, _diamonds, _anyhow, _anyhow))
    optional, again = chance.choice((0.0, 0.2, 0.5)), chance.choice((0.0, 0.0, 0.4))
    orders = [
        {
            "order_name": f"o{place + 1}",
            "cmds": ["true"],
            "timeout": chance.choice(_TIMEOUTS),
            "dependencies": [f"o{need + 1}" for need in sorted(shape(chance, place))],
            "must_succeed": chance.random() >= optional,
            "retries": chance.choice((1, 2)) if chance.random() < again else 0,
            "execution_target": chance.choice(("lambda", "codebuild")),
        }
        for place in range(count)
    ]
    return {"orders": orders, "job_timeout": chance.choice((15, 60, 180, 600, 600, 3_600, 3_600, 3_600))}


def _chain(_: Random, place: int) -> set[int]:
    return {place - 1} if place else set()


def _fan(_: Random, place: int) -> set[int]:
    return {0} if place else set()


def _diamonds(_: Random, place: int) -> set[int]:
    """One, two that need it, one that needs both, …"""
    if not place:
        return set()
    return {place - 1} if place % 3 == 1 else {place - 2} if place % 3 == 2 else {place - 2, place - 1}


def _anyhow(chance: Random, place: int) -> set[int]:
    return {need for need in range(place) if chance.random() < 2.0 / (place + 1)}


class Fates:
    """What becomes of each launch. What the commands do is one thing for all launches of an attempt."""

    def __init__(self, chance: Random, weather: Weather, world: World) -> None:
        self._chance = chance
        self._weather = weather
        self._world = world
        self._commands: dict[tuple[str, str, int], tuple[str, float, int]] = {}
        self._success = chance.choice((1.0, 0.9, 0.6))

    def of(self, order: Order) -> Fate:
        chance = self._chance
        ids = (order.run_id, order.order_num, order.attempt)
        if ids not in self._commands:
            self._commands[ids] = self._what_its_commands_do(order)
        status, working, events = self._commands[ids]
        traits: dict[str, Any] = {"opening": 0.1 + chance.random(), "stubborn": chance.choice((0.0, 0.1, 1.0))}
        if self._weather.happens(self._weather.climate.bad_workers, self._world.now):
            traits |= self._trouble(order.timeout)
        return Fate(status, working, events=events, reads_back=chance.random() < 0.9, **traits)

    def _what_its_commands_do(self, order: Order) -> tuple[str, float, int]:
        chance = self._chance
        status = "succeeded" if chance.random() < self._success else "failed"
        length = chance.choice((0.05, 1.0, 1.0, 20.0, order.timeout * 0.9))
        working = order.timeout * 1.5 if chance.random() < 0.07 else min(length, order.timeout) * chance.random()
        return status, working, chance.choice((0, 0, 0, 2))

    def _trouble(self, timeout: float) -> dict[str, Any]:
        chance = self._chance
        sometime = chance.random() * chance.choice((1.0, 10.0, timeout))
        return chance.choice(
            (
                {"dies_after": 0.05},
                {"dies_after": sometime},
                {"dies_after": 1.5 + sometime},
                {"cut_after": sometime, "cut_for": chance.choice((5.0, 30.0, 600.0))},
                {"cut_after": 1.5 + sometime, "cut_for": chance.choice((15.0, 60.0, 10_000.0))},
                {"deaf": True},
                {"opening": chance.choice((15.0, 130.0, 250.0))},
                {"unreadable": True},
            )
        )
