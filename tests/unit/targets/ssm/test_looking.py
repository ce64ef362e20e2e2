"""A watchdog's look: whoever will not report is ended, and what nobody heard of is made up for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fakes.botocore_service import Refusal
from fakes.calls import Crash, Side
from fakes.fleet import HEARTBEAT, RUN, START_LIMIT, Fleet, order_with
from fakes.ssm import STATUSES

from execution_engine.jobs.naming import claim_key, environment_key, launch_key, renewal_key, result_key
from execution_engine.orders.order import Order
from execution_engine.orders.status import Status
from execution_engine.orders.target import Found, State

NEVER = ["DeliveryTimedOut", "Undeliverable", "Terminated", "InvalidPlatform", "AccessDenied"]
DIED = ["Failed", "Cancelled", "ExecutionTimedOut"]


@pytest.fixture
def fleet() -> Fleet:
    return Fleet(hears=False)


def look(fleet: Fleet, order: Order) -> Found:
    found = fleet.target.look_up(order)
    assert found is not None
    return found


def told(fleet: Fleet, order: Order, name: str) -> tuple[str, str | None, str | None]:
    ending = fleet.ending(order, name) or {}
    return ending.get("status", ""), ending.get("reason"), ending.get("message")


# How it is


def test_of_what_was_never_launched_nothing_is_said(fleet: Fleet) -> None:
    assert fleet.target.look_up(fleet.order("a")) is None


def test_what_was_refused_has_ended(fleet: Fleet) -> None:
    order = fleet.order("a")
    fleet.target.refuse(order, "cancelled", "why")
    assert look(fleet, order) == Found(State.ENDED, "it was refused before its launch (cancelled)")


def test_it_waits_until_one_begins_and_its_time_runs_when_all_have(fleet: Fleet) -> None:
    order = fleet.launched("a", "b")
    start = fleet.clock.now()
    fleet.clock.advance(20.0)
    assert look(fleet, order) == Found(State.WAITING, started_at=start + 20, silence=0.0)
    fleet.claim(order, "a")
    fleet.clock.advance(5.0)
    assert look(fleet, order) == Found(State.RUNNING, started_at=start + 25, silence=0.0)
    fleet.claim(order, "b")
    fleet.clock.advance(5.0)
    assert look(fleet, order) == Found(State.RUNNING, started_at=start + 25, silence=0.0)


def test_who_has_ended_keeps_nobody_waiting(fleet: Fleet) -> None:
    order = fleet.launched("a", "b")
    fleet.claim(order, "a")
    fleet.clock.advance(5.0)
    fleet.work(order, "b")
    fleet.clock.advance(5.0)
    assert look(fleet, order).started_at == fleet.clock.now() - 10


def test_a_look_takes_a_list_and_a_question_for_each_command(fleet: Fleet) -> None:
    order = order_with(fleet.launched(*[f"i-{n}" for n in range(60)]), status=Status.RUNNING)
    fleet.claim(order, "i-1")
    fleet.calls.reset()
    look(fleet, order)
    assert fleet.calls.names == ["bucket.ages", "ssm.ListCommandInvocations", "ssm.ListCommandInvocations"]


# Those that will not report


@pytest.mark.parametrize("details", [*NEVER, *DIED, "Success"])
def test_who_never_began_has_failed_as_soon_as_ssm_says_so(fleet: Fleet, details: str) -> None:
    order = fleet.launched("a", "b")
    fleet.claim(order, "a")
    fleet.ssm.bring("b", details)
    look(fleet, order)
    status, reason, message = told(fleet, order, "b")
    assert (status, reason) == ("failed", "dispatch_failed")
    assert f"SSM: {details}" in str(message)
    assert (fleet.claimed(order, "b") or order).void
    assert fleet.result(order) is None
    fleet.report(order, "a")
    look(fleet, order)
    result = fleet.result(order)
    assert result is not None
    assert (result.status, result.reason) == (Status.FAILED, "dispatch_failed")


@pytest.mark.parametrize("details", [one for one, status in STATUSES.items() if status in ("Pending", "InProgress")])
def test_who_is_still_to_begin_is_waited_for(fleet: Fleet, details: str) -> None:
    order = fleet.launched("a")
    fleet.ssm.bring("a", details)
    fleet.clock.advance(START_LIMIT)
    look(fleet, order)
    assert fleet.claimed(order, "a") is None


def test_and_no_longer_than_it_may_take(fleet: Fleet) -> None:
    order = fleet.launched("a", "b")
    fleet.work(order, "a")
    fleet.clock.advance(START_LIMIT + 1)
    look(fleet, order)
    assert told(fleet, order, "b") == ("failed", "dispatch_failed", "it did not begin within 1800 s")
    assert fleet.result(order) is not None


def test_whom_no_command_is_for_is_not_waited_for(fleet: Fleet) -> None:
    order = fleet.launched("a", "b")
    del fleet.ssm.invocations[str(order.execution_id)]["b"]
    fleet.clock.advance(120.0)
    look(fleet, order)
    assert fleet.claimed(order, "b") is None, "SSM may need a moment"
    fleet.clock.advance(1.0)
    look(fleet, order)
    assert told(fleet, order, "b") == ("failed", "dispatch_failed", "SSM has no command for it")


def test_who_just_began_is_left_alone(fleet: Fleet) -> None:
    """Between the look and the refusal."""
    order = fleet.launched("a")
    fleet.ssm.bring("a", "Undeliverable")
    invocations = fleet.ssm.list_command_invocations

    def meanwhile(asked: dict[str, Any]) -> dict[str, Any]:
        fleet.claim(order, "a")
        return invocations(asked)

    fleet.ssm.list_command_invocations = meanwhile  # type: ignore[method-assign]
    look(fleet, order)
    assert fleet.ending(order, "a") is None
    look(fleet, order)
    assert fleet.ending(order, "a") is None
    fleet.report(order, "a")
    look(fleet, order)
    assert (fleet.result(order) or order).status is Status.SUCCEEDED


@pytest.mark.parametrize("details", DIED)
def test_whose_script_died_is_lost_once_a_beat_is_missing(fleet: Fleet, details: str) -> None:
    order = fleet.launched("a")
    fleet.claim(order, "a")
    fleet.beat(order, "a")
    fleet.ssm.bring("a", details)
    fleet.clock.advance(HEARTBEAT + 1)
    look(fleet, order)
    assert fleet.ending(order, "a") is None
    fleet.clock.advance(0.5)
    look(fleet, order)
    status, reason, message = told(fleet, order, "a")
    assert (status, reason) == ("failed", "worker_lost")
    assert f"SSM: {details}" in str(message)
    assert (fleet.result(order) or order).reason == "worker_lost"


@pytest.mark.parametrize("details", ["InProgress", "Success", *NEVER])
def test_who_is_silent_is_lost_whatever_ssm_says_and_who_beats_is_not(fleet: Fleet, details: str) -> None:
    order = fleet.launched("a", "b")
    fleet.claim(order, "a", "b")
    for _ in range(31):
        fleet.clock.advance(1.0)
        fleet.beat(order, "b")
    fleet.ssm.bring("a", details)
    fleet.ssm.bring("b", details)
    look(fleet, order)
    assert fleet.ending(order, "a") is None
    fleet.clock.advance(0.5)
    look(fleet, order)
    assert told(fleet, order, "a")[:2] == ("failed", "worker_lost")
    assert fleet.ending(order, "b") is None


def test_a_second_command_that_found_the_claim_says_nothing_of_the_first(fleet: Fleet) -> None:
    order = fleet.launched("a")
    order = fleet.relaunch(order)  # nobody could record the first
    fleet.claim(order, "a")
    fleet.ssm.bring("a", "Success")
    fleet.beat(order, "a")
    fleet.clock.advance(30.0)
    look(fleet, order)
    assert fleet.ending(order, "a") is None


def test_whoever_refused_it_and_died_is_made_up_for(fleet: Fleet) -> None:
    order = fleet.launched("a", "b")
    fleet.target.refuse(order, "job_timed_out", "why")
    fleet.work(order, "b")
    fleet.clock.advance(32.0)
    look(fleet, order)
    assert told(fleet, order, "a") == ("timed_out", "job_timed_out", "it was refused before it began")
    result = fleet.result(order)
    assert result is not None
    assert result.status is Status.TIMED_OUT


# What nobody heard of


def test_a_claim_that_nobody_heard_of_is_made_up_for(fleet: Fleet) -> None:
    order = fleet.launched("a", "b")
    fleet.ssm.bring("a", "Undeliverable")
    look(fleet, order)
    assert fleet.claimed(order) is None, "a void claim is none"
    fleet.claim(order, "b")
    look(fleet, order)
    claim = fleet.claimed(order)
    assert claim is not None
    assert (claim.void, claim.execution_url) == (False, order.execution_url)


def test_results_that_nobody_heard_of_are_made_up_for(fleet: Fleet) -> None:
    order = fleet.launched("a", "b", variables=1)
    fleet.work(order, "a", "b")
    fleet.restart()
    look(fleet, order)
    assert (fleet.result(order) or order).status is Status.SUCCEEDED
    assert fleet.objects.get(environment_key(RUN, "0001")) is None
    assert fleet.ssm.asked("ListCommandInvocations") == [], "nothing is left to ask for"


def test_an_environment_that_all_have_is_gone_after_a_look(fleet: Fleet) -> None:
    order = fleet.launched("a", "b", variables=1)
    fleet.claim(order, "a")
    look(fleet, order)
    assert fleet.objects.get(environment_key(RUN, "0001")) is not None
    fleet.claim(order, "b")
    look(fleet, order)
    assert fleet.objects.get(environment_key(RUN, "0001")) is None
    deleted = fleet.calls.count["bucket.delete"]
    look(fleet, order)
    assert fleet.calls.count["bucket.delete"] == deleted


def test_a_launch_that_nobody_could_record_is_seen_to_all_the_same(fleet: Fleet) -> None:
    order = order_with(fleet.launched("a", "b"), execution_id=None, execution_url=None)
    fleet.claim(order, "a")
    assert look(fleet, order).state is State.RUNNING
    assert fleet.claimed(order) is not None
    fleet.clock.advance(32.0)
    look(fleet, order)
    assert told(fleet, order, "a")[:2] == ("failed", "worker_lost")
    fleet.clock.advance(START_LIMIT)
    look(fleet, order)
    assert (fleet.result(order) or order).status is Status.FAILED


# When somebody does not answer


@pytest.mark.parametrize("how", ["throttled", "unreachable"])
def test_a_service_that_does_not_answer_says_nothing_and_the_rest_goes_on(fleet: Fleet, how: str) -> None:
    order = fleet.launched("a", "b")
    fleet.claim(order, "a", "b")
    fleet.report(order, "a")
    fleet.ssm.unreachable = how == "unreachable"
    fleet.ssm.refuse_with = Refusal("ThrottlingException")
    fleet.clock.advance(31.5)
    assert look(fleet, order).silence == 0.0
    assert told(fleet, order, "b")[:2] == ("failed", "worker_lost")
    assert fleet.result(order) is not None


def test_storage_that_does_not_answer_makes_nobody_lost(fleet: Fleet) -> None:
    order = fleet.launched("a")
    fleet.claim(order, "a")

    def broken(prefix: str, without: str) -> list[Any]:
        raise OSError("away")

    fleet.bucket.ages = broken  # type: ignore[method-assign]
    assert look(fleet, order) == Found(State.RUNNING, silence=0.0)


# Addresses


def renewals(fleet: Fleet) -> int:
    return fleet.objects.written[renewal_key(RUN, "0001")]


def test_addresses_are_renewed_each_half_hour_for_those_that_go_on(fleet: Fleet) -> None:
    order = order_with(fleet.launched("a", "b", deadline=fleet.clock.now() + 20_000), status=Status.RUNNING)
    fleet.work(order, "b")
    fleet.claim(order, "a")
    for minute in range(1, 101):
        fleet.clock.advance(60.0)
        fleet.beat(order, "a")
        if minute % 7 == 0:
            fleet.restart()
        fleet.calls.reset()
        look(fleet, order)
        assert renewals(fleet) == minute // 30
        if minute < 30:
            assert "bucket.age" not in fleet.calls.names
    renewed = json.loads(fleet.objects.get(renewal_key(RUN, "0001")) or b"")
    assert renewed.keys() == {"at", "renewal", "instances"}
    assert renewed["instances"].keys() == {"a"}
    assert renewed["instances"]["a"].keys() == (fleet.document(order) or {})["instances"]["a"].keys()


def test_when_all_have_reported_nothing_is_renewed(fleet: Fleet) -> None:
    order = fleet.launched("a")
    fleet.clock.advance(1_799.0)
    fleet.work(order, "a")
    fleet.clock.advance(10.0)
    look(fleet, order)
    assert renewals(fleet) == 0


# Crashes


@pytest.mark.parametrize("side", list(Side))
def test_a_look_that_dies_is_made_up_for_by_the_next(side: Side) -> None:
    index = 1
    while True:
        fleet = Fleet(hears=False)
        order = fleet.launched("offline", "silent", "fine", "quick", variables=1)
        fleet.claim(order, "silent")
        fleet.clock.advance(40.0)
        fleet.work(order, "fine", "quick")
        fleet.ssm.bring("offline", "Undeliverable")
        died = False
        with fleet.calls.points(fleet.calls.crash_at(index, side)):
            try:
                look(fleet, order)
            except Crash:
                died = True
        for _ in range(2):
            fleet.restart()
            fleet.clock.advance(60.0)
            look(fleet, order)
        result = fleet.result(order)
        assert result is not None
        reasons = {one.instance_id: one.reason for one in result.instances}
        assert reasons == {"offline": "dispatch_failed", "silent": "worker_lost", "fine": None, "quick": None}
        assert result.status is Status.FAILED
        assert fleet.objects.get(environment_key(RUN, "0001")) is None
        for key in (claim_key(RUN, "0001"), result_key(RUN, "0001"), launch_key(RUN, "0001")):
            assert fleet.objects.written[key] <= 1
        if not died:
            break
        index += 1
    assert index > 10
