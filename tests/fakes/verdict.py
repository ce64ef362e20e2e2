"""What must be true of every run that has ended, whatever happened on its way."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from fakes.platform import Platform
from fakes.simulation import Simulation

from execution_engine.orders.event import Event
from execution_engine.orders.machine import TRANSITIONS
from execution_engine.orders.run import Phase, Tally
from execution_engine.orders.status import TERMINAL, Status

STEPS = {(source, row.target) for row in TRANSITIONS for source in row.sources}


def check_ended(simulation: Simulation, run_id: str) -> None:
    platform = simulation.platform
    run, orders, events = platform.run(run_id), platform.orders(run_id), platform.events(run_id)
    assert all(order.status in TERMINAL for order in orders.values()), [
        (order.order_name, str(order.status)) for order in orders.values() if order.status not in TERMINAL
    ]
    _check_counts(run.tally, Counter(order.status for order in orders.values()))
    assert run.phase is Phase.COMPLETED
    assert run.status == run.outcome
    _check_done(platform, run_id)
    job = [event.event_type for event in events if event.order_name == "_job"]
    assert job == ["job_started", "job_completed"]
    assert events[-1].event_type == "job_completed"
    check_history(platform, run_id)
    most = most_in_flight(events)
    assert most <= platform.limits.max_in_flight, f"{most} orders were out at once"
    assert all(times == 1 for times in simulation.workers.begun.values()), "an attempt's commands began twice"
    assert platform.locks.is_free(run_id)
    assert not platform.locks.marks(run_id)
    assert not platform.keys.held


def check_history(platform: Platform, run_id: str) -> None:
    """Every change of status left one event, in order; no two events of the run at one time."""
    events = platform.events(run_id)
    epochs = [event.epoch for event in events]
    assert all(earlier < later for earlier, later in pairwise(epochs))
    assert all(round(epoch, 6) == epoch for epoch in epochs)
    for order in platform.orders(run_id).values():
        history = [Status(one.event_type) for one in events if one.order_num == order.order_num and _is_change(one)]
        assert history[0] is Status.QUEUED, f"{order.order_name}: {history}"
        assert set(pairwise(history)) <= STEPS, f"{order.order_name}: {history}"
        assert history[-1] is order.status, f"{order.order_name}: {history}, but its record says {order.status}"
        assert history.count(Status.DISPATCHED) == order.attempt, f"{order.order_name}: {history}"


def _check_counts(tally: Tally, found: Counter[Status]) -> None:
    assert (tally.open, tally.in_flight) == (0, 0)
    counted = (tally.succeeded, tally.failed, tally.timed_out)
    assert counted == (found[Status.SUCCEEDED], found[Status.FAILED], found[Status.TIMED_OUT])


def _check_done(platform: Platform, run_id: str) -> None:
    run = platform.run(run_id)
    assert platform.done.documents[run_id] == {
        "status": str(run.outcome),
        "summary": run.summary,
        "run_id": run_id,
        "trace_id": run.trace_id,
        "flow_id": run.flow_id,
    }


def most_in_flight(events: list[Event]) -> int:
    """How many orders were out at once at the most, by the run's own history."""
    out: set[str | None] = set()
    most = 0
    for event in events:
        if not _is_change(event):
            continue
        if Status(event.event_type).is_out:
            out.add(event.order_num)
        else:
            out.discard(event.order_num)
        most = max(most, len(out))
    return most


def _is_change(event: Event) -> bool:
    return event.order_num is not None and event.event_type in set(Status)
