"""Law 4: however two invocations meet, no result is lost and the lock is free, without marks, at the end.

The first is stopped at every point of its work, before and after each call. There the second runs, to its
end or up to a point of its own; then the first goes on to its end, and then the second.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from fakes.calls import Point, Side
from fakes.items import exists
from fakes.locks import MemoryLocks
from fakes.platform import LEASE, Platform
from faults.interleaving import Invocation, interleave
from faults.races import PAIRS, Race

from execution_engine.orders.plan import Limits
from execution_engine.orders.store import Lease

Make = Callable[[], Platform]


def little_at_a_time() -> Platform:
    return Platform(limits=Limits(max_in_flight=2, settle=1, page=2, pages=1))


@dataclass(frozen=True)
class Schedule:
    """Where the first is stopped, where the second (None: not at all), and how long both changes take."""

    first_until: int
    second_until: int | None
    pause: float


def walk(pair: str, make: Make, pause: float, *, with_second_stopped: bool = True) -> list[str]:
    """Every schedule, each on a platform of its own; what was found wrong, by schedule."""
    violations: list[str] = []
    first_until = 1
    while True:
        first, second = _run(pair, make, Schedule(first_until, None, pause), violations)
        if len(first.points) < first_until:
            return violations
        if with_second_stopped:
            for place, point in enumerate(second.points, 1):
                if point.side is Side.BEFORE:  # the moment after a call is the one before the next
                    _run(pair, make, Schedule(first_until, place, pause), violations)
        first_until += 1


def _run(pair: str, make: Make, schedule: Schedule, violations: list[str]) -> tuple[Invocation, Invocation]:
    setting, orders, outcomes = PAIRS[pair]
    platform = make()
    race = Race(platform, orders, outcomes)
    first, second = (Invocation(work) for work in setting(race))
    try:
        interleave(
            platform.calls,
            first,
            second,
            first_until=schedule.first_until,
            second_until=schedule.second_until,
            between=lambda: platform.clock.advance(schedule.pause),
        )
        race.deliver_what_the_engine_caused()
        race.check()
    except AssertionError as violation:
        violations.append(f"{_where(first.points, schedule.first_until)}, {schedule}: {violation}")
    return first, second


def _where(points: list[Point], until: int) -> str:
    return str(points[until - 1]) if until <= len(points) else "at the end"


PAUSES = {"at once": 0.0, "the lease runs out": LEASE + 1}


@pytest.mark.parametrize("pause", PAUSES.values(), ids=PAUSES)
@pytest.mark.parametrize("pair", PAIRS)
def test_nothing_is_lost_at_any_point(pair: str, pause: float) -> None:
    violations = walk(pair, Platform, pause)
    assert not violations, "\n".join(violations)


@pytest.mark.parametrize("pause", PAUSES.values(), ids=PAUSES)
@pytest.mark.parametrize("pair", PAIRS)
def test_nothing_is_lost_of_what_takes_many_passes(pair: str, pause: float) -> None:
    violations = walk(pair, little_at_a_time, pause, with_second_stopped=False)
    assert not violations, "\n".join(violations)


def test_every_point_of_the_first_is_walked() -> None:
    violations: list[str] = []
    first, _ = _run("result, result", Platform, Schedule(10_000, None, 0.0), violations)
    names = [point.name for point in first.points if point.side is Side.BEFORE]
    assert names == [
        "locks.enter",
        "records.read",
        "reports.result",
        "records.read",
        "watchdogs.start",
        "records.commit",
        "target.launch",
        "locks.release",
    ]
    assert len(first.points) == 2 * len(names)


# The walk is only worth what it finds


class MarksAfterTheTry(MemoryLocks):
    """Tries the lock first; leaves its marks, and goes, only when that failed."""

    def enter(self, run_id: str, marks: frozenset[str], owner: str, now: float, seconds: float) -> Lease | None:
        if not self.calls.through("locks.try", lambda: self.is_free(run_id)):
            self.mark(run_id, marks, now)
            return None
        return super().enter(run_id, marks, owner, now, seconds)


class LeavesNoMarks(MemoryLocks):
    """Goes without a word when another holds the lock."""

    def enter(self, run_id: str, marks: frozenset[str], owner: str, now: float, seconds: float) -> Lease | None:
        if not self.is_free(run_id):
            return None
        return super().enter(run_id, marks, owner, now, seconds)


class ReleasesWithAnyMarks(MemoryLocks):
    """Frees the lock whatever marks were added meanwhile."""

    def release(self, lease: Lease, now: float) -> Lease | None:
        item = self.items.get((lease.run_id,)) or {}
        return super().release(Lease(**{**_fields(lease), "marks": item.get("marks", frozenset())}), now)


def _fields(lease: Lease) -> dict[str, object]:
    return {name: getattr(lease, name) for name in Lease.__slots__}


@pytest.mark.parametrize("locks", [MarksAfterTheTry, LeavesNoMarks])
def test_the_walk_finds_an_invocation_that_goes_too_early(locks: type[MemoryLocks]) -> None:
    assert walk("result, result", lambda: Platform(locks=locks), pause=0.0)


def test_the_walk_finds_a_lock_that_forgets() -> None:
    make = lambda: Platform(locks=ReleasesWithAnyMarks)  # noqa: E731
    assert walk("result, result", make, pause=0.0, with_second_stopped=False)


def test_the_walk_finds_moves_that_are_written_without_their_condition(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fakes.records.unchanged", lambda _: exists)
    monkeypatch.setattr("fakes.records.fenced", lambda _: exists)  # each protects without the other
    assert walk("result, result", Platform, pause=LEASE + 1)


def test_the_walk_finds_that_nobody_looks_after_a_lost_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fakes.services.MemoryWaker.wake", lambda *_: None)
    assert walk("failure, result", little_at_a_time, pause=LEASE + 1, with_second_stopped=False)
