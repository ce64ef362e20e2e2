"""Deadlines, cancelled runs, retries, workers that fail: the run still ends, and says why."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from fakes.platform import TICK, Platform
from fakes.simulation import Simulation
from fakes.verdict import check_ended
from fakes.workers import FAILED, NEVER, SUCCEEDED, Manner, Outcome, Script
from unit.orchestrator.whole_runs import by_name, ends, fan, order, ran

from execution_engine.orders.order import Order
from execution_engine.orders.plan import Limits

FOREVER = Outcome(seconds=NEVER)


def succeeding_at(attempt: int) -> Script:
    """For ``a``; all others do at once."""
    return lambda one: SUCCEEDED if one.attempt >= attempt or one.order_name != "a" else FAILED


# The job's own end


def test_the_jobs_deadline_ends_what_runs_and_what_waits() -> None:
    orders = [order("quick"), order("slow"), order("deaf"), order("unborn"), order("behind", "slow")]
    script = by_name(
        {"slow": FOREVER, "deaf": Outcome(seconds=5_000, manner=Manner.DEAF), "unborn": Outcome(manner=Manner.UNBORN)}
    )
    simulation, run_id, ended = ran([{**one, "timeout": 600} for one in orders], script, job_timeout=100)
    assert ends(ended) == {
        "quick": "succeeded",
        "slow": "timed_out job_timed_out",
        "deaf": "timed_out job_timed_out",
        "unborn": "timed_out job_timed_out",
        "behind": "timed_out job_timed_out",
    }
    assert simulation.platform.done.documents[run_id]["status"] == "timed_out"
    completed = simulation.platform.events(run_id)[-1].epoch - simulation.platform.run(run_id).deadline
    assert completed < 6 * TICK


def test_a_deadline_reaches_every_order_of_a_large_job() -> None:
    platform = Platform(limits=Limits(max_in_flight=20, page=50))
    _, _, ended = ran(fan(420), lambda _: FOREVER, platform=platform, job_timeout=100)
    assert Counter(ends(ended).values()) == {"timed_out job_timed_out": 420}


def test_a_retry_is_not_begun_after_the_deadline() -> None:
    script = by_name({"a": Outcome("failed", 1, seconds=150)})
    _, _, ended = ran([order("a", retries=5, timeout=200)], script, job_timeout=100)
    assert (ends(ended), ended["a"].attempt) == ({"a": "timed_out job_timed_out"}, 1)


@pytest.mark.parametrize("seed", [None, 1])
def test_a_cancelled_run_ends_what_runs_and_what_waits(seed: int | None) -> None:
    simulation = Simulation(script=by_name({"slow": FOREVER}), seed=seed)
    orders = [order("quick"), order("slow", timeout=600), order("behind", "slow", must_succeed=False)]
    run_id = simulation.platform.submit({"orders": orders})
    simulation.later(30, lambda: simulation.platform.records.ask_to_stop(run_id, "cancelled"))
    simulation.later(30, lambda: simulation.platform.waker.wake(run_id, "0000"))
    simulation.finish()
    check_ended(simulation, run_id)
    ended = {one.order_name: one for one in simulation.platform.orders(run_id).values()}
    assert ends(ended) == {"quick": "succeeded", "slow": "failed cancelled", "behind": "failed cancelled"}
    assert simulation.platform.done.documents[run_id]["status"] == "failed"
    assert simulation.platform.clock.now() - simulation.platform.run(run_id).created_at < 5 * TICK


def test_a_run_whose_cancelling_died_is_stopped_by_its_watchdog() -> None:
    simulation = Simulation(script=lambda _: FOREVER)
    run_id = simulation.platform.submit({"orders": fan(3, timeout=600)})
    simulation.later(30, lambda: simulation.platform.records.ask_to_stop(run_id, "cancelled"))
    simulation.finish()
    check_ended(simulation, run_id)
    assert {one.reason for one in simulation.platform.orders(run_id).values()} == {"cancelled"}


# Attempts


@pytest.mark.parametrize("seed", range(3))
def test_an_order_is_tried_again_after_its_back_off(seed: int) -> None:
    simulation, run_id, ended = ran([order("a", retries=3), order("b", "a")], succeeding_at(3), seed=seed)
    assert ends(ended) == {"a": "succeeded", "b": "succeeded"}
    assert ended["a"].attempt == 3
    history = [one for one in simulation.platform.events(run_id) if one.order_num == "0001"]
    for ending, again in pairwise(history):
        if ending.data and "not_before" in ending.data:
            assert again.epoch >= ending.data["not_before"]


def test_the_last_attempts_failure_stands() -> None:
    _, _, ended = ran([order("a", retries=2), order("b", "a")], succeeding_at(4))
    assert (ends(ended)["a"], ended["a"].attempt) == ("failed", 3)


def test_each_attempts_events_are_recorded() -> None:
    def script(one: Order) -> Outcome:
        told = tuple({"event_type": f"attempt-{one.attempt}-{n}"} for n in range(3 - one.attempt))
        return Outcome("succeeded" if one.attempt == 2 else "failed", 0, events=told)

    simulation, run_id, _ = ran([order("a", retries=1)], script)
    types = [one.event_type for one in simulation.platform.events(run_id) if one.event_type.startswith("attempt")]
    assert types == ["attempt-1-0", "attempt-1-1", "attempt-2-0"]


# Workers


def test_an_order_that_no_place_takes_fails() -> None:
    simulation, _, ended = ran([order("a"), order("b", "a")], by_name({"a": Outcome(manner=Manner.REFUSED)}))
    assert ends(ended) == {"a": "failed dispatch_failed", "b": "failed dependency_failed"}
    assert len(simulation.platform.target.launches) == 1


def test_a_place_that_is_full_is_asked_again() -> None:
    simulation, _, ended = ran([order("a")], by_name({"a": Outcome(manner=Manner.REFUSED_ONCE)}))
    assert (ends(ended), ended["a"].attempt, ended["a"].launches) == ({"a": "succeeded"}, 1, 2)
    assert len(simulation.platform.target.launches) == 2


def test_what_never_starts_is_launched_again_and_then_given_up() -> None:
    simulation, _, ended = ran([order("a")], by_name({"a": Outcome(manner=Manner.UNBORN)}))
    assert ends(ended) == {"a": "failed dispatch_failed"}
    assert 1 < len(simulation.platform.target.launches) <= 5
    assert {one.attempt for one in simulation.platform.target.launches} == {1}


def test_a_worker_that_falls_silent_is_lost() -> None:
    script = by_name({"a": Outcome(manner=Manner.LOST)})
    simulation, run_id, ended = ran([order("a", timeout=3000), order("b", "a")], script)
    assert ends(ended)["a"] == "failed worker_lost"
    lost = next(one.epoch for one in simulation.platform.events(run_id) if one.event_type == "failed")
    assert lost - simulation.platform.run(run_id).created_at <= 2 * TICK


@pytest.mark.parametrize("manner", [Manner.RELIABLE, Manner.DEAF])
def test_a_worker_that_does_not_keep_the_time_is_ended(manner: Manner) -> None:
    _, _, ended = ran([order("a", timeout=60)], by_name({"a": Outcome(seconds=5_000, manner=manner)}))
    assert ends(ended)["a"].split()[0] == "timed_out"
