from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from fakes.platform import TICK, Platform

from execution_engine.errors import LaunchFailed
from execution_engine.orchestrator.launching import Launching
from execution_engine.orchestrator.stopping import Stopping
from execution_engine.orders.order import Order
from execution_engine.orders.target import Target


class Reserved:
    """An order that is out and was launched once, and what launches it (again)."""

    def __init__(self, targets: Mapping[str, Target] | None = None) -> None:
        platform = self.platform = Platform()
        self.run_id = platform.submit({"orders": [{"cmds": ["true"], "timeout": 60}]})
        platform.orchestrator.look(self.run_id, ["0000"])
        stopping = Stopping(platform.reports, platform.target, platform.clock, platform.identifiers)
        found = {"codebuild": platform.target} if targets is None else targets
        self.launching = Launching(platform.records, platform.watchdogs, found, stopping, platform.clock, TICK)

    @property
    def order(self) -> Order:
        return self.platform.orders(self.run_id)["0001"]

    @property
    def result(self) -> Any:
        return self.platform.reports.result(self.run_id, "0001", 1)

    def answers(self, answer: tuple[str, str | None] | Exception | None) -> None:
        def launch(order: Order) -> tuple[str, str | None] | None:
            if isinstance(answer, Exception):
                raise answer
            return answer

        self.platform.target.on_launch = launch


def test_what_the_target_calls_it_is_recorded() -> None:
    one = Reserved()
    one.answers(("build:1", "https://console/1"))
    one.launching.launch(one.order)
    assert (one.order.execution_id, one.order.execution_url) == ("build:1", "https://console/1")


def test_a_target_that_gives_no_id_is_asked_for_none() -> None:
    one = Reserved()
    before = one.order
    one.launching.launch(before)
    assert one.order == before


def test_an_order_that_ended_before_its_launch_was_recorded_stays_as_it_is() -> None:
    one = Reserved()
    one.answers(("build:1", None))
    one.launching.launch(replace(one.order, attempt=2))
    assert one.order.execution_id is None


def test_a_target_that_this_deployment_does_not_have() -> None:
    one = Reserved(targets={})
    one.launching.launch(one.order)
    assert (one.result.reason, str(one.result.status)) == ("dispatch_failed", "failed")
    assert "no target 'codebuild'" in one.result.tail


def test_a_final_refusal_ends_the_attempt() -> None:
    one = Reserved()
    one.answers(LaunchFailed("no such project", transient=False))
    one.launching.launch(one.order)
    assert (one.result.reason, one.result.tail) == ("dispatch_failed", "no such project")


@pytest.mark.parametrize("error", [LaunchFailed("throttled", transient=True), KeyError("somebody else's")])
def test_anything_else_leaves_it_to_its_watchdog(error: Exception) -> None:
    one = Reserved()
    one.answers(error)
    one.launching.launch(one.order)
    assert one.result is None
    assert one.order.status == "dispatched"


def test_a_launch_is_repeated_as_the_same_attempt() -> None:
    one = Reserved()
    one.platform.clock.advance(200)
    one.launching.relaunch(one.order)
    assert (one.order.attempt, one.order.launches, one.order.launched_at) == (1, 2, one.platform.clock.now())
    assert [order.launches for order in one.platform.target.launches] == [1, 2]


def test_what_was_repeated_by_somebody_else_is_not_repeated() -> None:
    one = Reserved()
    seen = one.order
    one.launching.relaunch(seen)
    one.launching.relaunch(seen)
    assert [order.launches for order in one.platform.target.launches] == [1, 2]


def test_the_watchdog_of_a_next_attempt_wakes_up_behind_the_back_off() -> None:
    one = Reserved()
    started = one.platform.watchdogs.started
    started.clear()
    one.launching.watch(one.order)
    one.launching.watch_back_off(replace(one.order, not_before=one.platform.clock.now() + 9.5))
    assert list(started.values()) == [(one.run_id, "0001", 1, TICK), (one.run_id, "0001", 2, 11)]
