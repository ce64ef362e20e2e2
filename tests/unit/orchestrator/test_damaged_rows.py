"""A record that can't be read: the order, or the run, ends with a reason; nothing else is disturbed (issue 3)."""

from __future__ import annotations

import pytest
from fakes.calls import Crash, Point
from fakes.damage import GONE, THE_WHOLE, Damage, order_damages, run_damages
from fakes.platform import TICK
from fakes.simulation import Simulation
from fakes.verdict import check_ended
from fakes.workers import Manner, Outcome
from unit.orchestrator.whole_runs import by_name, ends, order

from execution_engine.jobs.naming import RUN_NUM
from execution_engine.orders.order import Order
from execution_engine.orders.run import Phase
from execution_engine.orders.status import Status

JOB = [
    order("done"),
    order("runs", timeout=900),
    order("unborn"),
    order("again", retries=2),
    order("waits", "runs"),
    order("behind", "waits"),
    order("last", "behind"),
    order("other", timeout=900),
    order("next", "other"),
    order("timed"),
]
NUMS = {one["order_name"]: f"{place:04d}" for place, one in enumerate(JOB, 1)}
UNBORN = Outcome(manner=Manner.UNBORN)


def script(one: Order) -> Outcome:
    if one.order_name == "again" and one.attempt == 1:
        return Outcome("failed", 1, seconds=25.0)
    found = {
        "runs": Outcome(seconds=200.0),
        "unborn": UNBORN if one.launches == 1 else Outcome(),
        "other": Outcome(seconds=150.0),
        "timed": Outcome("timed_out", None),
    }
    return found.get(one.order_name, Outcome())


FINE = {
    "done": "succeeded",
    "runs": "succeeded",
    "unborn": "succeeded",
    "again": "succeeded",
    "waits": "succeeded",
    "behind": "succeeded",
    "last": "succeeded",
    "other": "succeeded",
    "next": "succeeded",
    "timed": "timed_out",
}
"""How the orders end if no record is damaged."""

BEHIND = {"runs": ("waits", "behind", "last"), "waits": ("behind", "last"), "behind": ("last",)}

STANDING = {
    "done": Status.SUCCEEDED,
    "timed": Status.TIMED_OUT,
    "runs": Status.RUNNING,
    "unborn": Status.DISPATCHED,
    "again": Status.QUEUED,
    "waits": Status.QUEUED,
    "behind": Status.QUEUED,
}
"""How those stand, half a minute after the beginning, whose records are damaged then."""


FEW = [THE_WHOLE, *(Damage(name, GONE) for name in ("status", "attempt", "dependents", "cmds", "order_name"))]


def begun(moment: float = 30.0) -> tuple[Simulation, str]:
    simulation = Simulation(script=script)
    run_id = simulation.platform.submit({"orders": JOB, "job_timeout": 7_200})
    simulation.pass_time(moment)
    return simulation, run_id


def finished(simulation: Simulation, run_id: str) -> dict[str, str]:
    simulation.finish(within=7_200)
    check_ended(simulation, run_id)
    orders = simulation.platform.orders(run_id)
    assert list(orders) == list(NUMS.values()), "no record is missing, none was added"
    names = {num: name for name, num in NUMS.items()}
    return ends({names[num]: one for num, one in orders.items()})


def expected(damaged: str) -> dict[str, str]:
    """Where one order ended because its record was damaged."""
    return {
        **FINE,
        damaged: "failed record_unreadable",
        **dict.fromkeys(BEHIND.get(damaged, ()), "failed dependency_failed"),
    }


def test_the_job_ends_well_where_nothing_is_damaged() -> None:
    simulation, run_id = begun()
    orders = {one.order_name: one for one in simulation.platform.orders(run_id).values()}
    assert {name: orders[name].status for name in STANDING} == STANDING
    assert finished(simulation, run_id) == FINE
    assert simulation.platform.calls.count["records.inspect"] == 0


# Orders


