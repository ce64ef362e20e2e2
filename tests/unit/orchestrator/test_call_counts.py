"""Law 10: what a run costs in calls of AWS is a + b·N, with the same b whatever N is."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.platform import Platform
from fakes.workers import FAILED
from unit.orchestrator.whole_runs import by_name, chain, fan, order, ran

from execution_engine.orders.plan import Limits

FIXED = 17
"""Calls of a run, whatever its size: its record, key, watchdog, start, end and the like."""

EACH = 14.2
"""Calls of an order by submission (its bundle apart), orchestrator and watchdog; a worker makes its own."""


def calls_of(orders: list[dict[str, Any]], limit: int = 100) -> int:
    platform = Platform(limits=Limits(max_in_flight=limit))
    ran(orders, platform=platform)
    return platform.calls.total


def behind_a_root(width: int) -> list[dict[str, Any]]:
    return [order("root"), *(order(f"n{place}", "root") for place in range(width))]


def pairs(count: int) -> list[dict[str, Any]]:
    return [one for place in range(count) for one in (order(f"a{place}"), order(f"b{place}", f"a{place}"))]


@pytest.mark.parametrize("width", [1, 10, 100, 300])
@pytest.mark.parametrize("limit", [8, 100])
def test_a_fan(width: int, limit: int) -> None:
    assert calls_of(fan(width), limit) <= FIXED + EACH * width


@pytest.mark.parametrize("length", [10, 40, 100])
def test_a_chain(length: int) -> None:
    assert calls_of(chain(length)) <= FIXED + EACH * length


@pytest.mark.parametrize("limit", [8, 100])
def test_a_fan_behind_a_root(limit: int) -> None:
    # One more read where places are scarce and what is ready has to wait.
    assert calls_of(behind_a_root(300), limit) <= FIXED + (EACH + 0.1) * 300


def test_many_short_chains_side_by_side() -> None:
    assert calls_of(pairs(100), limit=8) <= FIXED + (EACH + 0.6) * 200


def test_a_fan_into_one_order() -> None:
    # Each ending also reads the one that waits.
    joined = [*fan(200), order("last", *(f"n{place}" for place in range(200)))]
    assert calls_of(joined) <= FIXED + (EACH + 1) * 201


def test_the_cost_of_an_order_does_not_grow() -> None:
    smaller, larger = (calls_of(fan(width), limit=50) for width in (100, 400))
    marginal = (larger - smaller) / 300
    assert marginal <= 1.1 * smaller / 100


def test_orders_that_never_run_cost_next_to_nothing() -> None:
    platform = Platform()
    ran(behind_a_root(300), by_name({"root": FAILED}), platform=platform)
    assert platform.calls.total <= FIXED + EACH + 0.2 * 300


def test_a_callback_that_comes_twice_costs_no_more_than_a_look() -> None:
    simulation, run_id, _ = ran(fan(100))
    simulation.platform.calls.reset()
    simulation.platform.orchestrator.notice(run_id, frozenset({"0050/1/result"}))
    assert simulation.platform.calls.names == ["locks.enter", "records.read", "locks.release"]
