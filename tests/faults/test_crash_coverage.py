"""The stories of the walks meet every call that the engine can make of a store."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

from faults.crash_stories import DYING_TWICE, NOT_RETRIED, SCRIPTS, ScriptedRun
from faults.crash_walk import Story, record
from faults.submission_stories import SUBMISSIONS
from faults.worker_stories import BEATING, MANUALS, WorkedRun

from execution_engine.orders import store, submission
from execution_engine.orders.target import Target
from execution_engine.storage.worker_access import OwnRole
from execution_engine.worker.courier import Courier

KINDS = {
    "records": store.Records,
    "locks": store.Locks,
    "submissions": submission.Submissions,
    "reports": store.Reports,
    "watchdogs": store.Watchdogs,
    "keys": store.Keys,
    "done": store.DoneMarkers,
    "waker": store.Waker,
    "target": Target,
    "courier": Courier,
    "role": OwnRole,
}

NEVER_MADE = {
    "submissions.forget": "gives a key back when a submission fails otherwise than by dying",
}


def stories(folder: Path) -> Iterator[Story]:
    for script in (*SCRIPTS.values(), *NOT_RETRIED.values(), *DYING_TWICE.values()):
        yield lambda script=script: ScriptedRun(script)  # type: ignore[misc]
    yield from SUBMISSIONS.values()
    for make in MANUALS.values():
        yield lambda make=make: WorkedRun(make(), folder)  # type: ignore[misc]
    yield lambda: WorkedRun(BEATING, folder)


def test_every_call_is_made_in_a_story_and_by_every_part(tmp_path: Path) -> None:
    points = [point for story in stories(tmp_path) for point in record(story)]
    made = {point.name for point in points}
    known = {
        f"{kind}.{name}"
        for kind, protocol in KINDS.items()
        for name, member in inspect.getmembers(protocol, inspect.isfunction)
        if not name.startswith("_")
    }
    print(f"{len(points)} points in all, calls of {len(made)} kinds")  # noqa: T201 - for pytest -rP
    assert known - made == set(NEVER_MADE)
    assert {point.part for point in points if point.part} == {
        "intake",
        "orchestrator",
        "watchdog",
        "worker",
        "control",
    }
