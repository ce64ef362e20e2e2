"""What a watchdog thinks of what it saw, as a table."""

from __future__ import annotations

from typing import Any

import pytest
from contracts.examples import an_order

from execution_engine.orders.report import Claim
from execution_engine.orders.status import TERMINAL, Status
from execution_engine.watchdog.verdict import Patience, Sighting, Verdict, of_attempt, of_sighting

RUN = "00000000-0000-4000-8000-000000000001"
PATIENCE = Patience(grace=30, heartbeat=10, start_limit=1_800, relaunch_after=120, tick=60)
T = 1_700_000_000.0
CLAIM = Claim(nonce="n", at=T)
VOID = Claim(nonce="n", at=T, void=True)
RUNNING = {"status": Status.RUNNING, "started_at": T}


@pytest.mark.parametrize(
    ("status", "attempt", "watched", "verdict"),
    [
        *((status, 1, 1, Verdict.DONE) for status in sorted(TERMINAL)),
        (Status.RUNNING, 2, 1, Verdict.DONE),
        (Status.QUEUED, 2, 1, Verdict.DONE),
        (Status.QUEUED, 0, 1, Verdict.POKE),
        (Status.QUEUED, 1, 1, Verdict.POKE),
        (Status.RUNNING, 1, 2, Verdict.POKE),
        (Status.DISPATCHED, 1, 1, None),
        (Status.RUNNING, 1, 1, None),
    ],
)
def test_what_the_record_alone_decides(status: Status, attempt: int, watched: int, verdict: Verdict | None) -> None:
    assert of_attempt(an_order(RUN, status=status, attempt=attempt), watched) is verdict


@pytest.mark.parametrize(
    ("order", "seen", "now", "verdict"),
    [
        # There is a result: whatever else, the orchestrator has not heard of it.
        (RUNNING, Sighting(has_result=True), T + 9e6, Verdict.POKE),
        # Nobody claimed it.
        ({}, Sighting(), T + 119.9, Verdict.WAIT),
        ({}, Sighting(), T + 120, Verdict.POKE),
        ({"launches": 2}, Sighting(), T + 239.9, Verdict.WAIT),
        ({"launches": 2}, Sighting(), T + 240, Verdict.POKE),
        ({"launched_at": T + 100}, Sighting(), T + 219, Verdict.WAIT),
        ({}, Sighting(), T + 1_800, Verdict.POKE),
        ({}, Sighting(), T + 1_800.1, Verdict.GIVE_UP),
        ({"launched_at": T + 1_790}, Sighting(), T + 1_801, Verdict.GIVE_UP),
        # Somebody won the claim to end it.
        ({}, Sighting(claim=VOID), T + 1, Verdict.OVERDUE),
        # A worker has it.
        (RUNNING, Sighting(claim=CLAIM, silence=5), T + 50, Verdict.WAIT),
        ({}, Sighting(claim=CLAIM, silence=5), T + 50, Verdict.POKE),
        (RUNNING, Sighting(claim=CLAIM, silence=31), T + 50, Verdict.WAIT),
        (RUNNING, Sighting(claim=CLAIM, silence=31.1), T + 50, Verdict.LOST),
        (RUNNING, Sighting(claim=CLAIM, silence=None), T + 50, Verdict.WAIT),
        (RUNNING, Sighting(claim=CLAIM, silence=99, asked_at=T), T + 50, Verdict.LOST),
        # Over its time (100 s), its grace and a tick.
        (RUNNING, Sighting(claim=CLAIM, silence=5), T + 190, Verdict.WAIT),
        (RUNNING, Sighting(claim=CLAIM, silence=5), T + 190.1, Verdict.ASK),
        ({}, Sighting(claim=CLAIM, silence=5), T + 191, Verdict.ASK),
        ({"started_at": None}, Sighting(claim=Claim(nonce="", at=None), silence=5), T + 9e6, Verdict.POKE),
        # Asked to end: two graces and a tick to answer.
        (RUNNING, Sighting(claim=CLAIM, silence=5, asked_at=T + 200), T + 320, Verdict.WAIT),
        (RUNNING, Sighting(claim=CLAIM, silence=5, asked_at=T + 200), T + 320.1, Verdict.OVERDUE),
    ],
)
def test_what_is_seen_decides(order: dict[str, Any], seen: Sighting, now: float, verdict: Verdict) -> None:
    out = {
        "status": Status.DISPATCHED,
        "attempt": 1,
        "launches": 1,
        "timeout": 100,
        "dispatched_at": T,
        "launched_at": T,
    }
    assert of_sighting(an_order(RUN, **{**out, **order}), seen, now, PATIENCE) is verdict
