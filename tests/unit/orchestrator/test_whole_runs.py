"""Whole jobs through the orchestrator and the watchdog, on the fakes: in milliseconds, in any order."""

from __future__ import annotations

import pytest
from fakes.platform import Platform
from fakes.verdict import most_in_flight
from fakes.workers import FAILED, TIMED_OUT, Outcome
from unit.orchestrator.whole_runs import by_name, chain, ends, fan, order, ran

from execution_engine.orders.plan import Limits


@pytest.mark.parametrize("seed", range(5))
def test_a_diamond(seed: int) -> None:
    diamond = [order("a"), order("b", "a"), order("c", "a"), order("d", "b", "c")]
    simulation, run_id, orders = ran(diamond, seed=seed)
    assert set(ends(orders).values()) == {"succeeded"}
    launched = [one.order_name for one in simulation.platform.target.launches]
    assert (launched[0], sorted(launched[1:3]), launched[3]) == ("a", ["b", "c"], "d")
    assert simulation.platform.run(run_id).outcome == "succeeded"


@pytest.mark.parametrize("seed", [None, 1])
def test_a_chain_of_40_runs_in_its_order(seed: int | None) -> None:
    simulation, _, orders = ran(chain(40), seed=seed)
    assert set(ends(orders).values()) == {"succeeded"}
    assert [one.order_name for one in simulation.platform.target.launches] == [f"n{place}" for place in range(40)]


@pytest.mark.parametrize("seed", [None, 1, 2])
def test_a_fan_of_300_keeps_8_in_flight(seed: int | None) -> None:
    simulation, run_id, orders = ran(fan(300), seed=seed, platform=Platform(limits=Limits(max_in_flight=8)))
    assert set(ends(orders).values()) == {"succeeded"}
    assert most_in_flight(simulation.platform.events(run_id)) == 8


@pytest.mark.parametrize("seed", [None, 1, 2])
def test_what_becomes_ready_waits_for_a_place(seed: int | None) -> None:
    orders = [order("root"), *(order(f"n{place}", "root") for place in range(60)), order("last", "n0", "n59")]
    simulation, run_id, ended = ran(orders, seed=seed, platform=Platform(limits=Limits(max_in_flight=5)))
    assert set(ends(ended).values()) == {"succeeded"}
    assert most_in_flight(simulation.platform.events(run_id)) == 5
    assert not simulation.platform.run(run_id).ready


def test_a_required_failure_fails_the_job_and_what_needs_it() -> None:
    orders = [order("a"), order("b", "a"), order("c", "b"), order("apart")]
    simulation, run_id, ended = ran(orders, by_name({"a": FAILED}))
    assert ends(ended) == {
        "a": "failed",
        "b": "failed dependency_failed",
        "c": "failed dependency_failed",
        "apart": "succeeded",
    }
    assert ended["a"].exit_code == 1
    assert simulation.platform.done.documents[run_id]["status"] == "failed"
    assert simulation.platform.done.documents[run_id]["summary"] == {"succeeded": 1, "failed": 3, "timed_out": 0}


def test_an_optional_failure_fails_nothing() -> None:
    orders = [order("a", must_succeed=False), order("b", "a")]
    simulation, run_id, ended = ran(orders, by_name({"a": FAILED}))
    assert ends(ended) == {"a": "failed", "b": "succeeded"}
    assert simulation.platform.done.documents[run_id]["status"] == "succeeded"


def test_what_did_not_run_is_not_built_upon_even_if_it_was_optional() -> None:
    orders = [order("a"), order("b", "a", must_succeed=False), order("c", "b")]
    _, _, ended = ran(orders, by_name({"a": FAILED}))
    assert ends(ended)["c"] == "failed dependency_failed"


def test_an_optional_orders_required_dependency_decides_by_itself() -> None:
    orders = [order("a", must_succeed=False), order("b", "a", must_succeed=False), order("c", "b", "a")]
    simulation, run_id, ended = ran(orders, by_name({"b": TIMED_OUT}))
    assert ends(ended) == {"a": "succeeded", "b": "timed_out", "c": "succeeded"}
    assert simulation.platform.done.documents[run_id]["status"] == "succeeded"


