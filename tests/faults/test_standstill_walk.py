"""Whoever is not heard of for a while, at whatever call, and then goes on as if nothing had been, harms nobody.

Meanwhile its lease runs out, and others do its work: it must find that out before it writes (law 4).
"""

from __future__ import annotations

import pytest
from fakes.calls import Side
from faults.crash_stories import LEASE, SCRIPTS, ScriptedRun
from faults.crash_walk import assert_survived, standstill, walk

PARTS = ("orchestrator", "watchdog")


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_run_survives_one_that_stands_still_at_any_call(name: str) -> None:
    done = walk(lambda: ScriptedRun(SCRIPTS[name]), *PARTS, fault=standstill(LEASE + 5), sides=[Side.BEFORE])
    assert_survived(done, *PARTS)
