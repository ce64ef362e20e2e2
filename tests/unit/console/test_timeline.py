from __future__ import annotations

from typing import Any

import pytest

from execution_engine.console.timeline import timeline


def order(num: str, status: str = "queued", **facts: Any) -> dict[str, Any]:
    return {
        "order_num": num,
        "queue_id": num,
        "order_name": f"order-{num}",
        "status": status,
        "created_at": 100.0,
        "dispatched_at": None,
        "started_at": None,
        "ended_at": None,
        "dependencies": [],
        **facts,
    }


def run(*orders: dict[str, Any], **facts: Any) -> dict[str, Any]:
    return {"orders": list(orders), "created_at": 100.0, "completed_at": None, "last_epoch": 100.0, **facts}


def bars(of: dict[str, Any], now: float, place: int = 0, **earlier: Any) -> list[tuple[str, float]]:
    return [(bar.kind, round(bar.seconds, 3)) for bar in timeline(of, now, earlier).rows[place].bars]


def test_a_life_is_waiting_starting_running() -> None:
    one = order("0001", "succeeded", dispatched_at=110.0, started_at=112.0, ended_at=120.0)
    drawn = timeline(run(one, completed_at=120.0), 500.0, {})
    assert [(bar.kind, bar.x, bar.width) for bar in drawn.rows[0].bars] == [
        ("waiting", 0.0, 50.0),
        ("starting", 50.0, 10.0),
        ("succeeded", 60.0, 40.0),
    ]
    assert drawn.rows[0].said == "ready, waiting for a place, 10 s; starting, 2.0 s; ran and succeeded, 8.0 s"


def test_until_what_it_needs_has_ended_it_is_held_back() -> None:
    first = order("0001", "succeeded", dispatched_at=100.0, started_at=100.0, ended_at=105.0)
    second = order("0002", dispatched_at=107.0, status="dispatched", dependencies=["order-0001"])
    assert bars(run(first, second), 110.0, 1) == [("held", 5.0), ("waiting", 2.0), ("starting", 3.0)]
    third = order("0003", dependencies=["0002"])
    assert bars(run(first, second, third), 110.0, 2) == [("held", 10.0)]


def test_what_runs_runs_until_now() -> None:
    assert bars(run(order("0001", "running", dispatched_at=100.0, started_at=101.0)), 130.0) == [
        ("starting", 1.0),
        ("running", 29.0),
    ]


def test_what_never_started_never_ran() -> None:
    first = order("0001", "failed", dispatched_at=100.0, started_at=100.0, ended_at=105.0)
    second = order("0002", "failed", ended_at=105.0, dependencies=["0001"])
    assert bars(run(first, second, completed_at=105.0), 300.0, 1) == [("held", 5.0)]


def test_attempts_have_a_bar_each() -> None:
    one = order("0001", "succeeded", dispatched_at=120.0, started_at=121.0, ended_at=125.0)
    tries = [
        {"dispatched_at": 101.0, "started_at": 102.0, "ended_at": 110.0, "status": "queued"},
        {"dispatched_at": 120.0, "started_at": 121.0, "ended_at": 125.0, "status": "succeeded"},
    ]
    assert bars(run(one, completed_at=125.0), 125.0, **{"0001": tries}) == [
        ("waiting", 1.0),
        ("starting", 1.0),
        ("ended", 8.0),
        ("again", 10.0),
        ("starting", 1.0),
        ("succeeded", 4.0),
    ]


def test_a_run_that_is_told_by_its_events_ends_with_the_last() -> None:
    one = order("0001", "running", dispatched_at=101.0, started_at=102.0)
    assert timeline(run(one, expired=True, last_epoch=110.0), 1e9, {}).seconds == 10.0


@pytest.mark.parametrize(
    ("seconds", "labels"),
    [
        (0.3, ["0", "0.1 s", "0.2 s", "0.3 s"]),
        (30, ["0", "5 s", "10 s", "15 s", "20 s", "25 s", "30 s"]),
        (100, ["0", "20 s", "40 s", "1 m", "1 m 20 s", "1 m 40 s"]),
        (4_000, ["0", "20 m", "40 m", "1 h"]),
        (0, ["0"]),
    ],
)
def test_ticks_are_round(seconds: float, labels: list[str]) -> None:
    ticks = timeline(run(completed_at=100.0 + seconds), 0.0, {}).ticks
    assert [tick.label for tick in ticks] == labels
    assert all(0 <= tick.x <= 100 for tick in ticks)


def test_times_that_make_no_sense_make_no_bar() -> None:
    one = order("0001", "succeeded", dispatched_at=90.0, started_at=150.0, ended_at=120.0)
    for bar in timeline(run(one, completed_at=130.0), 130.0, {}).rows[0].bars:
        assert bar.x >= 0 and bar.width > 0 and bar.x + bar.width <= 100.001
