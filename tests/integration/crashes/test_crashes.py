"""Whatever dies at a call to AWS, by ``kill -9`` and on the embedded AWS, the run ends right by itself.

A run without a death is recorded; the points follow from it by a rule (``points.py``). Each is then met in a run
of its own, on whose behalf nothing is done but what a caller does: submit again, with the same key, when there was
no answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from integration.crashes.after import Run, everything
from integration.crashes.folder import Point
from integration.crashes.points import choose
from integration.crashes.walk import Walk, Walked, embedded
from integration.view import View

from execution_engine.local.processes import descendants


@dataclass
class Found:
    """All that was seen while the embedded AWS lived; the tests only judge it."""

    points: list[Point] = field(default_factory=list)
    walked: list[Walked] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    never_ran: dict[str, list[str]] = field(default_factory=dict)
    left: list[int] = field(default_factory=list)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Found]:
    root = tmp_path_factory.mktemp("crashes")
    found = Found()
    with embedded(root) as aws:
        walk = Walk(root, View(aws.settings))
        found.points = choose(walk.record())
        found.walked = walk.run_all(found.points)
        for one in found.walked:
            _judge(walk, one, found)
        found.never_ran = _what_never_ran(walk, found.walked)
        below = [aws.pid, *descendants(aws.pid)]
    living = set(descendants(0))
    found.left = [pid for pid in below if pid in living]
    yield found


def _judge(walk: Walk, one: Walked, found: Found) -> None:
    where = f"{one.name} ({one.point}, {one.seconds:.0f} s)"
    if one.error is not None:
        found.violations.append(f"{where}: {one.error!r}; submissions refused: {one.refused}")
        return
    try:
        Run(walk.view, one.answer, walk.starts, one.death).check()
    except AssertionError as violation:
        found.violations.append(f"{where}, run {one.answer['run_id']}: {violation}")


def _what_never_ran(walk: Walk, walked: list[Walked]) -> dict[str, list[str]]:
    """What is left of submissions that died, by the point and the run that was not to be."""
    left = everything(walk.view, walk.starts)
    dead = {
        f"{one.name} ({one.point}): {run_id}": [line for line in left if run_id in line]
        for one in walked
        for run_id in walk.folder.runs(one.name)
        if run_id != one.answer.get("run_id")
    }
    return {where: lines for where, lines in dead.items() if lines}


def test_every_run_ends_right(found: Found) -> None:
    assert not found.violations, "\n\n".join(found.violations)


def test_of_a_submission_that_died_nothing_is_left(found: Found) -> None:
    assert not found.never_ran


def test_the_points_lie_in_all_parts(found: Found) -> None:
    assert {point.part for point in found.points} == {"init_job", "orchestrator", "watchdog_check", "worker"}
    assert len(found.points) >= 30


def test_every_point_was_met(found: Found) -> None:
    missed = [str(one.point) for one in found.walked if one.death is None]
    assert not missed


def test_no_process_is_left(found: Found) -> None:
    assert found.left == []
