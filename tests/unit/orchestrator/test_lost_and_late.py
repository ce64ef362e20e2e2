"""Notifications that are late, doubled or lost, passes that die, records that are broken: the run still ends."""

from __future__ import annotations

import pytest
from fakes.calls import Crash, Point, Side
from fakes.platform import TICK, Platform
from fakes.simulation import Delivery, Simulation
from fakes.verdict import check_ended
from fakes.workers import FAILED, SUCCEEDED, Outcome, Workers
from unit.orchestrator.whole_runs import by_name, chain, ends, fan, order, ran

from execution_engine.jobs.naming import result_key
from execution_engine.orders.plan import Limits
from execution_engine.orders.run import Phase
from execution_engine.orders.status import Status


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(
    "delivery",
    [
        Delivery(twice=0.5),
        Delivery(late=90.0),
        Delivery(lost=0.3),
        Delivery(lost=0.2, wakes_lost=0.2, twice=0.3, late=45.0),
    ],
    ids=["twice", "late", "lost", "all"],
)
def test_notifications_come_as_they_like(delivery: Delivery, seed: int) -> None:
    orders = [
        *chain(6),
        *(order(f"f{place}", "n1") for place in range(12)),
        order("opt", must_succeed=False, retries=1),
    ]
    orders += [order("end", "n5", "f3", "opt")]
    script = by_name({"opt": FAILED, "f3": Outcome(seconds=35)})
    platform = Platform(limits=Limits(max_in_flight=4))
    _, _, ended = ran(orders, script, seed=seed, delivery=delivery, platform=platform, job_timeout=80_000)
    assert set(ends({name: one for name, one in ended.items() if name != "opt"}).values()) == {"succeeded"}
    assert (ended["opt"].status, ended["opt"].attempt) == ("failed", 2)


def test_without_any_notification_the_watchdogs_bring_it_home() -> None:
    simulation, run_id, ended = ran(chain(3), delivery=Delivery(lost=1.0))
    assert set(ends(ended).values()) == {"succeeded"}
    assert simulation.platform.clock.now() - simulation.platform.run(run_id).created_at < 7 * TICK


@pytest.mark.parametrize("seed", range(4))
def test_a_wake_up_of_its_own_that_gets_lost_is_made_up_for(seed: int) -> None:
    platform = Platform(limits=Limits(max_in_flight=100, settle=1), pass_seconds=-1.0)
    simulation = Simulation(platform, lambda _: FAILED, seed=seed, delivery=Delivery(wakes_lost=0.5))
    orders = [order("root"), *chain(10)]
    orders[1]["dependencies"] = ["root"]
    run_id = platform.submit({"orders": orders, "job_timeout": 80_000})
    simulation.finish()
    assert {one.reason for one in platform.orders(run_id).values()} == {None, "dependency_failed"}
    assert platform.done.documents[run_id]["status"] == "failed"


@pytest.mark.parametrize("outcome", [SUCCEEDED, FAILED])
def test_a_pass_that_dies_between_its_writes_is_made_up_for(outcome: Outcome) -> None:
    orders = [order("root"), *(order(f"n{place}", "root") for place in range(120))]
    expected = {"succeeded"} if outcome is SUCCEEDED else {"failed", "failed dependency_failed"}
    for nth in range(1, 5):
        simulation = Simulation(script=lambda _: outcome)
        platform = simulation.platform
        run_id = platform.submit({"orders": orders, "job_timeout": 80_000})
        commits = [0]

        def die(point: Point, commits: list[int] = commits, nth: int = nth) -> None:
            commits[0] += (point.name, point.side) == ("records.commit", Side.AFTER)
            if commits[0] == nth + 2:  # the start and the root's claim come first
                commits[0] += 1
                raise Crash(str(point))

        platform.calls.on_point = die
        simulation.finish()
        assert len(simulation.crashes) == 1
        assert set(ends({one.order_name: one for one in platform.orders(run_id).values()}).values()) == expected
        assert run_id in platform.done.documents


def test_a_result_may_overtake_its_claim() -> None:
    platform = Platform()
    marks: list[str] = []
    platform.on_notification = lambda _, mark: marks.append(mark)
    workers = Workers(platform, lambda _: SUCCEEDED, lambda _, action: action())
    platform.target.on_launch = workers.launch
    run_id = platform.submit({"orders": [order("a")]})
    platform.orchestrator.notice(run_id, frozenset({marks.pop()}))
    claim, result = marks
    for mark in (result, claim, result, claim):
        platform.orchestrator.notice(run_id, frozenset({mark}))
    history = [one.event_type for one in platform.events(run_id)]
    assert history == ["queued", "job_started", "dispatched", "succeeded", "job_completed"]


def test_what_comes_after_the_end_changes_nothing() -> None:
    simulation, run_id, _ = ran(chain(2))
    platform = simulation.platform
    before = (platform.run(run_id), platform.orders(run_id), platform.events(run_id))
    for mark in ("0000/1/result", "0001/1/result", "0002/1/claim", "0002/2/result", "0007/1/result", "no mark"):
        platform.orchestrator.notice(run_id, frozenset({mark}))
    platform.orchestrator.look(run_id, ["0000", "0001", "0002"])
    assert (platform.run(run_id), platform.orders(run_id), platform.events(run_id)) == before
    assert platform.locks.is_free(run_id)


def test_a_run_that_is_gone_harms_nobody() -> None:
    platform = Platform()
    platform.orchestrator.notice("gone", frozenset({"0001/1/result"}))
    assert (platform.locks.is_free("gone"), platform.locks.marks("gone")) == (True, frozenset())


def test_nobody_sees_a_run_before_its_start_signal() -> None:
    platform = Platform()
    run_id = platform.submit({"orders": [order("a")]})
    platform.objects.delete(result_key(run_id, "0000"))
    platform.orchestrator.look(run_id, ["0000", "0001"])
    assert platform.run(run_id).phase is Phase.SUBMITTING
    assert not platform.target.launches
    assert [one.event_type for one in platform.events(run_id)] == ["queued"]


def test_a_submission_that_died_is_swept() -> None:
    simulation = Simulation(delivery=Delivery(lost=1.0))
    run_id = simulation.platform.submit({"orders": [order("a")]})
    simulation.platform.objects.delete(result_key(run_id, "0000"))
    simulation.finish()
    assert simulation.platform.swept == [run_id]


def test_a_record_that_can_not_be_read_stops_no_other_and_the_run_ends() -> None:
    simulation = Simulation()
    run_id = simulation.platform.submit({"orders": fan(5), "job_timeout": 300})
    simulation.platform.records.spoil(run_id, "0003")
    simulation.finish()
    check_ended(simulation, run_id)
    found = simulation.platform.orders(run_id)
    assert (found["0003"].status, found.pop("0003").reason) == ("failed", "record_unreadable")
    assert {one.status for one in found.values()} == {"succeeded"}
    run = simulation.platform.run(run_id)
    assert (run.phase, run.outcome) == (Phase.COMPLETED, Status.FAILED)
    assert run.summary == {"succeeded": 4, "failed": 1, "timed_out": 0}