@pytest.mark.parametrize("optional", [False, True])
def test_a_failure_cascades_down_a_chain_of_500(optional: bool) -> None:
    orders = [order("root"), *chain(499, must_succeed=not optional)]
    orders[1]["dependencies"] = ["root"]
    simulation, run_id, ended = ran(orders, by_name({"root": FAILED}))
    assert ends(ended).pop("root") == "failed"
    assert {end for name, end in ends(ended).items() if name != "root"} == {"failed dependency_failed"}
    assert len(simulation.platform.target.launches) == 1
    assert simulation.platform.done.documents[run_id]["status"] == "failed"


def test_dependencies_may_be_named_either_way() -> None:
    orders = [order("a", queue_id="first"), order("b", "first"), order("c", "a", "0002")]
    simulation, _, ended = ran(orders)
    assert set(ends(ended).values()) == {"succeeded"}
    assert [one.order_name for one in simulation.platform.target.launches] == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("outcomes", "job"),
    [
        ({"a": TIMED_OUT}, "timed_out"),
        ({"a": TIMED_OUT, "b": FAILED}, "failed"),
        ({"a": FAILED}, "failed"),
        ({"optional": TIMED_OUT}, "succeeded"),
        ({}, "succeeded"),
    ],
)
def test_how_the_job_ends(outcomes: dict[str, Outcome], job: str) -> None:
    orders = [order("a"), order("b"), order("optional", must_succeed=False), order("behind", "a")]
    simulation, run_id, _ = ran(orders, by_name(outcomes))
    assert simulation.platform.done.documents[run_id]["status"] == job


def test_events_of_commands_are_in_the_history_before_the_end() -> None:
    told = ({"event_type": "plan", "data": {"n": 1}}, {"event_type": "note", "status": "warning"})
    simulation, run_id, _ = ran([order("a")], by_name({"a": Outcome(events=told)}))
    history = [one for one in simulation.platform.events(run_id) if one.order_num == "0001"]
    types = [one.event_type for one in history]
    assert types == ["queued", "dispatched", "running", "plan", "note", "succeeded"]
    assert (history[3].status, history[3].data, history[4].status) == ("info", {"n": 1}, "warning")


# A long pass, a long tail: what one invocation does not get to, the next does


@pytest.mark.parametrize("settle", [1, 3])
def test_a_pass_that_can_settle_little_leaves_the_rest_to_the_next(settle: int) -> None:
    orders = [order("root"), *(order(f"n{place}", "root") for place in range(20)), order("end", "n0", "n19")]
    platform = Platform(limits=Limits(max_in_flight=100, settle=settle))
    _, _, ended = ran(orders, by_name({"root": FAILED}), platform=platform, seed=3)
    assert {end for name, end in ends(ended).items() if name != "root"} == {"failed dependency_failed"}


def test_an_invocation_that_runs_long_hands_over() -> None:
    orders = [order("root"), *chain(20)]
    orders[1]["dependencies"] = ["root"]
    platform = Platform(limits=Limits(max_in_flight=100, settle=1), pass_seconds=-1.0)
    simulation, run_id, _ = ran(orders, by_name({"root": FAILED}), platform=platform)
    assert simulation.platform.waker.woken.count((run_id, "0000")) >= 19  # the last has nobody behind it


def test_few_orders_free_to_go_among_many_are_found() -> None:
    orders = [order("root"), *(order(f"n{place}", "root") for place in range(2500)), order("apart")]
    platform = Platform(limits=Limits(max_in_flight=4))
    simulation, run_id, _ = ran(orders, by_name({"root": Outcome("failed", 1, seconds=30)}), platform=platform)
    events = simulation.platform.events(run_id)
    apart = [one.epoch for one in events if one.order_name == "apart" and one.event_type == "dispatched"]
    root = [one.epoch for one in events if one.order_name == "root" and one.event_type == "failed"]
    assert apart < root, "it never had to wait for the root"
