"""The lifecycle of an order: one table, and the one machine that reads it.

Nothing else decides what an order may become. The table is drawn in ``docs/lifecycle.md`` by
``python -m execution_engine.orders.lifecycle``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from transitions import Machine, MachineError

from execution_engine.errors import IllegalMove
from execution_engine.orders.status import Status


class Trigger(StrEnum):
    """What can happen to an order."""

    DISPATCH = "dispatch"
    START = "start"
    SUCCEED = "succeed"
    FAIL = "fail"
    TIME_OUT = "time_out"
    REQUEUE = "requeue"


@dataclass(frozen=True, slots=True)
class Transition:
    trigger: Trigger
    sources: tuple[Status, ...]
    target: Status
    meaning: str


TRANSITIONS: tuple[Transition, ...] = (
    # The attempt is reserved before anything is launched, so that a crash can't launch unseen.
    Transition(Trigger.DISPATCH, (Status.QUEUED,), Status.DISPATCHED, "reserved for launch, attempt n"),
    # The worker's claim is the only proof that commands may run.
    Transition(Trigger.START, (Status.DISPATCHED,), Status.RUNNING, "the worker claimed the attempt"),
    # A fast worker's result may overtake its start.
    Transition(
        Trigger.SUCCEED,
        (Status.DISPATCHED, Status.RUNNING),
        Status.SUCCEEDED,
        "every command ended with exit code 0",
    ),
    Transition(
        Trigger.FAIL,
        (Status.QUEUED, Status.DISPATCHED, Status.RUNNING),
        Status.FAILED,
        "a command failed, or the order ended otherwise, with a reason",
    ),
    Transition(
        Trigger.TIME_OUT,
        (Status.QUEUED, Status.DISPATCHED, Status.RUNNING),
        Status.TIMED_OUT,
        "the order's or the job's deadline passed",
    ),
    # The next attempt waits out its back-off in the queue.
    Transition(
        Trigger.REQUEUE,
        (Status.DISPATCHED, Status.RUNNING),
        Status.QUEUED,
        "this attempt failed and retries remain: next attempt, not before its back-off",
    ),
)

_STATES = [status.value for status in Status]
_TABLE = [
    {"trigger": row.trigger.value, "source": [source.value for source in row.sources], "dest": row.target.value}
    for row in TRANSITIONS
]


class _Subject:
    """What one machine moves: it lives for one decision, so nothing can hold on to it and move it later."""

    state: str


def next_status(current: Status, trigger: Trigger) -> Status:
    """What ``trigger`` makes of an order that is ``current``; raises ``IllegalMove`` and changes nothing.

    A machine per decision (about 100 µs): a shared one would keep every subject alive, and automatic
    ``to_<state>`` transitions, which jump any guard, are off.
    """
    subject = _Subject()
    machine = Machine(
        model=subject,
        states=_STATES,
        transitions=_TABLE,
        initial=Status(current).value,
        auto_transitions=False,
    )
    try:
        machine.events[Trigger(trigger).value].trigger(subject)
    except MachineError as error:
        raise IllegalMove(f"an order that is {current} can't {trigger}; it stays {current}") from error
    return Status(subject.state)
