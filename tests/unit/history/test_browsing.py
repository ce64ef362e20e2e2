"""What one looks around by: an order in all its runs, and the latest runs."""

from __future__ import annotations

import pytest
from unit.console.stand import RUN, Site

from execution_engine.errors import NotFound


def test_an_order_in_all_its_runs() -> None:
    site = Site()
    site.stand.begin("build")
    site.stand.tell("0001", "running", attempt=1)
    page = site.history.order("build")
    assert [(run["run_id"], run["status"]) for run in page["runs"]] == [(RUN, "running")]
    assert page["next"] is None


@pytest.mark.parametrize("name", ["nothing", "_job", "", "a/b", "x" * 129])
def test_an_order_of_no_run(name: str) -> None:
    site = Site()
    site.stand.begin("build")
    site.job_event("job_started", "running")
    with pytest.raises(NotFound, match="in any run"):
        site.history.order(name)


def test_the_latest_runs_are_told_by_their_own_events() -> None:
    site = Site()
    assert site.history.latest(5) == []
    site.stand.begin("build")
    site.job_event("job_started", "running", orders=1)
    site.clock.advance(1)
    site.job_event("job_completed", "succeeded")
    assert [event["event_type"] for event in site.history.latest(5)] == ["job_completed", "job_started"]
    assert [event["event_type"] for event in site.history.latest(1)] == ["job_completed"]
