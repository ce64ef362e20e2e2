"""Whatever call intake dies at: one run or none, and of any other nothing is left (law 15)."""

from __future__ import annotations

import pytest
from fakes.calls import Side
from faults.crash_walk import assert_survived, standstill, walk
from faults.submission_stories import SUBMISSIONS

PARTS = dict.fromkeys(SUBMISSIONS, ("intake",)) | {
    "with a key, after one that died": ("intake", "watchdog"),
    "over HTTP, dead": ("intake", "watchdog"),
}

A_WHILE = 50.0
"""Seconds: longer than the lease of a submission at work."""


@pytest.mark.parametrize("name", SUBMISSIONS)
def test_a_submission_survives_a_crash_at_any_call(name: str) -> None:
    assert_survived(walk(SUBMISSIONS[name], *PARTS[name]), *PARTS[name])


@pytest.mark.parametrize("name", SUBMISSIONS)
def test_a_submission_that_stands_still_at_any_call_starts_nothing_twice(name: str) -> None:
    done = walk(SUBMISSIONS[name], *PARTS[name], fault=standstill(A_WHILE), sides=[Side.BEFORE])
    assert_survived(done, *PARTS[name])
