"""A crash, and nobody who makes again what died; or another crash while the run recovers."""

from __future__ import annotations

import pytest
from faults.crash_stories import DYING_TWICE, NOT_RETRIED, ScriptedRun
from faults.crash_walk import assert_survived, walk


@pytest.mark.parametrize("name", NOT_RETRIED)
def test_the_watchdogs_alone_bring_a_run_to_its_end(name: str) -> None:
    parts = ["orchestrator", "watchdog", *(["control"] if name == "cancelled half-way" else [])]
    assert_survived(walk(lambda: ScriptedRun(NOT_RETRIED[name]), *parts), *parts)


@pytest.mark.parametrize("name", DYING_TWICE)
def test_a_run_survives_a_second_crash(name: str) -> None:
    parts = ("orchestrator", "watchdog")
    assert_survived(walk(lambda: ScriptedRun(DYING_TWICE[name]), *parts), *parts)
