"""What goes wrong in a schedule, and how often: drawn once, so that some are calm but for one thing."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from random import Random

LONGEST_LATENCY = 120.0
"""Seconds that a single call takes at most: far more than a lease."""


class Fault(StrEnum):
    """What may become of a call. ``throttled``: no effect, an error. ``unanswered``: its effect, then an
    error. ``echo``: its effect, then the client's own second try finds its condition lost by it.
    ``conflict``: no effect, and the condition counts as lost."""

    CRASH_BEFORE = "crash before"
    CRASH_AFTER = "crash after"
    THROTTLED = "throttled"
    UNANSWERED = "unanswered"
    ECHO = "echo"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True, kw_only=True)
class Climate:
    """Shares of 1. Of calls: ``seconds`` take seconds, ``minutes`` longer than a lease; the rest as ``Fault``
    says. Of notifications, wake-ups, launches: ``lost``, ``wakes_lost``, ``launches_lost``, ``twice``, ``late``
    (by up to ``lateness`` seconds). ``given_up``: of failed invocations that nobody tries again. ``bad_workers``:
    of launches that something happens to. ``skew``: seconds that clocks may be wrong."""

    seconds: float = 0.0
    minutes: float = 0.0
    crash: float = 0.0
    throttled: float = 0.0
    unanswered: float = 0.0
    echo: float = 0.0
    conflict: float = 0.0
    lost: float = 0.0
    wakes_lost: float = 0.0
    launches_lost: float = 0.0
    twice: float = 0.0
    late: float = 0.0
    lateness: float = 0.0
    given_up: float = 0.0
    bad_workers: float = 0.0
    skew: float = 0.0

    @property
    def is_kind(self) -> bool:
        """Whether nothing ever fails or gets lost: things are only slow, late or told twice."""
        return self == Climate(seconds=self.seconds, twice=self.twice, late=self.late, lateness=5.0, skew=self.skew)


_CHOICES: dict[str, tuple[float, ...]] = {
    "seconds": (0.0, 0.01, 0.05, 0.2),
    "minutes": (0.0, 0.0, 0.0005, 0.003, 0.01),
    "crash": (0.0, 0.0, 0.004, 0.02, 0.06),
    "throttled": (0.0, 0.0, 0.01, 0.05, 0.15),
    "unanswered": (0.0, 0.0, 0.01, 0.05),
    "echo": (0.0, 0.0, 0.05),
    "conflict": (0.0, 0.0, 0.03, 0.1),
    "lost": (0.0, 0.0, 0.05, 0.3, 1.0),
    "wakes_lost": (0.0, 0.0, 0.05, 0.3),
    "launches_lost": (0.0, 0.0, 0.1, 0.4),
    "twice": (0.0, 0.1, 0.5),
    "late": (0.0, 0.05, 0.3),
    "lateness": (5.0, 60.0, 600.0),
    "given_up": (0.0, 0.0, 0.03),
    "bad_workers": (0.0, 0.1, 0.4, 0.7),
    "skew": (0.0, 5.0),
}


def climate(chance: Random) -> Climate:
    drawn = {field.name: chance.choice(_CHOICES[field.name]) for field in fields(Climate)}
    if chance.random() < 0.1:
        return Climate(seconds=min(drawn["seconds"], 0.01), twice=drawn["twice"], late=drawn["late"], lateness=5.0)
    return Climate(**drawn)


class Weather:
    """``calm_from``: when everything becomes reliable (virtual time); the clocks stay as wrong as they are."""

    def __init__(self, chance: Random, climate: Climate) -> None:
        self.climate = climate
        self.calm_from = float("inf")
        self._chance = chance
        shares = (
            (Fault.CRASH_BEFORE, climate.crash / 2),
            (Fault.CRASH_AFTER, climate.crash / 2),
            (Fault.THROTTLED, climate.throttled),
            (Fault.UNANSWERED, climate.unanswered),
            (Fault.ECHO, climate.echo),
            (Fault.CONFLICT, climate.conflict),
        )
        self._shares = [(fault, share) for fault, share in shares if share]

    def is_calm(self, now: float) -> bool:
        return now >= self.calm_from

    def latency(self, now: float) -> float:
        """Seconds of one way of a call."""
        chance = self._chance.random()
        climate = self.climate
        if chance >= climate.minutes + climate.seconds or now >= self.calm_from:
            return 0.001 + 0.02 * chance
        if chance < climate.minutes:
            return 45.0 + self._chance.random() * (LONGEST_LATENCY - 45.0)
        return 0.2 + 6.0 * self._chance.random()

    def fault(self, now: float) -> Fault | None:
        if now >= self.calm_from:
            return None
        chance = self._chance.random()
        for fault, share in self._shares:
            if chance < share:
                return fault
            chance -= share
        return None

    def happens(self, share: float, now: float) -> bool:
        return share > 0 and now < self.calm_from and self._chance.random() < share

    def deliveries(self, lost: float, now: float) -> list[float]:
        """When, in seconds from now, a message arrives: not at all, once, or more often."""
        times = (not self.happens(lost, now)) + self.happens(self.climate.twice, now)
        return [self._delay(now) for _ in range(times)]

    def _delay(self, now: float) -> float:
        if self.happens(self.climate.late, now):
            return self._chance.random() * self.climate.lateness
        return 0.02 + self._chance.random() * 0.5

    def skew(self) -> float:
        return self._chance.uniform(-self.climate.skew, self.climate.skew) if self.climate.skew else 0.0

    def share(self) -> float:
        return self._chance.random()
