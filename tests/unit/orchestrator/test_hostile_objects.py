"""Objects below a run's prefix that no worker wrote: the order concerned ends and says why, all else goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from fakes.platform import TICK, Platform
from fakes.simulation import Simulation
from fakes.verdict import check_ended
from fakes.workers import HEARTBEAT, NEVER, SUCCEEDED, Manner, Outcome
from unit.orchestrator.whole_runs import by_name, ends, order

from execution_engine.jobs.naming import claim_key, control_key, events_key, heartbeat_key, result_key
from execution_engine.orders.report import RESULT_LIMIT
from execution_engine.orders.status import Status

OTHER = "00000000-0000-4000-8000-00000000ffff"
DEEP = b"[" * 100_000
RESULTS: dict[str, bytes] = {
    "empty": b"",
    "no JSON": b"\xff\x00{",
    "no object": b'["succeeded"]',
    "unknown status": b'{"status": "splendid"}',
    "no end": b'{"status": "running"}',
    "deep": b'{"status": "succeeded", "x": ' + DEEP,
    "another run's": json.dumps({"status": "succeeded", "run_id": OTHER}).encode(),
    "another attempt's": b'{"status": "succeeded", "attempt": 2}',
    "too large": b'{"status": "succeeded", "log": "' + b"x" * RESULT_LIMIT + b'"}',
    "a reason of the engine's": b'{"status": "failed", "reason": "dependency_failed"}',
    "a number without end": b'{"status": "succeeded", "exit_code": ' + b"9" * 5_000 + b"}",
}
VICTIM = "0001"
ORDERS = [order("victim", timeout=3_000), order("behind", "victim"), order("other"), order("slow", timeout=300)]
SCRIPT = by_name({"victim": Outcome(seconds=2_000), "slow": Outcome(seconds=100)})


def begun(**fields: Any) -> tuple[Simulation, str]:
    """The job, as far as that its victim runs."""
    simulation = Simulation(script=SCRIPT)
    orders = [{**one, **(fields if one["order_name"] == "victim" else {})} for one in ORDERS]
    run_id = simulation.platform.submit({"orders": orders, "job_timeout": 9_000})
    while simulation.platform.orders(run_id)[VICTIM].status is not Status.RUNNING:
        assert simulation.step()
    return simulation, run_id


def ended(simulation: Simulation, run_id: str) -> dict[str, str]:
    simulation.finish()
    check_ended(simulation, run_id)
    return ends({one.order_name: one for one in simulation.platform.orders(run_id).values()})


def passes(platform: Platform) -> Callable[[], int]:
    """Counts those of the orchestrator from now on."""
    entered, enter = [0], platform.locks.enter

    def counted(*arguments: Any) -> Any:
        entered[0] += 1
        return enter(*arguments)

    platform.locks.enter = counted  # type: ignore[method-assign]
    return lambda: entered[0]


@pytest.mark.parametrize("body", RESULTS.values(), ids=RESULTS)
def test_a_result_that_no_worker_wrote_ends_its_order_alone(body: bytes) -> None:
    simulation, run_id = begun()
    platform = simulation.platform
    count = passes(platform)
    platform.objects.put_once(result_key(run_id, VICTIM), body)
    at = platform.clock.now()
    assert ended(simulation, run_id) == {
        "victim": "failed result_unreadable",
        "behind": "failed dependency_failed",
        "other": "succeeded",
        "slow": "succeeded",
    }
    victim = platform.orders(run_id)[VICTIM]
    assert victim.ended_at is not None
    assert victim.ended_at - at < TICK
    assert "can't be read" in (victim.log_tail or "")
    # The other orders' callbacks, and the run's own watchdog: nothing asks for the victim again.
    assert count() < 25


def test_whose_worker_still_runs_is_asked_to_end() -> None:
    simulation, run_id = begun()
    platform = simulation.platform
    platform.objects.put_once(result_key(run_id, VICTIM), b"nonsense")
    at = platform.clock.now()
    ended(simulation, run_id)
    asked = json.loads(platform.objects.get(control_key(run_id, VICTIM)) or b"null")
    assert (asked["action"], asked["attempt"], asked["reason"]) == ("stop", 1, "result_unreadable")
    assert asked["asked_at"] - at < TICK
    # A worker that is asked ends: nothing of it was left when its 2,000 s would have been over.
    assert platform.clock.now() - at < 1_000


def test_and_so_is_the_one_whose_attempt_is_made_again() -> None:
    simulation, run_id = begun(retries=1)
    platform = simulation.platform
    platform.objects.put_once(result_key(run_id, VICTIM), b"nonsense")
    while platform.orders(run_id)[VICTIM].status is not Status.QUEUED:
        simulation.step()
    asked = json.loads(platform.objects.get(control_key(run_id, VICTIM)) or b"null")
    assert (asked["attempt"], asked["reason"]) == (1, "result_unreadable")
    assert ended(simulation, run_id)["victim"] == "succeeded"
    again = [event.data for event in platform.events(run_id) if event.event_type == "queued"][-1]
    assert again is not None
    assert (again["attempt"], again["ended"], again["reason"]) == (1, "failed", "result_unreadable")


def test_an_order_that_no_worker_has_claimed_yet_never_starts() -> None:
    simulation = Simulation(script=lambda one: Outcome(manner=Manner.UNBORN) if one.order_name == "a" else SUCCEEDED)
    platform = simulation.platform
    run_id = platform.submit({"orders": [order("a"), order("b")], "job_timeout": 9_000})
    while platform.orders(run_id)[VICTIM].status is not Status.DISPATCHED:
        assert simulation.step()
    launched = platform.orders(run_id)[VICTIM]
    platform.objects.put_once(result_key(run_id, VICTIM), b"nonsense")
    assert ended(simulation, run_id) == {"a": "failed result_unreadable", "b": "succeeded"}
    simulation.workers.start(launched, SUCCEEDED)  # its launch, delivered an hour late
    assert simulation.workers.begun[run_id, VICTIM, 1] == 0


@pytest.mark.parametrize("told", [[], 7, {"i-1": []}, {"i-1": {"status": []}}, {"i-1": {"status": {}}}, {"": {}}])
def test_endings_of_instances_that_are_none_end_nothing_but_the_order(told: Any) -> None:
    simulation, run_id = begun()
    platform = simulation.platform
    result = {"status": "succeeded", "instances": told}
    platform.objects.put_once(result_key(run_id, VICTIM), json.dumps(result).encode())
    assert set(ended(simulation, run_id).values()) == {"succeeded"}
    assert platform.orders(run_id)[VICTIM].instances is None


@pytest.mark.parametrize("body", [b"", b"nonsense", DEEP, b"[]", b'{"nonce": {}, "at": "soon", "void": "yes"}'])
def test_a_claim_that_no_worker_wrote_is_a_worker_that_is_silent(body: bytes) -> None:
    simulation = Simulation()
    platform = simulation.platform
    platform.target.on_launch = lambda one: (
        (
            platform.objects.put_once(claim_key(run_id, one.order_num), body)
            if one.order_name == "a"
            else simulation.workers.launch(one)
        )
        and None
    )
    run_id = platform.submit({"orders": [order("a"), order("b")], "job_timeout": 9_000})
    assert ended(simulation, run_id) == {"a": "failed worker_lost", "b": "succeeded"}
    assert platform.clock.now() - platform.run(run_id).created_at < 3 * HEARTBEAT + 4 * TICK


@pytest.mark.parametrize("reason", [None, "because", "cancelled", ["x"], "\ud800"])
def test_a_void_claim_that_the_engine_never_made_ends_its_order(reason: Any) -> None:
    simulation = Simulation()
    platform = simulation.platform
    claim = json.dumps({"void": True, "reason": reason}).encode()
    platform.target.on_launch = lambda one: platform.objects.put_once(claim_key(run_id, one.order_num), claim) and None
    run_id = platform.submit({"orders": [order("a")], "job_timeout": 9_000})
    told = {None: "dispatch_failed", "\ud800": "?"}.get(reason if isinstance(reason, str) else None, reason)
    assert ended(simulation, run_id) == {"a": f"failed {told}"}
    assert platform.clock.now() - platform.run(run_id).created_at < 4 * TICK


@pytest.mark.parametrize("body", [b"", b"nonsense", DEEP, b"[]", b'{"attempt": [], "asked_at": {}}', b'{"action": 7}'])
def test_nonsense_that_is_asked_or_beaten_changes_nothing(body: bytes) -> None:
    simulation, run_id = begun()
    for key in (heartbeat_key(run_id, VICTIM), heartbeat_key(run_id, "0004")):
        simulation.platform.objects.put(key, body)
    if body != b"nonsense" and body != DEEP and body != b"":  # the fake workers read it as it is
        simulation.platform.objects.put(control_key(run_id, "0002"), body)
    assert set(ended(simulation, run_id).values()) == {"succeeded"}


EVENTS: dict[str, tuple[bytes, int]] = {
    "no list": (b'{"event_type": "x"}', 0),
    "no JSON": (b"nonsense", 0),
    "deep": (DEEP, 0),
    "no objects": (b"[1, null, [], " + b'"x", ' * 1_000 + b'{"event_type": "x"}]', 1),
    "many": (b"[" + b"{}," * 1_000_000 + b"{}]", 200),
    "fat": (json.dumps([{"event_type": "fat", "data": {"x": "y" * 1_000_000}}] * 2).encode(), 2),
}


@pytest.mark.parametrize(("body", "kept"), EVENTS.values(), ids=EVENTS)
def test_events_that_no_worker_wrote_are_taken_as_far_as_they_are_any(body: bytes, kept: int) -> None:
    simulation, run_id = begun()
    platform = simulation.platform
    platform.objects.put(events_key(run_id, VICTIM), body)
    platform.objects.put_once(result_key(run_id, VICTIM), b'{"status": "succeeded", "events": 10000}')
    assert set(ended(simulation, run_id).values()) == {"succeeded"}
    own = {"queued", "dispatched", "running", "succeeded"}
    told = [one for one in platform.events(run_id) if one.order_name == "victim" and one.event_type not in own]
    assert len(told) == kept
    assert all(len(json.dumps(dict(one.data or {}))) < 200 for one in told)


def test_events_pass_for_no_change_of_status() -> None:
    """``check_ended`` holds the history against the lifecycle."""
    simulation, run_id = begun()
    platform = simulation.platform
    faked = [{"event_type": kind} for kind in [*Status, "job_completed", "job_started"]]
    platform.objects.put(events_key(run_id, VICTIM), json.dumps(faked).encode())
    platform.objects.put_once(result_key(run_id, VICTIM), b'{"status": "failed", "events": 8}')
    assert ended(simulation, run_id)["victim"] == "failed"
    assert [one.event_type for one in platform.events(run_id)].count("job_completed") == 1


@pytest.mark.parametrize("never", [NEVER])
def test_a_request_from_the_future_keeps_nobody_from_ending_a_deaf_worker(never: float) -> None:
    """The job's own deadline asks again, in its own words."""
    simulation = Simulation(script=lambda _: Outcome(seconds=never, manner=Manner.DEAF))
    platform = simulation.platform
    run_id = platform.submit({"orders": [order("a")], "job_timeout": 2_000})
    while platform.orders(run_id)[VICTIM].status is not Status.RUNNING:
        assert simulation.step()
    asked = {"action": "stop", "attempt": 1, "asked_at": 9e10}
    platform.reports.ask(run_id, VICTIM, asked)
    for _ in range(100_000):
        if run_id in platform.done.documents:
            break
        assert simulation.step()
    assert ends({"a": platform.orders(run_id)[VICTIM]}) == {"a": "timed_out job_timed_out"}
