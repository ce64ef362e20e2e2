"""Every status and every trigger, against a table that was written down apart from the machine's own."""

from __future__ import annotations

import pytest
from transitions import Machine

from execution_engine.errors import IllegalMove
from execution_engine.orders import machine
from execution_engine.orders.machine import TRANSITIONS, Trigger, next_status
from execution_engine.orders.status import TERMINAL, Status

LAW = {
    ("queued", "dispatch"): "dispatched",
    ("queued", "fail"): "failed",
    ("queued", "time_out"): "timed_out",
    ("dispatched", "start"): "running",
    ("dispatched", "succeed"): "succeeded",
    ("dispatched", "fail"): "failed",
    ("dispatched", "time_out"): "timed_out",
    ("dispatched", "requeue"): "queued",
    ("running", "succeed"): "succeeded",
    ("running", "fail"): "failed",
    ("running", "time_out"): "timed_out",
    ("running", "requeue"): "queued",
}
"""The lifecycle of architecture.md, a line for each pair; every other pair is illegal."""

PAIRS = [(status, trigger) for status in Status for trigger in Trigger]


@pytest.mark.parametrize(("status", "trigger"), PAIRS)
def test_every_pair_of_status_and_trigger(status: Status, trigger: Trigger) -> None:
    target = LAW.get((status.value, trigger.value))
    if target is not None:
        assert next_status(status, trigger) is Status(target)
        return
    with pytest.raises(IllegalMove, match=f"that is {status} can't {trigger}; it stays {status}"):
        next_status(status, trigger)


@pytest.mark.parametrize(("status", "trigger"), [pair for pair in PAIRS if pair not in LAW])
def test_an_illegal_trigger_leaves_what_it_was_tried_on_as_it_was(
    status: Status, trigger: Trigger, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []

    class Seen(Machine):
        def __init__(self, model: object, **options: object) -> None:
            made.append(model)
            super().__init__(model=model, **options)

    monkeypatch.setattr(machine, "Machine", Seen)
    with pytest.raises(IllegalMove):
        next_status(status, trigger)
    assert [subject.state for subject in made] == [status.value]


def test_the_law_names_only_what_there_is() -> None:
    assert {status for status, _ in LAW} | set(LAW.values()) == {status.value for status in Status}
    assert {trigger for _, trigger in LAW} == {trigger.value for trigger in Trigger}


def test_the_table_holds_the_law_and_nothing_else() -> None:
    rows = [(source.value, row.trigger.value, row.target.value) for row in TRANSITIONS for source in row.sources]
    assert sorted(rows) == sorted((*pair, target) for pair, target in LAW.items())


def test_nothing_leads_out_of_what_is_final() -> None:
    assert {"succeeded", "failed", "timed_out"} == TERMINAL
    assert not TERMINAL & {source for row in TRANSITIONS for source in row.sources}


def test_there_are_no_jumps_beside_the_table(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Machine] = []

    class Seen(Machine):
        def __init__(self, **options: object) -> None:
            super().__init__(**options)
            made.append(self)

    monkeypatch.setattr(machine, "Machine", Seen)
    next_status(Status.QUEUED, Trigger.DISPATCH)
    (used,) = made
    assert set(used.events) == {trigger.value for trigger in Trigger}
    assert not [name for name in dir(used.model) if name.startswith("to_")]


@pytest.mark.parametrize("unknown", ["to_succeeded", "", "Succeed", None])
def test_an_unknown_trigger_is_no_trigger(unknown: object) -> None:
    with pytest.raises(ValueError, match="is not a valid Trigger"):
        next_status(Status.RUNNING, unknown)


def test_an_unknown_status_is_no_status() -> None:
    with pytest.raises(ValueError, match="is not a valid Status"):
        next_status("paused", Trigger.SUCCEED)
