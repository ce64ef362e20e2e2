"""Every call of a service by anybody: it takes its time, and things happen to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TypeVar

from fakes.calls import Calls

from execution_engine.errors import ConditionLost, LaunchFailed
from execution_engine.worker.courier import Unanswered
from simulation.weather import Fault, Weather
from simulation.world import World, current

T = TypeVar("T")

ENOUGH = 30_000
"""Calls after which a schedule counts as endless."""

WRITTEN_ONCE = {"reports.void", "reports.write_result"}
"""Conditional PUTs: who is second is told so by their answer."""

CONDITIONAL = {"locks.take_over", "locks.release", "locks.hand_over", "records.relaunched", "records.complete"}
"""A second try of these finds that the first has made their condition false. (DynamoDB knows a transaction
that it has seen: ``records.commit`` is answered as it was.)"""

CONFLICTING = {"records.commit", "records.complete"}
"""Transactions that DynamoDB cancels for meeting another one."""


class Unavailable(Exception):
    """What a service's client raises when its tries are used up."""


NEVER = float("inf")


class WorldCalls(Calls):
    """``seen`` counts the calls and what happened to them."""

    def __init__(self, world: World, weather: Weather) -> None:
        super().__init__()
        self._world = world
        self._weather = weather
        self.seen: Counter[str] = Counter()

    def patiently(self, name: str, effect: Callable[[], T], timeout: float) -> T:
        """As ``through``, by a client that gives up after ``timeout``: its call may take effect even later."""
        world, weather = self._world, self._weather
        way = weather.latency(world.now)
        if way < timeout:
            return self._through(name, effect, way, timeout)
        world.pause(timeout)
        world.note(name, "took too long")
        if weather.share() < 0.5:
            world.later(way - timeout, effect)
        raise _unavailable(name)

    def through(self, name: str, effect: Callable[[], T], cost: int = 1) -> T:
        return self._through(name, effect, self._weather.latency(self._world.now))

    def _through(self, name: str, effect: Callable[[], T], way: float, timeout: float = NEVER) -> T:
        """``way``: how long it takes until it has its effect; ``timeout``: how long its answer is waited for."""
        world, invocation = self._world, current()
        if invocation is None:
            return effect()
        self.seen["calls"] += 1
        if self.seen["calls"] > ENOUGH:
            world.give_up(f"more than {ENOUGH} calls")
        world.pause(way)
        fault = None if invocation.safe else self._weather.fault(world.now)
        if fault is not None:
            self.seen[fault] += 1
        if fault is Fault.CRASH_BEFORE:
            world.die(f"before {name}")
        if fault is Fault.THROTTLED:
            world.note(name, "throttled")
            raise _unavailable(name)
        if fault is Fault.CONFLICT and name in CONFLICTING:
            world.note(name, "conflict")
            raise ConditionLost(f"{name}: the transaction met another")
        answer = self._effect(name, effect)
        back = self._weather.latency(world.now)
        world.pause(min(back, timeout))
        if back > timeout:
            world.note(name, "answered too late")
            raise _unavailable(name)
        if fault is Fault.CRASH_AFTER:
            world.die(f"after {name}")
        if fault is Fault.UNANSWERED:
            world.note(name, "unanswered")
            raise _unavailable(name)
        if fault is Fault.ECHO and name in CONDITIONAL and not (name == "locks.release" and answer is not None):
            world.note(name, "echo")
            raise ConditionLost(f"{name}: the condition was lost by its own first try")
        if fault is Fault.ECHO and name in WRITTEN_ONCE and answer:
            world.note(name, "echo")
            return False  # type: ignore[return-value]
        return answer

    def _effect(self, name: str, effect: Callable[[], T]) -> T:
        world = self._world
        try:
            answer = effect()
        except Exception as error:
            world.note(name, f"{type(error).__name__}: {error}")
            world.pause(self._weather.latency(world.now))
            raise
        if world.timeline is not None:
            world.note(name, told(answer))
        return answer


def told(answer: object) -> str:
    """An answer in a timeline: whatever is a set has an order there."""
    text = repr(sorted(answer)) if isinstance(answer, frozenset) else type(answer).__name__
    return repr(answer) if isinstance(answer, bool | int | float | None) else text


def _unavailable(name: str) -> Exception:
    if name.startswith("worker."):
        return Unanswered(f"{name}: no answer")
    if name == "target.launch":
        return LaunchFailed("the service could not be reached", transient=True)
    return Unavailable(name)
