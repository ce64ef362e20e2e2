"""Whatever call the orchestrator or the watchdog dies at, the run ends right: nothing lost, nothing twice.

Where a crash only costs time, every order ends as it does without one. What the platform makes again (Lambda
an orchestrator's invocation, the state machine a watchdog's check) is made again.
"""

from __future__ import annotations

import pytest
from faults.crash_stories import SCRIPTS, ScriptedRun
from faults.crash_walk import assert_survived, walk


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_run_survives_a_crash_at_any_call(name: str) -> None:
    parts = ["orchestrator", "watchdog", *(["control"] if name == "cancelled half-way" else [])]
    done = walk(lambda: ScriptedRun(SCRIPTS[name]), *parts)
    assert_survived(done, *parts)
