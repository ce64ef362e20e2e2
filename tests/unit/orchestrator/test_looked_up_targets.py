"""Orders of a target that gives ids: launched, recorded, looked up, and stopped, each as often as it has to be."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.builds import Builds
from fakes.calls import Crash, Point, Side
from fakes.platform import TICK, Platform
from fakes.simulation import Simulation
from fakes.verdict import check_ended
from fakes.workers import FAILED, NEVER, SUCCEEDED, Manner, Outcome, Script
from unit.orchestrator.whole_runs import by_name, ends, order

from execution_engine.orchestrator.cancellation import Cancellation
from execution_engine.orders.order import Order

UNBORN = Outcome(manner=Manner.UNBORN)
LOST = Outcome(manner=Manner.LOST)
FOREVER = Outcome(seconds=NEVER)


class Stand:
    """A run on CodeBuild. ``dying`` as ``Builds`` has it."""

    def __init__(
        self, script: Script | dict[str, Outcome], dying: dict[str, str] | None = None, **platform: Any
    ) -> None:
        self.simulation = Simulation(Platform(**platform), by_name(script) if isinstance(script, dict) else script)
        self.platform = self.simulation.platform
        self.target = self.platform.target
        self.builds = Builds(self.simulation, dying)

    def run(self, *orders: dict[str, Any], cancelled_after: float | None = None) -> dict[str, Order]:
        """Their ends, by name."""
        run_id = self.platform.submit({"orders": [{**one, "execution_target": "codebuild"} for one in orders]})
        if cancelled_after is not None:
            cancel = Cancellation(self.platform.records, self.platform.waker).cancel
            self.simulation.later(cancelled_after, lambda: cancel(run_id))
        self.simulation.finish()
        check_ended(self.simulation, run_id)
        return {one.order_name: one for one in self.platform.orders(run_id).values()}

    @property
    def stopped(self) -> list[str | None]:
        return [one.execution_id for one in self.target.stopped]

    def lasted(self, order: Order) -> float:
        """Seconds from its launch to its end."""
        events = self.platform.events(order.run_id)
        return events[-2].epoch - (order.dispatched_at or 0)


def test_what_is_launched_is_recorded() -> None:
    ended = Stand({}).run(order("a"), order("b", "a"))
    assert ends(ended) == {"a": "succeeded", "b": "succeeded"}
    assert [(one.execution_id, one.execution_url) for one in ended.values()] == [
        ("build-0001-1-1", "https://console.example/build-0001-1-1"),
        ("build-0002-1-1", "https://console.example/build-0002-1-1"),
    ]


def test_each_attempt_has_its_own_id() -> None:
    stand = Stand(lambda one: SUCCEEDED if one.attempt == 2 else FAILED)
    assert stand.run(order("a", retries=1))["a"].execution_id == "build-0001-2-1"
    assert stand.builds.begun == ["build-0001-1-1", "build-0001-2-1"]


def test_an_order_is_released_as_it_has_ended_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    stand = Stand(lambda one: SUCCEEDED if one.attempt == 2 else FAILED)
    released: list[Order] = []
    monkeypatch.setattr(stand.target, "release", released.append)
    stand.run(order("a", retries=1), order("b", must_succeed=False))
    told = [(one.order_name, one.attempt, str(one.status)) for one in released]
    assert sorted(told) == [("a", 2, "succeeded"), ("b", 1, "failed")]


def test_what_died_before_its_worker_spoke_ends_within_a_tick_with_what_is_said() -> None:
    stand = Stand({"a": UNBORN}, {"a": "PROVISIONING failed: no such image"})
    ended = stand.run(order("a"), order("b", "a"))
    assert ends(ended) == {"a": "failed dispatch_failed", "b": "failed dependency_failed"}
    assert "codebuild ended build-0001-1-1: PROVISIONING failed: no such image" in str(ended["a"].log_tail)
    assert stand.lasted(ended["a"]) <= TICK + 1
    assert len(stand.target.launches) == 1


def test_what_died_under_its_worker_is_lost_within_a_tick() -> None:
    stand = Stand({"a": LOST}, {"a": "BUILD failed: out of memory"})
    ended = stand.run(order("a", timeout=3_000))
    assert ends(ended) == {"a": "failed worker_lost"}
    assert "out of memory" in str(ended["a"].log_tail)
    assert stand.lasted(ended["a"]) <= TICK + 1


def test_what_died_is_tried_again_where_that_was_asked_for() -> None:
    stand = Stand({"a": UNBORN}, {"a": "no such image"})
    assert ends(stand.run(order("a", retries=1))) == {"a": "failed dispatch_failed"}
    assert stand.builds.begun == ["build-0001-1-1", "build-0001-2-1"]


def test_what_waits_is_not_launched_again_but_given_up_and_stopped() -> None:
    stand = Stand({"a": UNBORN}, start_limit=600.0)
    ended = stand.run(order("a"))
    assert ends(ended) == {"a": "failed dispatch_failed"}
    assert len(stand.target.launches) == 1
    assert set(stand.stopped) == {"build-0001-1-1"}
    assert 600 <= stand.lasted(ended["a"]) <= 600 + 2 * TICK


def test_what_starts_late_within_its_limit_runs() -> None:
    stand = Stand({"a": UNBORN}, start_limit=600.0)
    workers = stand.simulation.workers
    stand.simulation.later(500, lambda: workers.start(stand.target.launches[0], SUCCEEDED))
    assert ends(stand.run(order("a"))) == {"a": "succeeded"}
    assert (len(stand.target.launches), stand.stopped) == (1, [])


@pytest.mark.parametrize("side", Side)
def test_only_what_has_no_id_on_record_is_launched_again(side: Side) -> None:
    """Its worker comes late, so that there is time to be launched again."""
    stand = Stand({"a": UNBORN})
    died: list[Point] = []

    def die_once(point: Point) -> None:
        if not died and (point.name, point.side) == ("records.launched", side):
            died.append(point)
            raise Crash(str(point))

    stand.platform.calls.on_point = die_once
    stand.simulation.later(400, lambda: stand.simulation.workers.start(stand.target.launches[0], SUCCEEDED))
    ended = stand.run(order("a"))
    assert ends(ended) == {"a": "succeeded"}
    launched = [(one.attempt, one.launches) for one in stand.target.launches]
    assert launched == ([(1, 1), (1, 2)] if side is Side.BEFORE else [(1, 1)])
    assert stand.builds.begun == ["build-0001-1-1"], "the same attempt is the same build"
    assert ended["a"].execution_id == "build-0001-1-1"


def test_cancelling_stops_what_waits_and_asks_what_runs() -> None:
    stand = Stand({"waits": UNBORN, "runs": FOREVER})
    ended = stand.run(order("waits", timeout=600), order("runs", timeout=600), cancelled_after=30)
    assert ends(ended) == {"waits": "failed cancelled", "runs": "failed cancelled"}
    assert set(stand.stopped) == {"build-0001-1-1"}, "whoever answers is not stopped from outside"


def test_who_does_not_answer_when_asked_is_stopped() -> None:
    stand = Stand({"deaf": Outcome(seconds=5_000, manner=Manner.DEAF)})
    assert ends(stand.run(order("deaf", timeout=60))) == {"deaf": "timed_out"}
    assert set(stand.stopped) == {"build-0001-1-1"}


def test_a_service_that_can_not_stop_it_changes_nothing() -> None:
    stand = Stand({"waits": UNBORN})

    def refuse(point: Point) -> None:
        if (point.name, point.side) == ("target.stop", Side.BEFORE):
            raise ConnectionError("no route")

    stand.platform.calls.on_point = refuse
    assert ends(stand.run(order("waits"), cancelled_after=30)) == {"waits": "failed cancelled"}
