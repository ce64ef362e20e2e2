"""Ended from outside: who has not begun never does, who will not report has a result; whoever was first stands."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.calls import Crash, Point, Side
from fakes.fleet import RUN, Fleet, order_with

from execution_engine.errors import LaunchFailed, StoreError
from execution_engine.jobs.naming import claim_key, launch_key, result_key
from execution_engine.orders.order import Order
from execution_engine.orders.status import Status
from execution_engine.orders.target import Found, State

CANCELLED: dict[str, Any] = {
    "status": "failed",
    "log": "never started",
    "exit_code": None,
    "reason": "cancelled",
    "ended_at": 1.0,
}


@pytest.fixture
def fleet() -> Fleet:
    return Fleet()


def refuse(fleet: Fleet, order: Order, reason: str = "cancelled") -> bool:
    return fleet.target.refuse(order, reason, "never started")


def endings(fleet: Fleet, order: Order, *names: str) -> list[tuple[str, str | None]]:
    found = [fleet.ending(order, name) or {} for name in names]
    return [(one.get("status", ""), one.get("reason")) for one in found]


# Refusing


def test_what_was_not_launched_never_will_be(fleet: Fleet) -> None:
    order = fleet.order("a")
    assert refuse(fleet, order)
    assert refuse(fleet, order)
    with pytest.raises(LaunchFailed):
        fleet.target.launch(order)


def test_what_nobody_began_nobody_will(fleet: Fleet) -> None:
    order = fleet.launched("a", "b")
    assert refuse(fleet, order)
    assert refuse(fleet, order)
    assert fleet.claim(order, "a", "b") == [False, False]
    assert fleet.claimed(order) is None
    assert fleet.result(order) is None, "whoever asked says how it ended"


@pytest.mark.parametrize(("reason", "status"), [("cancelled", "failed"), ("job_timed_out", "timed_out")])
@pytest.mark.parametrize("beats", [False, True])
def test_what_one_began_goes_on_without_the_others(fleet: Fleet, reason: str, status: str, beats: bool) -> None:
    fleet.hears = False
    order = fleet.launched("a", "b", "c")
    fleet.claim(order, "b", execution_url="https://x.org/b")
    if beats:
        fleet.beat(order, "b")
    assert not refuse(fleet, order, reason)
    claim = fleet.claimed(order)
    assert claim is not None
    assert (claim.void, claim.execution_url) == (False, "https://x.org/b")
    assert fleet.claim(order, "a", "c") == [False, False]
    assert endings(fleet, order, "a", "b", "c") == [(status, reason), ("", None), (status, reason)]
    assert (fleet.ending(order, "a") or {})["log"] == "never started"
    assert fleet.result(order) is None
    fleet.report(order, "b")
    fleet.target.look_up(order)
    assert (fleet.result(order) or claim).reason == reason


def test_all_that_began_have_ended_so_the_order_has(fleet: Fleet) -> None:
    fleet.hears = False
    order = fleet.launched("a", "b")
    fleet.work(order, "a")
    assert not refuse(fleet, order)
    result = fleet.result(order)
    assert result is not None
    assert [one.status for one in result.instances] == [Status.SUCCEEDED, Status.FAILED]


def test_a_claim_that_can_not_be_read_is_somebodys(fleet: Fleet) -> None:
    order = fleet.launched("a")
    fleet.objects.put(claim_key(RUN, "0001", 1, "a"), b"\x00")
    assert not refuse(fleet, order)


@pytest.mark.parametrize("key", [launch_key(RUN, "0001"), claim_key(RUN, "0001", 1, "a")])
def test_what_can_neither_be_written_nor_read_is_no_answer(fleet: Fleet, key: str) -> None:
    """S3 says that another write is under way, which then is not."""
    order = fleet.order("a")
    if key != launch_key(RUN, "0001"):
        fleet.target.launch(order)
    write = fleet.bucket.write_once
    fleet.bucket.write_once = lambda at, body, content_type="": at != key and write(at, body)  # type: ignore[method-assign]
    with pytest.raises(StoreError, match="try again"):
        refuse(fleet, order)


# Concluding


def test_what_was_never_launched_is_left_to_who_asked(fleet: Fleet) -> None:
    order = fleet.order("a")
    assert not fleet.target.conclude(order, CANCELLED)
    refuse(fleet, order)
    assert not fleet.target.conclude(order, CANCELLED)
    assert fleet.result(order) is None


def test_those_that_did_not_report_end_as_they_are_told(fleet: Fleet) -> None:
    order = fleet.launched("a", "b", "c")
    fleet.work(order, "a")
    fleet.claim(order, "b")
    late = {**CANCELLED, "status": "timed_out", "reason": None, "log": "ended from outside"}
    assert fleet.target.conclude(order, late)
    assert endings(fleet, order, "a", "b", "c") == [("succeeded", None), ("timed_out", None), ("timed_out", None)]
    result = fleet.result(order)
    assert result is not None
    assert (result.status, result.reason) == (Status.TIMED_OUT, None)
    assert [one.message for one in result.instances] == [None, "ended from outside", "ended from outside"]
    assert fleet.claim(order, "c") == [False], "it may not begin after the end"
    assert not fleet.report(order, "b"), "the first result stands"
    assert fleet.target.conclude(order, CANCELLED)
    assert (fleet.result(order) or result).status is Status.TIMED_OUT


def test_refused_and_concluded_is_as_whoever_asked_says(fleet: Fleet) -> None:
    order = fleet.launched("a", "b")
    assert refuse(fleet, order)
    assert fleet.target.conclude(order, CANCELLED)
    result = fleet.result(order)
    assert result is not None
    assert (result.status, result.reason, result.started_at) == (Status.FAILED, "cancelled", None)
    assert result.log.count("(cancelled)") == 2


def test_what_has_its_result_keeps_it(fleet: Fleet) -> None:
    order = fleet.launched("a")
    fleet.work(order, "a")
    fleet.deliver()
    fleet.restart()
    assert fleet.target.conclude(order, CANCELLED)
    assert (fleet.result(order) or CANCELLED).status is Status.SUCCEEDED  # type: ignore[union-attr]


def test_a_launch_that_can_not_be_read_holds_up_nobody(fleet: Fleet) -> None:
    order = fleet.order("a")
    fleet.objects.put(launch_key(RUN, "0001"), b"no zip")
    assert fleet.target.look_up(order) == Found(State.ENDED, "it was refused before its launch (bundle_unreadable)")
    assert refuse(fleet, order)
    assert not fleet.target.conclude(order, CANCELLED)


# Stopping and releasing


def test_every_command_is_cancelled_and_what_is_gone_is_success(fleet: Fleet) -> None:
    order = fleet.launched(*[f"i-{n}" for n in range(60)])
    fleet.target.stop(order_with(order, execution_id=f"{order.execution_id},00000000-0000-4000-8000-000000000009"))
    assert {details for going in fleet.ssm.invocations.values() for details in going.values()} == {"Cancelled"}
    fleet.target.stop(order)
    fleet.target.stop(order_with(order, execution_id=None))


def test_what_could_not_be_cancelled_is_raised(fleet: Fleet) -> None:
    order = fleet.launched("a")
    fleet.ssm.unreachable = True
    with pytest.raises(Exception, match="Could not connect"):
        fleet.target.stop(order)


@pytest.mark.parametrize("attempt", [1, 2])
def test_what_was_kept_for_it_is_gone_and_the_rest_is_not(fleet: Fleet, attempt: int) -> None:
    order = fleet.launched("a", variables=1, attempt=attempt, retries=2)
    other = fleet.launched("a", variables=1, order_num="0002")
    fleet.clock.advance(1_900.0)
    fleet.claim(order, "a")
    fleet.claim(other, "a")
    fleet.beat(order, "a")
    fleet.target.look_up(order)
    kept = fleet.objects.keys("tmp/exec/")
    assert any(key.endswith("renewed.json") for key in kept)
    fleet.calls.reset()
    fleet.target.release(order)
    assert fleet.calls.names == ["bucket.delete"]
    gone = set(kept) - set(fleet.objects.keys("tmp/exec/"))
    assert {key.rpartition("/")[2] for key in gone} == {"environment.json", "renewed.json"}
    assert all("/0001/" in key for key in gone)
    fleet.target.release(order)


def test_what_never_ran_is_released_too(fleet: Fleet) -> None:
    order = fleet.order("a", variables=1, attempt=0)
    fleet.target.release(order)
    assert not any(key.endswith("environment.json") for key in fleet.objects.keys("tmp/exec/"))


@pytest.mark.parametrize("refused", [False, True])
def test_a_launcher_that_comes_after_the_end_starts_nothing(fleet: Fleet, refused: bool) -> None:
    """Whom the tags mean by then it does not tell either."""
    fleet.ssm.manage("a", Role="web")
    order = fleet.order(ssm_targets={"tags": {"Role": "web"}})
    if not refused:
        fleet.target.launch(order)
    refuse(fleet, order)
    fleet.target.conclude(order, CANCELLED)
    fleet.target.release(order)
    fleet.ssm.manage("b", Role="web")
    sent = len(fleet.ssm.commands)
    for launches in (1, 2):
        for launcher in (fleet.target, fleet.process()):
            try:
                launcher.launch(order_with(order, launches=launches))
            except LaunchFailed as error:
                assert not error.transient
    assert len(fleet.ssm.commands) == sent


# Races: what an instance does comes between any two steps


def beginning(fleet: Fleet, order: Order, index: int, side: Side) -> tuple[bool, bool, bool]:
    """Instance ``b`` begins at this moment: whether the order was refused, whether ``b`` could, whether it was met."""
    began: list[bool] = []

    def begin(point: Point) -> None:
        if (point.index, point.side) == (index, side):
            began.extend(fleet.claim(order, "b"))

    with fleet.calls.points(begin):
        answer = refuse(fleet, order)
    return answer, began == [True], bool(began)


@pytest.mark.parametrize("side", list(Side))
def test_refused_or_begun_and_never_both(side: Side) -> None:
    outcomes = set()
    index = 1
    while True:
        fleet = Fleet(hears=False)
        order = fleet.launched("a", "b", "c")
        fleet.restart()
        is_refused, began, met = beginning(fleet, order, index, side)
        if not met:
            break
        assert is_refused is not began
        claim = fleet.claimed(order)
        if is_refused:
            assert claim is None
        else:
            assert claim is not None
            assert not claim.void
            assert endings(fleet, order, "a", "c") == [("failed", "cancelled")] * 2
            fleet.report(order, "b")
            fleet.target.look_up(order)
            assert fleet.result(order) is not None
        assert fleet.claim(order, "a", "c") == [False, False]
        outcomes.add(is_refused)
        index += 1
    assert outcomes == {True, False}


@pytest.mark.parametrize("side", list(Side))
def test_launched_or_refused_whoever_is_slow(side: Side) -> None:
    """A launch at every moment of a refusal, and a refusal at every moment of a launch."""
    for slow, quick in (("launch", "refuse"), ("refuse", "launch")):
        index = 1
        while True:
            fleet = Fleet(hears=False)
            order = fleet.order("a", "b")
            other = fleet.process()
            answers: dict[str, Any] = {}
            acts = {
                "launch": lambda target, order=order: target.launch(order),
                "refuse": lambda target, order=order: target.refuse(order, "cancelled", "never started"),
            }

            def act(name: str, target: Any, acts: Any = acts, answers: Any = answers) -> None:
                try:
                    answers[name] = acts[name](target)
                except LaunchFailed as error:
                    answers[name] = error

            def meet(point: Point, quick: str = quick, other: Any = other, index: int = index) -> None:
                if (point.index, point.side) == (index, side) and quick not in answers:  # noqa: B023
                    fleet.calls.on_point = None  # noqa: B023
                    act(quick, other)

            with fleet.calls.points(meet):
                act(slow, fleet.target)
            if quick not in answers:
                break
            assert answers["refuse"] is True
            started = [fleet.claim(order, "a", "b") for _ in fleet.ssm.commands]
            assert all(one == [False, False] for one in started)
            index += 1
        assert index > 2


@pytest.mark.parametrize("side", list(Side))
def test_a_result_that_comes_while_the_order_is_concluded_counts_or_does_not(side: Side) -> None:
    index, outcomes = 1, set()
    while True:
        fleet = Fleet(hears=False)
        order = fleet.launched("a", "b")
        fleet.claim(order, "a", "b")
        landed: list[bool] = []

        def report(point: Point, fleet: Any = fleet, order: Any = order, landed: Any = landed, at: int = index) -> None:
            if (point.index, point.side) == (at, side):
                landed.append(fleet.report(order, "b"))

        with fleet.calls.points(report):
            assert fleet.target.conclude(order, CANCELLED)
        if not landed:
            break
        result = fleet.result(order)
        assert result is not None
        assert result.instances[1].status is (Status.SUCCEEDED if landed[0] else Status.FAILED)
        assert fleet.objects.written[result_key(RUN, "0001")] == 1
        outcomes.add(landed[0])
        index += 1
    assert outcomes == {True, False}


# Crashes: whoever dies in between is made up for by the next who does the same


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize("begun", [False, True])
@pytest.mark.parametrize("launched", [False, True])
def test_who_dies_while_ending_it_is_followed_by_one_who_ends_it(side: Side, begun: bool, launched: bool) -> None:
    if begun and not launched:
        return
    index = 1
    while True:
        fleet = Fleet(hears=False)
        order = fleet.launched("a", "b") if launched else fleet.order("a", "b")
        if begun:
            fleet.claim(order, "a")
        died = False
        with fleet.calls.points(fleet.calls.crash_at(index, side)):
            try:
                ended_from_outside(fleet, order)
            except Crash:
                died = True
        fleet.restart()
        if begun:
            assert not refuse(fleet, order)
            fleet.report(order, "a")
            fleet.target.look_up(order)
        else:
            ended_from_outside(fleet, order)
        result = fleet.result(order)
        if launched:
            assert result is not None
            assert (result.status, result.reason) == (Status.FAILED, "cancelled")
            assert len(result.instances) == 2
        else:
            assert (fleet.document(order) or {})["void"] is True
        if not died:
            break
        index += 1
    assert index > 2


def ended_from_outside(fleet: Fleet, order: Order) -> None:
    if refuse(fleet, order):
        fleet.target.conclude(order, CANCELLED)
