"""The walks are only worth what they find: an engine that breaks a law is found out.

Three mutations that the issue names: a broken lock, a broken claim, a broken condition; and some more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.calls import Side
from fakes.items import exists
from fakes.locks import MemoryLocks
from fakes.objects import Objects
from fakes.platform import Platform
from fakes.records import MemoryRecords
from faults.crash_stories import CANCELLED, LEASE, SCRIPTS, Script, ScriptedRun
from faults.crash_walk import Fault, crash, dying_first, record, standstill, walk
from faults.submission_stories import SUBMISSIONS
from faults.worker_stories import Manual, WorkedRun, one_order

from execution_engine.intake.admission import Standing
from execution_engine.jobs.naming import parse_callback
from execution_engine.orchestrator.finalization import Finalization
from execution_engine.orchestrator.launching import Launching
from execution_engine.orders.run import Run
from execution_engine.orders.store import Lease
from execution_engine.orders.transaction import Transaction

PLAIN = SCRIPTS["plain"]


def found(script: Script, fault: Fault = crash) -> str:
    """The first violation."""
    violations = walk(lambda: ScriptedRun(script), "orchestrator", "watchdog", fault=fault, stop_at=1).violations
    return violations[0] if violations else ""


def on(platform: Callable[[], Platform]) -> Script:
    return replace(PLAIN, platform=platform)


# 1. A broken lock


class NeverRunsOut(MemoryLocks):
    """Waits for the dead, for ever."""

    def enter(self, run_id: str, marks: frozenset[str], owner: str, now: float, seconds: float) -> Lease | None:
        return super().enter(run_id, marks, owner, now, 10.0**9)


def test_a_lock_that_outlives_its_holder() -> None:
    assert "still going on" in found(on(lambda: Platform(lease=LEASE, locks=NeverRunsOut)))


# 2. A broken claim


def put_always(objects: Objects, key: str, body: bytes) -> bool:
    """A PUT without its condition."""
    callback = parse_callback(key)
    if callback is not None and callback.kind == "claim":
        objects.put(key, body)
        return True
    return put_once(objects, key, body)


put_once = Objects.put_once


@pytest.mark.parametrize("again_after", [0.0, 20.0])
def test_a_claim_that_anybody_wins(again_after: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The launch is delivered again: at once, or when the first worker has died at the end of its work."""
    run = WorkedRun(Manual(one_order(), again_after=again_after), tmp_path)
    monkeypatch.setattr(Objects, "put_once", put_always)
    if again_after:
        dying_first(run.platform.calls, "courier.post", Side.BEFORE)
    run.tell()
    with pytest.raises(AssertionError, match="began twice"):
        run.check()


# 3. A broken condition


def test_writes_without_their_conditions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of the two protects without the other."""
    monkeypatch.setattr("fakes.records.unchanged", lambda _: exists)
    monkeypatch.setattr("fakes.records.fenced", lambda _: exists)
    assert found(PLAIN, standstill(LEASE + 5))


# And more


class TellsAfterwards(MemoryRecords):
    """The events in a call of their own."""

    def commit(self, transaction: Transaction) -> None:
        super().commit(replace(transaction, events=()))
        events = {(event.trace_id, event.sk): event for event in transaction.events}
        self._calls.through("records.events", lambda: self.history.update(events))


def test_an_event_outside_of_its_transaction() -> None:
    assert found(on(lambda: Platform(lease=LEASE, records=TellsAfterwards)))


def test_a_launch_that_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Launching, "watch", lambda *_: None)
    assert found(PLAIN)


def test_an_end_that_is_told_before_all_is_in_place(monkeypatch: pytest.MonkeyPatch) -> None:
    def done_first(self: Finalization, run: Run) -> None:
        keys, self._keys = self._keys, _Nothing()  # type: ignore[assignment]
        try:
            finish(self, run)
        finally:
            self._keys = keys
        self._keys.delete(run.sops_key_path)

    finish = Finalization.finish
    monkeypatch.setattr(Finalization, "finish", done_first)
    with pytest.raises(AssertionError, match="its key is there"):
        found(PLAIN)


class _Nothing:
    def delete(self, path: str) -> None:
        pass


def test_a_cancellation_that_ends_what_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A void claim that does not ask whether the attempt is claimed."""
    monkeypatch.setattr(Objects, "put_once", put_always)
    assert found(CANCELLED)


def test_a_key_that_the_next_takes_from_the_living(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("execution_engine.intake.admission.Admission.standing", lambda *_: Standing.DEAD)
    monkeypatch.setattr("fakes.records.MemoryRecords.withdraw", lambda *_: None)
    with pytest.raises(AssertionError, match="runs were begun"):
        record(SUBMISSIONS["with a key"])