@pytest.mark.parametrize("name", ["runs", "unborn", "again", "waits", "behind"])
@pytest.mark.parametrize("damage", list(order_damages()), ids=str)
def test_an_order_whose_record_is_damaged_ends_and_harms_no_other(name: str, damage: Damage) -> None:
    simulation, run_id = begun()
    damage.do(simulation.platform.records, run_id, NUMS[name])
    assert finished(simulation, run_id) == expected(name)
    damaged = simulation.platform.orders(run_id)[NUMS[name]].damaged
    assert damaged is not None
    assert damage.name in damaged
    assert simulation.platform.calls.count["records.repair"] == 1


@pytest.mark.parametrize("name", ["done", "timed"])
@pytest.mark.parametrize("damage", list(order_damages()), ids=str)
def test_an_order_that_had_ended_stays_as_it_ended(name: str, damage: Damage) -> None:
    simulation, run_id = begun()
    damage.do(simulation.platform.records, run_id, NUMS[name])
    events = simulation.platform.events(run_id)
    simulation.platform.orchestrator.look(run_id, [NUMS[name]])
    assert simulation.platform.events(run_id) == events
    found = finished(simulation, run_id)
    reason = " record_unreadable" if damage == THE_WHOLE and name == "timed" else ""
    assert found == {**FINE, name: FINE[name] + reason}


@pytest.mark.parametrize("name", list(STANDING))
@pytest.mark.parametrize("damage", FEW, ids=str)
def test_a_run_that_is_being_stopped_ends_whatever_is_damaged(name: str, damage: Damage) -> None:
    simulation, run_id = begun()
    damage.do(simulation.platform.records, run_id, NUMS[name])
    simulation.platform.records.ask_to_stop(run_id, "cancelled")
    finished(simulation, run_id)
    assert simulation.platform.run(run_id).outcome is Status.FAILED


@pytest.mark.parametrize("name", ["runs", "unborn", "waits"])
def test_it_ends_within_two_looks_of_its_watchdog(name: str) -> None:
    simulation, run_id = begun()
    at = simulation.platform.clock.now()
    simulation.platform.records.spoil(run_id, NUMS[name])
    finished(simulation, run_id)
    ended = simulation.platform.orders(run_id)[NUMS[name]].ended_at
    assert ended is not None
    if name != "waits":  # nobody looks at it before its turn comes
        assert ended - at <= 2 * TICK


@pytest.mark.parametrize("damage", [THE_WHOLE, Damage("status", GONE), Damage("cmds", GONE)], ids=str)
def test_what_nobody_claimed_never_starts_and_who_runs_is_asked_to_end(damage: Damage) -> None:
    simulation, run_id = begun()
    for name in ("runs", "unborn"):
        damage.do(simulation.platform.records, run_id, NUMS[name])
    found = finished(simulation, run_id)
    assert found == {**expected("runs"), "unborn": "failed record_unreadable"}
    reports = simulation.platform.reports
    claim = reports.claim(run_id, NUMS["unborn"], 1)
    assert claim is not None
    assert (claim.void, claim.reason) == (True, "record_unreadable")
    result = reports.result(run_id, NUMS["runs"], 1)
    assert result is not None
    assert (result.status, result.reason) == (Status.FAILED, "record_unreadable"), "it did as it was asked"
    assert (run_id, NUMS["unborn"], 1) not in simulation.workers.begun


def test_a_result_that_came_first_stands() -> None:
    simulation, run_id = begun(moment=198.0)
    simulation.platform.records.spoil(run_id, NUMS["runs"])
    found = finished(simulation, run_id)
    assert found == FINE, "the result was there before anybody saw the damage"


def test_a_failure_that_came_first_stands_and_is_not_tried_again() -> None:
    simulation = Simulation(script=by_name({"a": Outcome("failed", 3, seconds=100.0)}))
    run_id = simulation.platform.submit({"orders": [order("a", retries=2)]})
    simulation.pass_time(98)
    simulation.platform.records.spoil(run_id, "0001")
    simulation.finish()
    check_ended(simulation, run_id)
    ended = simulation.platform.orders(run_id)["0001"]
    assert (ended.status, ended.reason, ended.exit_code, ended.attempt) == (Status.FAILED, None, 3, 1)


