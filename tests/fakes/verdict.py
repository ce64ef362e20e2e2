"""What must be true of every run that has ended, whatever happened on its way."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from fakes.platform import LEASE, TICK, Platform
from fakes.simulation import Simulation
from fakes.workers import Workers

from execution_engine.jobs.naming import parse_callback
from execution_engine.orders.event import Event
from execution_engine.orders.machine import TRANSITIONS
from execution_engine.orders.run import Phase, Tally
from execution_engine.orders.status import TERMINAL, Status

LATE = 2 * TICK + LEASE
"""Seconds until a limit that has run out has its effect, whoever dies then: the watchdog's next look, another
one because of the crash, and the lease of a dead holder."""

ENDING = LATE + 2 * 30.0 + 3 * TICK
"""The same for what has to be asked first, and then ended from outside if it is deaf (30 s: the grace)."""

STEPS = {(source, row.target) for row in TRANSITIONS for source in row.sources}


def check_ended(simulation: Simulation, run_id: str) -> None:
    platform = simulation.platform
    run, orders, events = platform.run(run_id), platform.orders(run_id), platform.events(run_id)
    assert all(order.status in TERMINAL for order in orders.values()), [
        (order.order_name, str(order.status)) for order in orders.values() if order.status not in TERMINAL
    ]
    _check_counts(run.tally, Counter(order.status for order in orders.values()))
    assert run.phase is Phase.COMPLETED, f"the run is {run.phase}, but nothing happens any more"
    assert run.status == run.outcome
    _check_done(platform, run_id)
    job = [event.event_type for event in events if event.order_name == "_job"]
    assert job == ["job_started", "job_completed"], f"the job's history is {job}"
    assert events[-1].event_type == "job_completed"
    check_history(platform, run_id)
    most = most_in_flight(events)
    assert most <= platform.limits.max_in_flight, f"{most} orders were out at once"
    check_commands(simulation.workers)
    check_objects(platform)
    assert platform.locks.is_free(run_id), "the lock is still held"
    assert not platform.locks.marks(run_id), f"marks were left: {platform.locks.marks(run_id)}"
    assert not platform.keys.held, f"keys are left: {sorted(platform.keys.held)}"


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


def check_commands(workers: Workers) -> None:
    twice = [attempt for attempt, times in workers.begun.items() if times > 1]
    assert not twice, f"the commands of an attempt began twice: {twice}"
    assert not workers.too_early, f"commands began before their dependencies ended: {workers.too_early}"


def check_punctual(platform: Platform, run_id: str) -> None:
    """Nobody was idle past its deadline (law 9): each wait has an end, and somebody saw to it."""
    run, events, orders = platform.run(run_id), platform.events(run_id), platform.orders(run_id)
    assert events[-1].epoch <= run.deadline + ENDING, f"over {events[-1].epoch - run.deadline:.0f} s after its deadline"
    ended = {event.order_num: event.epoch for event in events if _is_change(event)}
    begun = next(event.epoch for event in events if event.event_type == "job_started")
    for order in orders.values():
        needed = [ended[one.order_num] for one in orders.values() if order.order_num in one.dependents]
        limits = {
            Status.QUEUED: LATE,
            Status.DISPATCHED: platform.patience.start_limit + LATE,
            Status.RUNNING: order.timeout + ENDING,
        }
        mine = [event for event in events if event.order_num == order.order_num and _is_change(event)]
        for event, after in pairwise(mine):
            since = event.epoch
            if event.event_type == Status.QUEUED:
                since = max([begun, *needed, (event.data or {}).get("not_before", 0.0)])
                if platform.limits.max_in_flight < run.total:
                    continue  # it may have to wait for a place
            lasted = after.epoch - since
            assert lasted <= limits[Status(event.event_type)], (
                f"{order.order_name} was {event.event_type} for {lasted:.0f} s"
            )


def check_objects(platform: Platform) -> None:
    """Claims and results are written once; whoever wrote ``done`` said the same."""
    replaced = [key for key, times in platform.objects.written.items() if times > 1 and parse_callback(key)]
    assert not replaced, f"replaced: {replaced}"
    for run_id, document in platform.done.offered:
        assert document == platform.done.documents[run_id], f"done was to be replaced by {document}"


def _check_counts(tally: Tally, found: Counter[Status]) -> None:
    assert (tally.open, tally.in_flight) == (0, 0)
    counted = (tally.succeeded, tally.failed, tally.timed_out)
    assert counted == (found[Status.SUCCEEDED], found[Status.FAILED], found[Status.TIMED_OUT])


def _check_done(platform: Platform, run_id: str) -> None:
    run = platform.run(run_id)
    assert run_id in platform.done.documents, "done was never written"
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
