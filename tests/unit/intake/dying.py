"""A submission under which a call fails, or that dies, at a point between two of its steps."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fakes.calls import Crash, Point, Side
from unit.intake.stand import RUN_ID, Stand

from execution_engine.jobs.naming import result_key
from execution_engine.watchdog.watchdog import SUBMISSION_LIMIT, Watched

Submit = Callable[[Stand], object]
Place = Callable[[Point], bool]


def points(stand: Stand, submit: Submit) -> list[tuple[int, Side]]:
    """All there are, for ``at``."""
    submit(stand)
    return [(index, side) for index in range(1, len(stand.calls.names) + 1) for side in Side]


def at(index: int, side: Side) -> Place:
    return lambda point: (point.index, point.side) == (index, side)


def is_answered(stand: Stand, submit: Submit, place: Place) -> bool:
    """Though a call fails there."""

    def fail(point: Point) -> None:
        if place(point):
            raise ConnectionError(str(point))

    with stand.calls.points(fail):
        try:
            submit(stand)
        except ConnectionError:
            return False
    return True


def die(stand: Stand, submit: Submit, place: Place) -> None:
    """For good: nothing more is done by it."""
    dead = False

    def meet(point: Point) -> None:
        nonlocal dead
        dead = dead or place(point)
        if dead:
            raise Crash(str(point))

    with stand.calls.points(meet), pytest.raises(Crash):
        submit(stand)


def look_after(stand: Stand) -> None:
    """What the watchdogs do about a submission that should be over."""
    stand.clock.advance(SUBMISSION_LIMIT + 1)
    for run_id, num, attempt, _ in list(stand.watchdogs.started.values()):
        stand.watchdog.check(Watched(run_id, num, attempt))


def has_started(stand: Stand) -> bool:
    return stand.objects.get(result_key(RUN_ID, "0000")) is not None