def test_a_result_that_comes_later_changes_nothing() -> None:
    simulation, run_id = begun()
    simulation.platform.records.spoil(run_id, NUMS["runs"])
    simulation.platform.orchestrator.look(run_id, [NUMS["runs"]])
    ended = simulation.platform.orders(run_id)[NUMS["runs"]]
    assert ended.reason == "record_unreadable"
    finished(simulation, run_id)
    assert simulation.platform.orders(run_id)[NUMS["runs"]] == ended


def test_an_optional_order_whose_record_is_damaged_blocks_nobody() -> None:
    simulation = Simulation(script=by_name({"root": Outcome(seconds=100.0)}))
    orders = [order("root"), order("may-fail", "root", must_succeed=False), order("end", "may-fail")]
    run_id = simulation.platform.submit({"orders": orders})
    simulation.pass_time(10)
    simulation.platform.records.spoil(run_id, "0002")
    simulation.finish()
    check_ended(simulation, run_id)
    found = ends({one.order_name: one for one in simulation.platform.orders(run_id).values()})
    assert found == {"root": "succeeded", "may-fail": "failed record_unreadable", "end": "succeeded"}
    assert simulation.platform.run(run_id).outcome is Status.SUCCEEDED


@pytest.mark.parametrize("damage", FEW, ids=str)
def test_all_records_may_be_damaged_at_once(damage: Damage) -> None:
    simulation, run_id = begun()
    for num in NUMS.values():
        damage.do(simulation.platform.records, run_id, num)
    simulation.platform.orchestrator.look(run_id, NUMS.values())
    simulation.finish(within=7_200)
    check_counts(simulation, run_id)


def check_counts(simulation: Simulation, run_id: str) -> None:
    """The run is over, and its counts are those of its orders."""
    run, orders = simulation.platform.run(run_id), simulation.platform.orders(run_id)
    assert run.phase is Phase.COMPLETED
    assert all(one.status.is_terminal for one in orders.values())
    ended = [one.status for one in orders.values()]
    assert run.summary == {str(status): ended.count(status) for status in Status if status.is_terminal}
    assert (run.tally.open, run.tally.in_flight) == (0, 0)
    assert simulation.platform.done.documents[run_id]["status"] == str(run.outcome)


@pytest.mark.parametrize("name", ["done", "runs"])
def test_what_points_at_no_order_makes_none(name: str) -> None:
    simulation, run_id = begun()
    Damage("dependents", ("0000", "0005", "9999")).do(simulation.platform.records, run_id, NUMS[name])
    Damage("ready", frozenset({"0000", "9999"})).do(simulation.platform.records, run_id, RUN_NUM)
    simulation.platform.orchestrator.look(run_id, [NUMS[name]])
    assert finished(simulation, run_id) == FINE
    assert simulation.platform.calls.count["records.repair"] == 0


def test_one_that_can_not_be_repaired_stops_no_other() -> None:
    simulation, run_id = begun()
    simulation.platform.records.spoil(run_id, NUMS["waits"])

    def refuse(*_: object) -> None:
        raise OSError("the store refuses this record")

    simulation.platform.records.repair = refuse  # type: ignore[method-assign]
    simulation.pass_time(1_000)
    found = {one.order_name: str(one.status) for one in simulation.platform.orders(run_id).values()}
    assert found == {name: FINE[name] for name in FINE if name != "waits"} | {"behind": "queued", "last": "queued"}


# The run's own


