"""The types of an order's own events."""

from __future__ import annotations

import pytest

from execution_engine.orders.event_types import own_type


@pytest.mark.parametrize("event_type", ["queued", "failed", "timed_out", "job_started", "job_x"])
def test_the_engines_own_are_set_apart(event_type: str) -> None:
    assert own_type(event_type) == f"x-{event_type}"


@pytest.mark.parametrize("event_type", ["step", "Failed", "x-failed", "jobs", ""])
def test_all_others_stay(event_type: str) -> None:
    assert own_type(event_type) == event_type
