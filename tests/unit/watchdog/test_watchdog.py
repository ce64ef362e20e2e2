"""One check at a time: what it says, what it does, and how many services it asks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from contracts.examples import a_run, an_order
from fakes.damage import GONE, THE_WHOLE, Damage
from fakes.platform import TICK, Platform
from fakes.time_and_ids import START

from execution_engine.jobs.naming import claim_key, control_key, heartbeat_key, result_key
from execution_engine.orders.order import Order
from execution_engine.orders.run import Phase, Tally
from execution_engine.orders.status import Status
from execution_engine.orders.target import Found, State
from execution_engine.watchdog.watchdog import SUBMISSION_LIMIT, Watched

RUN = "00000000-0000-4000-8000-000000000001"
FIRST = (RUN, "0001", 1)


def watched(num: str = "0001", attempt: int = 1) -> Watched:
    return Watched(RUN, num, attempt)


def is_over(platform: Platform, what: Watched) -> bool:
    return platform.watchdog.check(what) is None


@pytest.fixture
def platform() -> Platform:
    return Platform()


def store(platform: Platform, run: dict[str, Any] | None = None, **order: Any) -> None:
    out = {"status": Status.DISPATCHED, "attempt": 1, "launches": 1, "dispatched_at": START, "launched_at": START}
    defaults = {"created_at": START, "deadline": START + 3_600, "tally": Tally(open=1, in_flight=1), "total": 1}
    platform.records.create_run(a_run(RUN, **{**defaults, **(run or {})}))
    platform.records.add_orders([an_order(RUN, **{**out, **order})], [])
    platform.calls.reset()


def write(platform: Platform, key: str, document: Any) -> None:
    platform.objects.put(key, json.dumps(document).encode())


def claimed(platform: Platform, **fields: Any) -> None:
    write(platform, claim_key(*FIRST), {"nonce": "n", "at": platform.clock.now(), **fields})


def result(platform: Platform) -> dict[str, Any]:
    data = platform.objects.get(result_key(*FIRST))
    assert data is not None
    return dict(json.loads(data))


def ended(platform: Platform) -> tuple[str, str | None]:
    found = result(platform)
    return found["status"], found["reason"]


# Orders


def test_what_is_over_is_over(platform: Platform) -> None:
    store(platform, status=Status.FAILED)
    assert is_over(platform, watched())
    assert platform.calls.names == ["records.read"]


def test_a_later_attempt_has_its_own(platform: Platform) -> None:
    store(platform, attempt=2)
    assert is_over(platform, watched(attempt=1))


@pytest.mark.parametrize("damage", [THE_WHOLE, Damage("cmds", GONE)], ids=str)
def test_an_order_that_is_gone_or_unreadable_is_repaired_by_the_orchestrator(
    platform: Platform, damage: Damage
) -> None:
    store(platform)
    damage.do(platform.records, RUN, "0001")
    assert platform.watchdog.check(watched()) == TICK
    assert platform.waker.woken == [(RUN, "0001")]


@pytest.mark.parametrize("phase", [Phase.COMPLETED, Phase.WITHDRAWN])
def test_an_unreadable_order_of_a_run_that_is_over_is_not_watched(platform: Platform, phase: Phase) -> None:
    store(platform, {"phase": phase})
    platform.records.spoil(RUN, "0001")
    assert is_over(platform, watched())
    assert platform.waker.woken == []


def test_an_order_of_a_run_that_is_gone_is_not_watched(platform: Platform) -> None:
    store(platform)
    THE_WHOLE.do(platform.records, RUN, "0000")
    assert is_over(platform, watched())
    assert platform.waker.woken == []


@pytest.mark.parametrize("num", ["0000", "0001"])
def test_a_run_that_can_not_be_read_is_repaired_by_the_orchestrator(platform: Platform, num: str) -> None:
    store(platform)
    Damage("deadline", GONE).do(platform.records, RUN, "0000")
    assert platform.watchdog.check(watched(num)) == TICK
    assert platform.waker.woken == [(RUN, num)]


@pytest.mark.parametrize("num", ["0000", "0001"])
def test_a_run_that_can_not_be_read_but_is_done_is_not_watched(platform: Platform, num: str) -> None:
    store(platform)
    platform.done.write(RUN, {})
    Damage("deadline", GONE).do(platform.records, RUN, "0000")
    assert is_over(platform, watched(num))
    assert platform.waker.woken == []


def test_what_was_just_launched_is_waited_for(platform: Platform) -> None:
    store(platform)
    platform.clock.advance(60)
    assert not is_over(platform, watched())
    assert platform.calls.names == ["records.read", "reports.has_result", "reports.claim"]


def test_what_nobody_claimed_is_left_to_the_orchestrator_to_launch_again(platform: Platform) -> None:
    store(platform)
    platform.clock.advance(120)
    assert not is_over(platform, watched())
    assert platform.waker.woken == [(RUN, "0001")]


def test_a_result_that_nobody_heard_of_is_told(platform: Platform) -> None:
    store(platform)
    write(platform, result_key(*FIRST), {"status": "succeeded"})
    assert not is_over(platform, watched())
    assert platform.waker.woken == [(RUN, "0001")]


def test_what_never_starts_is_given_up_by_winning_its_claim(platform: Platform) -> None:
    store(platform)
    platform.clock.advance(1_801)
    assert not is_over(platform, watched())
    assert ended(platform) == ("failed", "dispatch_failed")
    assert "1800 s and 1 launches" in result(platform)["log"]
    claim = json.loads(platform.objects.get(claim_key(*FIRST)) or b"")
    assert (claim["void"], claim["by"], claim["reason"]) == (True, "engine", "dispatch_failed")


def test_a_worker_that_claims_meanwhile_is_not_given_up(platform: Platform) -> None:
    store(platform)
    platform.clock.advance(1_801)
    with platform.calls.points(
        lambda point: claimed(platform) if str(point).startswith("before reports.void") else None
    ):
        platform.watchdog.check(watched())
    assert platform.objects.get(result_key(*FIRST)) is None


def test_a_void_claim_whose_author_died_gets_its_result(platform: Platform) -> None:
    store(platform)
    claimed(platform, void=True, reason="job_timed_out")
    assert not is_over(platform, watched())
    assert ended(platform) == ("timed_out", "job_timed_out")


def test_a_void_claim_that_gives_no_reason_gets_its_result_too(platform: Platform) -> None:
    store(platform)
    claimed(platform, void=True)
    platform.watchdog.check(watched())
    assert ended(platform) == ("failed", "dispatch_failed")


def test_a_silent_worker_is_lost(platform: Platform) -> None:
    store(platform, status=Status.RUNNING, started_at=START, timeout=3_000)
    claimed(platform)
    platform.clock.advance(20)
    write(platform, heartbeat_key(*FIRST), {})
    platform.clock.advance(31)
    platform.watchdog.check(watched())
    assert platform.objects.get(result_key(*FIRST)) is None
    platform.clock.advance(1)
    assert not is_over(platform, watched())
    assert ended(platform) == ("failed", "worker_lost")


def test_who_is_over_time_is_asked_and_then_ended(platform: Platform) -> None:
    store(platform, status=Status.RUNNING, started_at=START, timeout=100)
    claimed(platform)

    def check_at(seconds: float) -> None:
        platform.clock.time = START + seconds
        write(platform, heartbeat_key(*FIRST), {})
        assert not is_over(platform, watched())

    check_at(190)
    assert platform.objects.get(control_key(RUN, "0001")) is None
    check_at(191)
    asked = json.loads(platform.objects.get(control_key(RUN, "0001")) or b"")
    assert asked == {
        "action": "stop",
        "attempt": 1,
        "reason": None,
        "status": "timed_out",
        "asked_at": START + 191,
    }
    check_at(300)
    assert platform.objects.get(result_key(*FIRST)) is None
    check_at(312)
    assert ended(platform) == ("timed_out", None)


@pytest.mark.parametrize(("reason", "status"), [("cancelled", "failed"), ("job_timed_out", "timed_out")])
def test_who_does_not_answer_ends_for_what_it_was_asked(platform: Platform, reason: str, status: str) -> None:
    store(platform, status=Status.RUNNING, started_at=START, timeout=9_000)
    claimed(platform)
    write(platform, control_key(RUN, "0001"), {"action": "stop", "reason": reason, "asked_at": START})
    platform.clock.advance(130)
    write(platform, heartbeat_key(*FIRST), {})
    platform.watchdog.check(watched())
    assert ended(platform) == (status, reason)


@pytest.mark.parametrize("asked_at", [None, "soon", True, float("nan"), 10**400, [1]])
def test_a_request_that_makes_no_sense_harms_nobody(platform: Platform, asked_at: Any) -> None:
    store(platform, status=Status.RUNNING, started_at=START)
    claimed(platform)
    write(platform, control_key(RUN, "0001"), {"asked_at": asked_at})
    assert not is_over(platform, watched())
    assert platform.objects.get(result_key(*FIRST)) is None


def test_who_loses_against_the_workers_result_tells_the_orchestrator(platform: Platform) -> None:
    store(platform, status=Status.RUNNING, started_at=START, timeout=3_000)
    claimed(platform)
    platform.clock.advance(60)

    def report(point: object) -> None:
        if str(point).startswith("before reports.write_result"):
            write(platform, result_key(*FIRST), {"status": "succeeded"})

    with platform.calls.points(report):
        platform.watchdog.check(watched())
    assert result(platform) == {"status": "succeeded"}
    assert platform.waker.woken == [(RUN, "0001")]


# Runs


def run_is_over(platform: Platform) -> bool:
    return is_over(platform, watched("0000"))


def test_a_run_that_is_gone_is_not_watched(platform: Platform) -> None:
    assert run_is_over(platform)


def test_a_run_that_goes_on_is_looked_at_for_marks_that_a_dead_pass_left(platform: Platform) -> None:
    store(platform)
    assert not run_is_over(platform)
    assert (platform.calls.names, platform.waker.woken) == (["records.read", "waker.wake"], [(RUN, "0000")])


def test_a_submission_that_was_withdrawn_is_swept_at_once(platform: Platform) -> None:
    store(platform, {"phase": Phase.WITHDRAWN})
    assert run_is_over(platform)
    assert (platform.swept, platform.waker.woken) == ([RUN], [])


@pytest.mark.parametrize(("left", "wait"), [(3_600, TICK), (60, 60), (59.5, 60), (7.2, 8), (0, TICK), (-5, TICK)])
def test_a_run_is_looked_at_again_when_its_time_is_up(platform: Platform, left: float, wait: int) -> None:
    store(platform, {"deadline": START + left})
    assert platform.watchdog.check(watched("0000")) == wait


def test_an_order_is_looked_at_again_at_every_tick(platform: Platform) -> None:
    store(platform)
    assert platform.watchdog.check(watched()) == TICK


@pytest.mark.parametrize(
    "run",
    [
        {"deadline": START - 1},
        {"stop": "cancelled", "stop_cursor": 0},
        {"tally": Tally(open=3)},
        {"tally": Tally(succeeded=1)},
        {"phase": Phase.COMPLETED, "tally": Tally(succeeded=1)},
    ],
    ids=["deadline", "stopping", "nothing-out", "nothing-open", "completed-without-done"],
)
def test_a_run_that_stands_still_is_poked(platform: Platform, run: dict[str, Any]) -> None:
    store(platform, run)
    assert not run_is_over(platform)
    assert platform.waker.woken == [(RUN, "0000")]


def test_a_run_is_over_when_done_is_written(platform: Platform) -> None:
    store(platform, {"phase": Phase.COMPLETED})
    platform.done.write(RUN, {})
    assert run_is_over(platform)


@pytest.mark.parametrize("left", ["held", "marked"])
def test_a_run_is_not_over_while_a_dead_pass_holds_its_lock_or_left_marks(platform: Platform, left: str) -> None:
    store(platform, {"phase": Phase.COMPLETED})
    platform.done.write(RUN, {})
    if left == "held":
        platform.locks.enter(RUN, frozenset({"0000/look/1"}), "dead", START, 45)
    else:
        platform.locks.mark(RUN, frozenset({"0000/look/1"}), START)
    assert not run_is_over(platform)
    assert platform.waker.woken == [(RUN, "0000")]
    platform.clock.advance(46)
    platform.orchestrator.look(RUN, ["0000"])
    assert run_is_over(platform)


# What the order's service says


def gone(platform: Platform, *, launched: str | None = "build-1", message: str | None = "no such image") -> None:
    store(platform, execution_id=launched)
    platform.target.on_look_up = lambda order: Found(State.ENDED, message)


def result_of(platform: Platform) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(platform.objects.get(result_key(RUN, "0001")) or b"null")
    return found


def test_what_its_service_ended_before_a_worker_spoke_ends_at_once_with_what_it_says(platform: Platform) -> None:
    gone(platform)
    platform.watchdog.check(watched())
    found = result_of(platform)
    assert (found["status"], found["reason"]) == ("failed", "dispatch_failed")
    assert "build-1" in found["log"]
    assert "no such image" in found["log"]
    assert json.loads(platform.objects.get(claim_key(RUN, "0001")) or b"")["void"] is True


def test_what_its_service_ended_under_the_worker_is_lost_at_once(platform: Platform) -> None:
    gone(platform)
    platform.objects.put_once(claim_key(RUN, "0001"), b'{"nonce": "n"}')
    platform.watchdog.check(watched())
    assert (result_of(platform)["status"], result_of(platform)["reason"]) == ("failed", "worker_lost")


def test_what_was_asked_to_end_and_whose_service_ended_it_ended_for_that_reason(platform: Platform) -> None:
    gone(platform)
    platform.objects.put_once(claim_key(RUN, "0001"), b'{"nonce": "n"}')
    request = {"action": "stop", "attempt": 1, "reason": "cancelled", "status": "failed", "asked_at": START}
    platform.reports.ask(RUN, "0001", request)
    platform.watchdog.check(watched())
    assert (result_of(platform)["status"], result_of(platform)["reason"]) == ("failed", "cancelled")


def test_a_result_that_came_before_its_service_ended_stands(platform: Platform) -> None:
    gone(platform)
    platform.objects.put_once(result_key(RUN, "0001"), b'{"status": "succeeded"}')
    platform.watchdog.check(watched())
    assert result_of(platform) == {"status": "succeeded"}
    assert platform.waker.woken == [(RUN, "0001")]


@pytest.mark.parametrize("found", [None, Found(State.WAITING), Found(State.RUNNING)])
def test_what_its_service_has_is_not_launched_again_but_does_not_wait_for_ever(
    platform: Platform, found: Found | None
) -> None:
    gone(platform)
    platform.target.on_look_up = lambda order: found
    platform.clock.advance(1_700)
    platform.watchdog.check(watched())
    assert (platform.waker.woken, result_of(platform)) == ([], None)
    platform.clock.advance(200)
    platform.watchdog.check(watched())
    assert result_of(platform)["reason"] == "dispatch_failed"
    assert [one.order_num for one in platform.target.stopped] == ["0001"]


def test_a_service_that_does_not_answer_says_nothing(platform: Platform) -> None:
    gone(platform)

    def refuse(order: Order) -> Found | None:
        raise ConnectionError

    platform.target.on_look_up = refuse
    assert platform.watchdog.check(watched()) == TICK
    assert result_of(platform) is None


def test_what_has_no_id_is_not_asked_for(platform: Platform) -> None:
    gone(platform, launched=None)
    platform.watchdog.check(watched())
    assert result_of(platform) is None
    assert "target.look_up" not in platform.calls.names


def test_a_submission_has_its_time(platform: Platform) -> None:
    store(platform, {"phase": Phase.SUBMITTING})
    platform.clock.advance(SUBMISSION_LIMIT)
    assert not run_is_over(platform)
    assert (platform.swept, platform.waker.woken) == ([], [])
    platform.clock.advance(1)
    assert run_is_over(platform)
    assert platform.swept == [RUN]


def test_a_start_signal_that_was_lost_is_told_and_nothing_is_swept(platform: Platform) -> None:
    store(platform, {"phase": Phase.SUBMITTING})
    platform.reports.signal_start(RUN)
    platform.clock.advance(10 * SUBMISSION_LIMIT)
    assert not run_is_over(platform)
    assert (platform.swept, platform.waker.woken) == ([], [(RUN, "0000")])
