"""Attempts keep apart: what attempt 1 still says when attempt 2 is out ends nothing and changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from fakes.platform import TICK, Platform
from fakes.simulation import Simulation
from fakes.verdict import check_ended
from fakes.workers import HEARTBEAT, NEVER, SUCCEEDED, Manner, Outcome
from unit.orchestrator.whole_runs import order

from execution_engine.jobs.naming import (
    claim_key,
    control_key,
    events_key,
    heartbeat_key,
    log_chunk_name,
    log_prefix,
    result_key,
)
from execution_engine.orders.order import Order
from execution_engine.orders.status import Status

FIRST = Outcome("failed", 3, seconds=12, events=({"event_type": "told", "data": {"of": 1}},))
SECOND = Outcome(seconds=95, events=({"event_type": "told", "data": {"of": 2}},))
Say = Callable[[Platform, str], None]


def of_first(key: Callable[[str, str, int], str], document: Any) -> Say:
    """Written over whatever is there: more than a bucket would let a worker do."""

    def say(platform: Platform, run_id: str) -> None:
        ids = {"run_id": run_id, "order_num": "0001", "attempt": 1}
        body = {**ids, **document} if isinstance(document, dict) else document
        platform.objects.put(key(run_id, "0001", 1), json.dumps(body).encode())

    return say


def control(platform: Platform, run_id: str) -> None:
    request = {"action": "stop", "attempt": 1, "reason": "cancelled", "status": "failed", "asked_at": 0}
    platform.reports.ask(run_id, "0001", request)


def chunk(run_id: str, num: str, attempt: int) -> str:
    return log_prefix(run_id, num, attempt) + log_chunk_name(7)


LATE: dict[str, Say] = {
    "claim": of_first(claim_key, {"nonce": "late", "at": 5, "execution_url": "https://late"}),
    "void claim": of_first(claim_key, {"nonce": "late", "void": True, "reason": "cancelled"}),
    "success": of_first(result_key, {"status": "succeeded", "exit_code": 0, "started_at": 5, "events": 1}),
    "failure": of_first(result_key, {"status": "failed", "reason": "cancelled", "events": 9}),
    "nonsense": of_first(result_key, "nonsense"),
    "events": of_first(events_key, [{"event_type": "late"}] * 5),
    "heartbeat": of_first(heartbeat_key, {"at": 5}),
    "log": of_first(chunk, "late"),
    "control": control,
    "look": lambda platform, run_id: platform.orchestrator.look(run_id, ["0000", "0001"]),
}


def ran(when: Status | None, say: Say | None) -> tuple[Order, list[tuple[str, str, Any]]]:
    """The order as it ended, and its history without times. ``say`` speaks up when attempt 2 is first ``when``,
    and at all that happens from then on."""
    outcomes = {("a", 1): FIRST, ("a", 2): SECOND}
    simulation = Simulation(script=lambda one: outcomes.get((one.order_name, one.attempt), SUCCEEDED))
    platform = simulation.platform
    run_id = platform.submit({"orders": [order("a", retries=1, timeout=200), order("b", "a")]})
    spoken = 0
    while simulation.step():
        one = platform.orders(run_id)["0001"]
        begun = one.attempt == 2 and (one.status is when or spoken)
        if say is not None and begun and spoken < 20:
            spoken += 1
            say(platform, run_id)
    assert say is None or spoken > 5
    if say is None:
        check_ended(simulation, run_id)
    told = [
        (one.order_name, one.event_type, {k: v for k, v in (one.data or {}).items() if k != "not_before"})
        for one in platform.events(run_id)
    ]
    return platform.orders(run_id)["0001"], told


@pytest.mark.parametrize("when", [Status.DISPATCHED, Status.RUNNING, Status.SUCCEEDED])
@pytest.mark.parametrize("word", LATE)
def test_a_late_word_changes_nothing(word: str, when: Status) -> None:
    undisturbed, history = ran(None, None)
    assert (undisturbed.status, undisturbed.attempt, undisturbed.reason) == ("succeeded", 2, None)
    disturbed, same = ran(when, LATE[word])
    assert same == history
    assert disturbed == undisturbed


def test_the_history_tells_why_there_was_a_second_attempt() -> None:
    _, history = ran(None, None)
    kinds = [kind for name, kind, _ in history if name == "a"]
    assert kinds == [
        *("queued", "dispatched", "running", "told", "queued"),
        *("dispatched", "running", "told", "succeeded"),
    ]
    again = next(data for name, kind, data in history if (name, kind, data.get("attempt")) == ("a", "queued", 1))
    assert again == {"attempt": 1, "ended": "failed", "exit_code": 3}
    assert [data for _, kind, data in history if kind == "told"] == [{"of": 1}, {"of": 2}]


def test_heartbeats_of_the_first_attempt_do_not_hide_the_silence_of_the_second() -> None:
    outcomes = {1: FIRST, 2: Outcome(manner=Manner.LOST, seconds=NEVER)}
    simulation = Simulation(script=lambda one: outcomes[one.attempt])
    platform = simulation.platform
    run_id = platform.submit({"orders": [order("a", retries=1, timeout=3_000)], "job_timeout": 9_000})

    def beat() -> None:
        LATE["heartbeat"](platform, run_id)
        if not platform.orders(run_id)["0001"].status.is_terminal:
            simulation.later(HEARTBEAT, beat)

    simulation.later(15, beat)
    simulation.finish()
    check_ended(simulation, run_id)
    one = platform.orders(run_id)["0001"]
    assert (one.status, one.reason, one.attempt) == ("failed", "worker_lost", 2)
    assert one.started_at is not None
    assert one.ended_at is not None
    assert one.ended_at - one.started_at <= 3 * HEARTBEAT + 2 * TICK


def test_a_stop_that_was_asked_of_the_first_attempt_is_not_the_seconds() -> None:
    """The first ran over its time and was asked to end; what it was asked still lies there."""
    outcomes = {1: Outcome(seconds=500), 2: Outcome(seconds=50)}
    simulation = Simulation(script=lambda one: outcomes[one.attempt])
    platform = simulation.platform
    run_id = platform.submit({"orders": [order("a", retries=1, timeout=60)]})
    simulation.finish()
    check_ended(simulation, run_id)
    assert json.loads(platform.objects.get(control_key(run_id, "0001")) or b"")["attempt"] == 1
    one = platform.orders(run_id)["0001"]
    assert (one.status, one.attempt) == ("succeeded", 2)
    again = [event.data for event in platform.events(run_id) if event.event_type == "queued"][-1]
    assert again is not None
    assert (again["ended"], "reason" in again) == ("timed_out", False)
