"""The simulation itself: it finds nothing in what is sound, something in what is not, and says where.

``tox -e simulate`` plays the 2,000 schedules of CI; these are few, so that whoever breaks it knows soon.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
from architecture.sources import sources
from fakes.calls import Crash
from fakes.time_and_ids import START

from simulation.__main__ import main
from simulation.mutations import MUTATIONS
from simulation.runner import simulate
from simulation.schedule import play
from simulation.weather import Climate, Weather
from simulation.world import Invocation, World

FEW = range(1, 201)
ENOUGH = range(1, 301)
"""Schedules in which every mutation must be found."""


def test_nothing_is_violated() -> None:
    summary = simulate(FEW, jobs=1)
    assert summary.schedules == len(FEW)
    assert not summary.failures
    for fault in ("crashes", "throttled", "unanswered", "echo", "conflict", "messages lost", "messages twice"):
        assert summary.seen[fault] > 10, f"hardly any {fault}: {summary.seen}"


@pytest.mark.parametrize("name", sorted(MUTATIONS))
def test_what_is_broken_on_purpose_is_found(name: str) -> None:
    assert any(play(seed, mutation=MUTATIONS[name]).violations for seed in ENOUGH)


def test_a_broken_claim_starts_commands_twice() -> None:
    said = [line for seed in range(1, 31) for line in play(seed, mutation=MUTATIONS["claim"]).violations]
    assert any("start twice" in line for line in said)


def test_a_broken_condition_spoils_the_history() -> None:
    said = [line for seed in range(1, 101) for line in play(seed, mutation=MUTATIONS["condition"]).violations]
    assert any("its events say" in line for line in said)


@pytest.mark.parametrize("seed", [3, 539, 1135])
def test_a_seed_replays_exactly(seed: int) -> None:
    timeline = play(seed, traced=True).timeline
    assert len(timeline) > 20
    assert play(seed, traced=True).timeline == timeline


def test_a_trace_changes_nothing() -> None:
    traced, untraced = play(539, traced=True), play(539)
    assert (traced.seen, traced.slack) == (untraced.seen, untraced.slack)


def test_the_order_of_sets_changes_nothing() -> None:
    """Sets of strings have another order in each process, unless told otherwise."""
    command = [sys.executable, "-m", "simulation", "--seed", "1135", "--schedules", "20", "--trace"]
    said = []
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        folder = Path(__file__).parents[1]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, check=True, timeout=120)
        said.append(done.stdout)
    assert said[0] == said[1]


def test_the_number_of_processes_changes_nothing() -> None:
    alone, together = simulate(range(1, 41), jobs=1), simulate(range(1, 41), jobs=2)
    assert (alone.seen, alone.slack, alone.schedules) == (together.seen, together.slack, together.schedules)


def test_a_failing_seed_says_how_to_see_it_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--mutation", "claim", "--schedules", "10", "--jobs", "1", "--json"]) == 1
    printed = capsys.readouterr()
    document = json.loads(printed.out)
    seed = document["seeds"][0]
    assert f"--seed {seed} --schedules 1 --mutation claim --trace" in printed.err
    assert main(["--mutation", "claim", "--seed", str(seed), "--schedules", "1", "--trace"]) == 1
    assert "VIOLATED: " in capsys.readouterr().out


def test_decisions_read_no_index() -> None:
    """So that there is no stale index to be simulated: only ``history`` asks one."""
    rooms = {"orchestrator", "watchdog", "intake", "worker", "orders"}
    asked = [
        f"execution_engine/{source.name}:{line} imports {name}"
        for source in sources()
        if source.room in rooms
        for line, name in source.imports
        if name.startswith("execution_engine.storage.queries")
    ]
    assert not asked, "\n".join(asked)


# The world


def test_what_is_due_first_happens_first() -> None:
    world, seen = World(), []

    def work(name: str, pauses: list[float]) -> None:
        for pause in pauses:
            world.pause(pause)
            seen.append((name, world.now - START))

    world.invoke(Invocation("a"), lambda: work("a", [1.0, 3.0]))
    world.invoke(Invocation("b"), lambda: work("b", [2.0, 0.5]))
    world.run()
    assert seen == [("a", 1.0), ("b", 2.0), ("b", 2.5), ("a", 4.0)]


def test_an_invocation_dies_when_its_time_is_up_with_all_its_strands() -> None:
    world, seen, ends = World(), [], []
    invocation = Invocation("a", dies_at=START + 2.0)
    invocation.over = lambda _, error: ends.append((error, world.now - START))

    def one(seconds: float) -> None:
        world.pause(seconds)
        seen.append(seconds)

    world.invoke(invocation, lambda: world.at_once(one, [1.0, 5.0, 9.0]))
    world.run()
    assert seen == [1.0]
    assert [(type(error), at) for error, at in ends] == [(Crash, 2.0)]


def test_of_what_goes_on_at_once_the_first_error_is_raised_when_all_have_ended() -> None:
    world, seen, ends = World(), [], []
    invocation = Invocation("a")
    invocation.over = lambda _, error: ends.append((str(error), world.now - START))

    def one(seconds: float) -> None:
        world.pause(seconds)
        seen.append(seconds)
        if seconds < 5.0:
            raise ValueError(f"after {seconds} s")

    world.invoke(invocation, lambda: world.at_once(one, [3.0, 1.0, 9.0]))
    world.run()
    assert (seen, ends) == ([1.0, 3.0, 9.0], [("after 3.0 s", 9.0)])


def test_nothing_goes_wrong_once_all_is_calm() -> None:
    weather = Weather(Random(1), Climate(crash=0.5, throttled=0.5, lost=1.0, minutes=1.0))
    weather.calm_from = 100.0
    assert weather.fault(99.0) is not None
    assert weather.latency(99.0) >= 45.0
    assert all(weather.fault(100.0) is None and weather.latency(100.0) < 0.1 for _ in range(100))
    assert len(weather.deliveries(1.0, 100.0)) == 1
