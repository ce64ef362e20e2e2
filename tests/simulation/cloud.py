"""What AWS does around the engine: delivers, invokes, tries again, ends what takes too long, watches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any

from fakes.calls import Crash
from fakes.platform import Platform

from execution_engine.errors import EngineError
from execution_engine.orders.order import Order
from execution_engine.resources import load, placeholders
from execution_engine.watchdog.watchdog import Watched
from simulation.calls import Unavailable
from simulation.life import Fate
from simulation.weather import Weather
from simulation.workers import Workers
from simulation.world import Invocation, World

ASYNC_RETRIES = (60.0, 120.0)
"""Seconds that Lambda waits before its two further tries of a failed asynchronous invocation."""


@cache
def function_timeout(function: str) -> float:
    return float(_resource("functions")["functions"][function]["timeout"])


@cache
def check_retries() -> tuple[float, ...]:
    """Seconds that the watchdog's state machine waits, at most, before each further try of a check."""
    rule = _resource("state_machine")["States"]["Check"]["Retry"][0]
    assert rule["JitterStrategy"] == "FULL"
    return tuple(rule["IntervalSeconds"] * rule["BackoffRate"] ** n for n in range(rule["MaxAttempts"]))


def _resource(name: str) -> dict[str, Any]:
    return load(name, **dict.fromkeys(placeholders(name), "x"))


class Cloud:
    """``fate_of`` says what each launch comes to; ``report`` is told what must not be."""

    def __init__(
        self,
        world: World,
        weather: Weather,
        platform: Platform,
        workers: Workers,
        chance: Random,
        fate_of: Callable[[Order], Fate],
        report: Callable[[str], None],
    ) -> None:
        self._world = world
        self._weather = weather
        self._platform = platform
        self._workers = workers
        self._chance = chance
        self._fate_of = fate_of
        self._report = report
        self._invoked: Counter[str] = Counter()
        self.seen: Counter[str] = Counter()
        platform.on_notification = self._notified
        platform.waker.on_wake = self._woken
        platform.watchdogs.on_start = self._watch
        platform.target.on_launch = self._launched

    def invoke(self, name: str, work: Callable[[], Any], over: Callable[[Any, BaseException | None], None]) -> None:
        """One invocation of one of the engine's functions, now."""
        function = name.partition(" ")[0]
        self._invoked[function] += 1
        self.seen["invocations"] += 1
        invocation = Invocation(
            f"{name} #{self._invoked[function]}",
            skew=self._weather.skew(),
            dies_at=self._world.now + function_timeout(function),
        )

        def ended(answer: Any, error: BaseException | None) -> None:
            if error is not None and not isinstance(error, Crash | Unavailable | EngineError):
                self._report(f"{invocation.name} failed: {type(error).__name__}: {error}")
            self.seen["crashes"] += isinstance(error, Crash)
            over(answer, error)

        invocation.over = ended
        self._world.invoke(invocation, work)

    def _notified(self, run_id: str, mark: str) -> None:
        work = lambda: self._platform.orchestrator.notice(run_id, frozenset({mark}))  # noqa: E731
        self._deliver(f"orchestrator {mark}", work, self._weather.climate.lost)

    def _woken(self, run_id: str, num: str) -> None:
        work = lambda: self._platform.orchestrator.look(run_id, [num])  # noqa: E731
        self._deliver(f"orchestrator look {num}", work, self._weather.climate.wakes_lost)

    def _deliver(self, name: str, work: Callable[[], Any], lost: float) -> None:
        delays = self._weather.deliveries(lost, self._world.now)
        self.seen["messages lost"] += not delays
        self.seen["messages twice"] += len(delays) > 1
        for delay in delays:
            self._world.later(delay, lambda: self._try(name, work, ASYNC_RETRIES))

    def _try(self, name: str, work: Callable[[], Any], retries: tuple[float, ...]) -> None:
        def over(_: Any, error: BaseException | None) -> None:
            if error is None:
                return
            if not retries or self._weather.happens(self._weather.climate.given_up, self._world.now):
                self.seen["given up"] += 1
                return
            self._world.later(retries[0], lambda: self._try(name, work, retries[1:]))

        self.invoke(name, work, over)

    def _watch(self, run_id: str, num: str, attempt: int, wait: int) -> None:
        self._world.later(wait, lambda: self._check(Watched(run_id, num, attempt), wait, check_retries()))

    def _check(self, watched: Watched, wait: int, retries: tuple[float, ...]) -> None:
        def over(again: int | None, error: BaseException | None) -> None:
            if error is None:
                if again is not None:
                    self._watch(watched.run_id, watched.order_num, watched.attempt, again)
            elif retries:
                jitter = self._chance.random() * retries[0]
                self._world.later(jitter, lambda: self._check(watched, wait, retries[1:]))
            else:
                self._watch(watched.run_id, watched.order_num, watched.attempt, wait)

        name = f"watchdog_check {watched.order_num}/{watched.attempt}"
        self.invoke(name, lambda: self._platform.watchdog.check(watched), over)

    def _launched(self, order: Order) -> tuple[str, str | None] | None:
        self.seen["launches"] += 1
        not_after = (order.dispatched_at or 0.0) + self._platform.patience.start_limit
        for delay in self._weather.deliveries(self._weather.climate.launches_lost, self._world.now):
            fate = self._fate_of(order)
            if self._weather.happens(self._weather.climate.bad_workers / 10, self._world.now):
                delay += self._chance.choice((300.0, 3_600.0))  # noqa: PLW2901
            self._world.later(delay, lambda fate=fate: self._workers.arrive(order, fate, not_after))  # type: ignore[misc]
        return None if order.execution_target == "lambda" else (f"build-{self.seen['launches']}", "https://build/")
