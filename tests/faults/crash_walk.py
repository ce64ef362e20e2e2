"""A story told again and again, and each time one call in it goes wrong.

The calls are found by telling it once without a fault. Everything in it is repeatable, so the call of a
number is the same call each time, up to the fault.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, Protocol

import structlog
from fakes.calls import Calls, Crash, Point, Side
from fakes.simulation import Simulation


class Telling(Protocol):
    """One world in which a story happens."""

    simulation: Simulation

    def tell(self) -> None:
        """From its beginning until nothing is left to happen."""
        ...

    def check(self) -> None:
        """Raises ``AssertionError``."""
        ...


Story = Callable[[], Telling]
Fault = Callable[[Telling, Point], None]
"""What happens at the chosen moment to the invocation that is making the call."""


def crash(_: Telling, point: Point) -> None:
    """Its process dies."""
    raise Crash(str(point))


def standstill(seconds: float) -> Fault:
    """It is not heard of for a while; everybody else goes on. Then it goes on, too, as if nothing had been."""
    return lambda telling, _: telling.simulation.pass_time(seconds)


@dataclass
class Recording:
    """What calls are made while a story is told. ``fault`` happens once, at ``place``."""

    telling: Telling
    place: tuple[int, Side] | None = None
    fault: Fault = crash
    points: list[Point] = field(default_factory=list)
    struck: Point | None = None

    def meet(self, point: Point) -> None:
        self.points.append(point)
        if self.struck is None and (point.index, point.side) == self.place:
            self.struck = point
            self.fault(self.telling, point)


@dataclass
class Walk:
    """What a walk came by. ``met`` also counts the calls that were only made because of a fault."""

    points: list[Point] = field(default_factory=list)
    met: Counter[tuple[str, str]] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)

    @property
    def names(self) -> set[tuple[str, str]]:
        """The calls at which a fault was tried, by the part that makes them."""
        return {(point.part, point.name) for point in self.points}


def record(story: Story) -> list[Point]:
    """The calls of the story when nothing goes wrong; it has to end well."""
    return _told(Recording(story())).points


def walk(
    story: Story,
    *parts: str,
    fault: Fault = crash,
    sides: Iterable[Side] = tuple(Side),
    stop_at: int | None = None,
) -> Walk:
    """Each call that ``parts`` make, before it and after it took effect but before it was answered.

    ``stop_at``: that many violations are enough.
    """
    done = Walk()
    for place in record(story):
        done.met[(place.part, place.name)] += 1
        if place.part not in parts or place.side not in sides:
            continue
        done.points.append(place)
        try:
            recording = _told(Recording(story(), (place.index, place.side), fault))
            done.met.update((one.part, one.name) for one in recording.points)
            assert recording.struck == place, f"another story: struck {recording.struck}"
        except AssertionError as violation:
            done.violations.append(f"{place}: {violation}")
            if len(done.violations) == stop_at:
                break
    return done


def assert_survived(done: Walk, *parts: str) -> None:
    """No violation, and there was something to survive in each of ``parts``."""
    count = Counter(place.part for place in done.points)
    print(f"{len(done.points)} points: {dict(count)}")  # noqa: T201 - for pytest -rP
    assert set(count) == set(parts)
    assert not done.violations, f"{len(done.violations)} of {len(done.points)}:\n" + "\n".join(done.violations)


def _told(recording: Recording) -> Recording:
    with recording.telling.simulation.platform.calls.points(recording.meet):
        recording.telling.tell()
    recording.telling.check()
    return recording


def dying_first(calls: Calls, name: str, side: Side, nth: int = 1) -> None:
    """Another crash, before whatever else goes wrong: at the ``nth`` call of that name. Said while a story is
    told."""

    def meet(point: Point) -> None:
        nonlocal left
        if told is not None:
            told(point)
        if (point.name, point.side) == (name, side):
            left -= 1
            if left == 0:
                raise Crash(f"at first {point}")

    left, told = nth, calls.on_point
    calls.on_point = meet


@contextmanager
def in_silence() -> Iterator[None]:
    """Thousands of runs say the same thousands of lines."""
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        yield
    finally:
        structlog.configure(**before)


LAMBDA_RETRIES = (60.0, 120.0)
"""Seconds after which Lambda makes an asynchronous invocation again that failed."""


def tick_retries() -> tuple[float, ...]:
    """The same for a watchdog's check, as the state machine says; its jitter left out."""
    text = files("execution_engine.resources").joinpath("state_machine.json").read_text(encoding="utf-8")
    machine: dict[str, Any] = json.loads(text)
    rule = machine["States"]["Check"]["Retry"][0]
    return tuple(rule["IntervalSeconds"] * rule["BackoffRate"] ** nth for nth in range(rule["MaxAttempts"]))
