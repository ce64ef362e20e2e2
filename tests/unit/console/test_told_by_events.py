from __future__ import annotations

from typing import Any

import pytest
from unit.console.stand import RUN, TRACE, Site

from execution_engine.console import told_by_events


def events(site: Site) -> list[dict[str, Any]]:
    return [event for page in site.history.pages(TRACE) for event in page["events"]]


def test_events_tell_what_the_records_told() -> None:
    site = Site()
    stand = site.stand
    stand.begin("build", "test")
    site.job_event("job_started", "running", orders=2, retry_of="the-old-one")
    stand.tell("0001", "dispatched", attempt=1)
    stand.clock.advance(1)
    stand.tell("0001", "running", attempt=1)
    stand.tell("0001", "succeeded", status="info", note="commands may call an event as they like")
    stand.clock.advance(2)
    stand.tell("0001", "failed", attempt=1, exit_code=3)
    stand.tell("0002", "failed", reason="dependency_failed")
    stand.complete("failed", failed=2)
    site.job_event("job_completed", "failed")
    told = told_by_events.runs(events(site))[0]
    run = site.history.run(RUN)
    for name in ("run_id", "trace_id", "flow_id", "username", "status", "summary", "total", "completed_at"):
        assert told[name] == run[name], name
    assert told["retry_of"] == "the-old-one" and told["expired"]
    for mine, recorded in zip(told["orders"], run["orders"], strict=True):
        for name in ("order_num", "order_name", "status", "reason", "exit_code", "attempt"):
            assert mine[name] == recorded[name], name
        assert set(mine) == set(recorded)
        assert mine["created_at"] == pytest.approx(recorded["created_at"], abs=0.001)
    assert told["orders"][0]["seconds"] == 2.0


def test_a_run_whose_end_is_not_told_of_goes_on() -> None:
    site = Site()
    site.stand.begin("build")
    told = told_by_events.runs(events(site))[0]
    assert told["status"] == "running" and told["completed_at"] is None


def test_attempts_are_told_apart() -> None:
    site = Site()
    stand = site.stand
    stand.begin("build")
    for attempt in (1, 2):
        stand.clock.advance(1)
        stand.tell("0001", "dispatched", attempt=attempt)
        stand.clock.advance(1)
        stand.tell("0001", "running", attempt=attempt)
        stand.clock.advance(1)
        stand.tell("0001", "queued" if attempt == 1 else "succeeded", attempt=attempt)
    found = told_by_events.attempts(events(site))["0001"]
    assert [one["status"] for one in found] == ["queued", "succeeded"]
    assert [round(one["ended_at"] - one["started_at"], 3) for one in found] == [1.0, 1.0]
