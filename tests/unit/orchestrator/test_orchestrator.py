"""One invocation of the orchestrator: what it leaves behind when it can't finish."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from fakes.calls import Point, Side
from fakes.platform import LEASE, Platform
from unit.orchestrator.whole_runs import fan

from execution_engine.errors import ConditionLost, StoreError

START = frozenset({"0000/1/result"})


@pytest.fixture
def platform() -> Platform:
    return Platform()


@pytest.fixture
def run_id(platform: Platform) -> str:
    return platform.submit({"orders": fan(2)})


class Broken(Exception):
    pass


def failing_before(name: str, error: Exception) -> Callable[[Point], None]:
    def fail(point: Point) -> None:
        if (point.name, point.side) == (name, Side.BEFORE):
            raise error

    return fail


def test_who_fails_frees_the_lock_and_leaves_its_marks(platform: Platform, run_id: str) -> None:
    platform.calls.on_point = failing_before("records.commit", Broken())
    with pytest.raises(Broken):
        platform.orchestrator.notice(run_id, START)
    assert platform.locks.is_free(run_id)
    assert platform.locks.marks(run_id) == START
    platform.calls.on_point = None
    platform.orchestrator.notice(run_id, frozenset({"0001/1/claim"}))
    assert len(platform.target.launches) == 2
    assert not platform.locks.marks(run_id)


def test_who_fails_when_the_lock_can_not_be_freed_says_why_it_failed(platform: Platform, run_id: str) -> None:
    def fail(point: Point) -> None:
        if point.side is Side.BEFORE and point.name in ("records.commit", "locks.hand_over"):
            raise Broken(point.name)

    platform.calls.on_point = fail
    with pytest.raises(Broken, match="records.commit"):
        platform.orchestrator.notice(run_id, START)
    platform.calls.on_point = None
    platform.clock.advance(LEASE + 1)
    platform.orchestrator.look(run_id, ["0000"])
    assert len(platform.target.launches) == 2


def test_who_always_comes_second_gives_up_and_is_tried_again(platform: Platform, run_id: str) -> None:
    platform.calls.on_point = failing_before("records.commit", ConditionLost("taken"))
    with pytest.raises(StoreError, match="passes in a row"):
        platform.orchestrator.notice(run_id, START)
    assert platform.calls.count["records.commit"] == 5
    assert platform.locks.is_free(run_id)
    assert platform.locks.marks(run_id) == START


def test_who_lost_the_lock_has_the_run_looked_at_again(platform: Platform, run_id: str) -> None:
    platform.calls.on_point = failing_before("locks.release", ConditionLost("taken over"))
    platform.orchestrator.notice(run_id, START)
    assert platform.waker.woken == [(run_id, "0000")]


def test_a_launch_that_fails_concerns_one_order_alone(platform: Platform, run_id: str) -> None:
    platform.orchestrator._launching._targets = {}
    platform.orchestrator.notice(run_id, START)
    platform.orchestrator.notice(run_id, frozenset({"0001/1/result", "0002/1/result"}))
    assert {one.reason for one in platform.orders(run_id).values()} == {"dispatch_failed"}
    assert platform.done.documents[run_id]["status"] == "failed"
