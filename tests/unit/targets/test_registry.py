"""Targets are found by entry point, made when they are needed, and asked only for what they were given."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from typing import Any

import pytest
from contracts.examples import an_order
from fakes.time_and_ids import FakeClock

from execution_engine.errors import SettingsError
from execution_engine.orders.order import Order
from execution_engine.orders.target import Found, State
from execution_engine.settings import Settings
from execution_engine.targets.context import TargetContext
from execution_engine.targets.registry import GROUP, Targets, known_targets

RUN = "00000000-0000-4000-8000-000000000001"


class Elsewhere:
    """A target as a package of somebody else's would bring it."""

    made = 0

    def __init__(self) -> None:
        self.stopped: list[str] = []
        Elsewhere.made += 1

    def launch(self, order: Order) -> tuple[str, str | None]:
        return f"elsewhere-{order.order_num}", None

    def look_up(self, order: Order) -> Found | None:
        return Found(State.RUNNING)

    def stop(self, order: Order) -> None:
        self.stopped.append(order.order_num)


def factory(context: TargetContext) -> Elsewhere | None:
    return Elsewhere() if context.environment.get("ELSEWHERE") else None


def targets(environment: dict[str, str] | None = None, **points: str) -> Targets:
    def client(service: str) -> Any:
        raise AssertionError("nobody is asked before there is something to ask")

    context = TargetContext(Settings.from_environment(environment or {}), environment or {}, client, FakeClock())
    if not points:
        return Targets(context)
    return Targets(context, {name: EntryPoint(name, value, GROUP) for name, value in points.items()})


def test_a_package_brings_a_target() -> None:
    found = targets({"ELSEWHERE": "1"}, elsewhere=f"{__name__}:factory")
    assert list(found) == ["elsewhere"]
    assert found["elsewhere"].launch(an_order(RUN)) == ("elsewhere-0001", None)


def test_what_is_not_set_up_is_not_there() -> None:
    found = targets({}, elsewhere=f"{__name__}:factory")
    assert (list(found), "elsewhere" in found, len(found)) == ([], False, 0)
    assert found.get("nowhere") is None


def test_a_target_is_made_once_and_only_when_it_is_needed() -> None:
    found = targets({"ELSEWHERE": "1"}, elsewhere=f"{__name__}:factory")
    before = Elsewhere.made
    assert found["elsewhere"] is found["elsewhere"]
    assert Elsewhere.made == before + 1


def test_only_what_was_launched_is_asked_for_and_stopped() -> None:
    found = targets({"ELSEWHERE": "1"}, elsewhere=f"{__name__}:factory")
    order = an_order(RUN, execution_target="elsewhere", execution_id="x")
    assert found.look_up(order) == Found(State.RUNNING)
    found.stop(order)
    assert found["elsewhere"].stopped == ["0001"]  # type: ignore[attr-defined]
    for other in (
        an_order(RUN, execution_target="elsewhere"),
        an_order(RUN, execution_target="gone", execution_id="x"),
    ):
        assert found.look_up(other) is None
        found.stop(other)
    assert found["elsewhere"].stopped == ["0001"]  # type: ignore[attr-defined]


def test_a_package_that_can_not_be_loaded_is_named_with_the_remedy() -> None:
    with pytest.raises(SettingsError, match=r"'elsewhere' .*no_such_module.*remove the package"):
        list(targets({}, elsewhere="no_such_module:factory"))


def test_the_engines_own_are_known_and_set_up_by_their_settings() -> None:
    assert known_targets() >= {"lambda", "codebuild", "ssm"}
    assert list(targets({})) == []
    own = {"AWS_EXE_SYS_WORKER_LAMBDA": "worker", "AWS_EXE_SYS_INTERNAL_BUCKET": "internal"}
    assert list(targets(own)) == ["lambda"]
    assert list(targets({**own, "AWS_EXE_SYS_CODEBUILD_PROJECT": "build"})) == ["codebuild", "lambda"]