@pytest.mark.parametrize("damage", list(run_damages()), ids=str)
def test_a_run_whose_record_is_damaged_ends(damage: Damage) -> None:
    simulation, run_id = begun()
    at = simulation.platform.clock.now()
    damage.do(simulation.platform.records, run_id, RUN_NUM)
    found = finished(simulation, run_id)
    stopped = "failed record_unreadable"
    assert found == {
        "done": "succeeded",
        "timed": "timed_out",
        **dict.fromkeys(["runs", "unborn", "again", "waits", "behind", "last", "other", "next"], stopped),
    }
    run = simulation.platform.run(run_id)
    assert (run.stop, run.outcome) == ("record_unreadable", Status.FAILED)
    assert run.completed_at is not None
    assert run.completed_at - at <= 3 * TICK
    assert simulation.platform.calls.count["records.repair"] == 1


@pytest.mark.parametrize("damage", list(run_damages()), ids=str)
def test_a_run_that_was_over_stays_as_it_ended(damage: Damage) -> None:
    simulation, run_id = begun()
    simulation.finish()
    before = simulation.platform.run(run_id)
    damage.do(simulation.platform.records, run_id, RUN_NUM)
    events = simulation.platform.events(run_id)
    simulation.platform.orchestrator.look(run_id, [RUN_NUM])
    after = simulation.platform.run(run_id)
    assert (after.phase, after.status, after.summary) == (before.phase, before.status, before.summary)
    assert simulation.platform.events(run_id) == events


@pytest.mark.parametrize("damage", list(run_damages()), ids=str)
def test_a_run_that_has_not_begun_begins_and_ends(damage: Damage) -> None:
    simulation = Simulation(script=script)
    run_id = simulation.platform.submit({"orders": JOB})
    damage.do(simulation.platform.records, run_id, RUN_NUM)
    found = finished(simulation, run_id)
    assert set(found.values()) == {"failed record_unreadable"}
    assert not simulation.workers.begun


def test_why_a_run_was_stopped_before_stands() -> None:
    simulation, run_id = begun()
    simulation.platform.records.ask_to_stop(run_id, "cancelled")
    Damage("deadline", GONE).do(simulation.platform.records, run_id, RUN_NUM)
    finished(simulation, run_id)
    assert simulation.platform.run(run_id).stop == "cancelled"


@pytest.mark.parametrize("also", ["status", "attempt", "dependents", "trace_id", ""])
@pytest.mark.parametrize("name", list(STANDING))
def test_a_run_and_an_order_of_it_may_be_damaged(name: str, also: str) -> None:
    simulation, run_id = begun()
    Damage("open", GONE).do(simulation.platform.records, run_id, RUN_NUM)
    Damage("total", GONE).do(simulation.platform.records, run_id, RUN_NUM)
    Damage(also, GONE).do(simulation.platform.records, run_id, NUMS[name])
    simulation.finish(within=7_200)
    check_counts(simulation, run_id)


def test_a_run_that_is_gone_keeps_nobody_at_it() -> None:
    simulation, run_id = begun()
    THE_WHOLE.do(simulation.platform.records, run_id, RUN_NUM)
    simulation.finish(within=2 * TICK + 200)
    assert run_id not in simulation.platform.done.documents


# Dying in the middle of it


@pytest.mark.parametrize("target", ["order", "standing", "run"])
@pytest.mark.parametrize("side", ["before", "after"])
@pytest.mark.parametrize(
    "point", ["records.inspect", "records.repair", "records.commit", "reports.void", "reports.ask"]
)
def test_a_repair_that_dies_is_done_again(target: str, side: str, point: str) -> None:
    simulation, run_id = begun()
    if target == "run":
        Damage("open", GONE).do(simulation.platform.records, run_id, RUN_NUM)
    else:
        for name in ("runs", "unborn"):
            Damage("cmds" if target == "order" else "status", GONE).do(simulation.platform.records, run_id, NUMS[name])
    died: list[Point] = []

    def die(at: Point) -> None:
        if not died and (at.name, at.side) == (point, side):
            died.append(at)
            raise Crash(str(at))

    with simulation.platform.calls.points(die):
        finished(simulation, run_id)
    assert died
