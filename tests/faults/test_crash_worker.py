"""Whatever call a worker dies at: its commands begin at most once, and its order ends (laws 6, 7, 9)."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.calls import Side
from faults.crash_walk import assert_survived, dying_first, walk
from faults.worker_stories import BEATING, MANUALS, WorkedRun


@pytest.mark.parametrize("name", MANUALS)
def test_a_run_survives_the_death_of_a_worker_at_any_call(name: str, tmp_path: Path) -> None:
    assert_survived(walk(lambda: WorkedRun(MANUALS[name](), tmp_path), "worker"), "worker")


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("name", ["courier.get", "courier.put"], ids=["listening", "beating"])
def test_a_run_survives_the_death_of_a_worker_beside_its_commands(name: str, side: Side, tmp_path: Path) -> None:
    run = WorkedRun(BEATING, tmp_path)
    dying_first(run.platform.calls, name, side)
    run.tell()
    assert run.simulation.crashes
    run.check()
