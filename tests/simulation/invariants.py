"""What must be true of a run that has ended, whatever happened to it, beside what the witnesses see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from fakes.platform import Platform
from fakes.verdict import check_history, most_in_flight

from execution_engine.jobs.naming import RUN_NUM, result_key
from execution_engine.orders.event import Event
from execution_engine.orders.order import Order
from execution_engine.orders.report import parse_result
from execution_engine.orders.run import Phase, Run
from execution_engine.orders.status import Reason, Status
from simulation import patience
from simulation.workers import Workers

_CHANGES = set(Status)
_UNRUN = {Reason.CANCELLED, Reason.JOB_TIMED_OUT}
"""Why an order may end although its last attempt's result says otherwise: it waited for its next."""


def broken(
    platform: Platform, workers: Workers, run_id: str, *, calm_from: float, done_at: float, idle: float
) -> Iterator[str]:
    """Each as one line. ``done_at``: when ``done`` was written; all times but the records' are true ones.
    ``idle``: seconds that an order may wait, once all is calm, although a place is free."""
    run, orders, events = platform.run(run_id), platform.orders(run_id), platform.events(run_id)
    for order in orders.values():
        if not order.status.is_terminal:
            yield f"order {order.order_num} is {order.status} for ever"
    if run.phase is not Phase.COMPLETED:
        yield f"the run is {run.phase} for ever"
        return
    try:
        check_history(platform, run_id)
    except AssertionError as error:
        yield f"history: {error}"
    yield from _of_the_end(platform, run, orders, events)
    yield from _of_counts(run, orders)
    if platform.limits.max_in_flight < (most := most_in_flight(events)):
        yield f"{most} orders were out at once"
    for (owner, num, attempt), times in workers.begun.items():
        if owner == run_id and times > 1:
            yield f"the commands of order {num} started {times} times in attempt {attempt}"
    for order in orders.values():
        yield from _of_order(platform, workers, order)
    yield from _of_time(platform, run, orders, events, calm_from, done_at, idle)


def _of_the_end(platform: Platform, run: Run, orders: dict[str, Order], events: list[Event]) -> Iterator[str]:
    job = [event.event_type for event in events if event.order_num is None]
    if job != ["job_started", "job_completed"] or events[-1].event_type != "job_completed":
        yield f"the job's own events are {job}, the last of all {events[-1].event_type}"
    status = status_of_job(run, orders)
    said = {str(run.status), events[-1].status, platform.done.documents.get(run.run_id, {}).get("status")}
    if said != {status}:
        yield f"the job is {status} by its orders, but {said} by its record, its last event and done"
    summary = {name: sum(order.status == name for order in orders.values()) for name in run.summary}
    if platform.done.documents.get(run.run_id, {}).get("summary") != summary or run.summary != summary:
        yield f"the orders are {summary}, but the summary says {run.summary}"
    if run.sops_key_path in platform.keys.held:
        yield "the key is left"
    if platform.swept:
        yield "a run that goes on was swept"


def broken_by_a_last_look(platform: Platform, run_id: str) -> Iterator[str]:
    """Whoever died, or was given up, after ``done`` left the lock held until its lease runs out, or marks. The
    next to come takes it, finds nothing to do, and frees it."""
    before = (platform.run(run_id), platform.orders(run_id), platform.events(run_id))
    launches = len(platform.target.launches)
    platform.orchestrator.look(run_id, [RUN_NUM])
    if (platform.run(run_id), platform.orders(run_id), platform.events(run_id)) != before:
        yield "something changed after the end"
    if len(platform.target.launches) > launches:
        yield "something was launched after the end"
    if not platform.locks.is_free(run_id):
        yield "the lock is held for ever"
    if marks := platform.locks.marks(run_id):
        yield f"marks are left: {sorted(marks)}"


def status_of_job(run: Run, orders: dict[str, Order]) -> str:
    """Contract section 3, from what became of the orders."""
    if any(order.reason == Reason.JOB_TIMED_OUT for order in orders.values()):
        return "timed_out"
    if run.stop == Reason.CANCELLED:
        return "failed"
    required = [order for order in orders.values() if order.must_succeed]
    if any(order.status is Status.FAILED and order.reason != Reason.DEPENDENCY_FAILED for order in required):
        return "failed"
    return "timed_out" if any(order.status is Status.TIMED_OUT for order in required) else "succeeded"


def _of_counts(run: Run, orders: dict[str, Order]) -> Iterator[str]:
    found = Counter(str(order.status) for order in orders.values())
    counted = (run.tally.open, run.tally.in_flight, run.tally.succeeded, run.tally.failed, run.tally.timed_out)
    if counted != (0, 0, found["succeeded"], found["failed"], found["timed_out"]):
        yield f"the run counted {counted}, the orders are {dict(found)}"


def _of_order(platform: Platform, workers: Workers, order: Order) -> Iterator[str]:
    ids = (order.run_id, order.order_num, order.attempt)
    body = platform.objects.get(result_key(*ids)) if order.attempt else None
    if body is None:
        if workers.begun[ids]:
            yield f"order {order.order_num} was run, but has no result"
        if order.attempt or order.reason not in {Reason.DEPENDENCY_FAILED, Reason.CANCELLED, Reason.JOB_TIMED_OUT}:
            yield f"order {order.order_num} is {order.status} ({order.reason}) without a result"
        return
    result = parse_result(body, run_id=order.run_id, order_num=order.order_num, attempt=order.attempt)
    if (result.status, result.reason) != (order.status, order.reason) and order.reason not in _UNRUN:
        yield f"the result of {order.order_num} says {result.status} ({result.reason}), its record {order.status}"
    if order.status is Status.SUCCEEDED and not workers.begun[ids]:
        yield f"order {order.order_num} succeeded without being run"


def _of_time(
    platform: Platform,
    run: Run,
    orders: dict[str, Order],
    events: list[Event],
    calm_from: float,
    done_at: float,
    idle: float,
) -> Iterator[str]:
    last = max(run.deadline, calm_from) + patience.of_run(platform.patience)
    if done_at > last:
        yield f"done came {done_at - last:.0f} s too late"
    history: dict[str, list[Event]] = {num: [] for num in orders}
    for event in events:
        if event.order_num is not None and event.event_type in _CHANGES:
            history[event.order_num].append(event)
    ends = {num: changes[-1].epoch for num, changes in history.items()}
    for num, order in orders.items():
        if order.attempt:
            out = max(order.dispatched_at or 0.0, calm_from)
            last = out + platform.patience.start_limit + order.timeout + patience.of_order(platform.patience)
            if ends[num] > last:
                yield f"order {num} ended {ends[num] - last:.0f} s too late"
            written = platform.objects.written_at.get(result_key(run.run_id, num, order.attempt), ends[num])
            heard = ends[num] - max(calm_from, written)
            if heard > idle and order.reason not in _UNRUN:
                yield f"the result of order {num} was there for {heard:.0f} s before anybody looked"
        free = _idle(order, orders, history, ends, platform.limits.max_in_flight, calm_from)
        if free > idle:
            yield f"order {num} was ready, with a place free, for {free:.0f} s"


def _idle(
    order: Order,
    orders: dict[str, Order],
    history: dict[str, list[Event]],
    ends: dict[str, float],
    places: int,
    calm_from: float,
) -> float:
    """How long at most, once all is calm, it could have been launched and was not. Seconds."""
    needs = [ends[num] for num, other in orders.items() if order.order_num in other.dependents]
    most = 0.0
    changes = history[order.order_num]
    for since, until in pairwise(changes):
        if since.event_type != Status.QUEUED:
            continue
        not_before = float((since.data or {}).get("not_before", 0.0))
        ready = max(since.epoch, not_before, calm_from, *needs)
        if ready < until.epoch:
            most = max(most, _free(history, ready, until.epoch, places))
    return most


def _free(history: dict[str, list[Event]], since: float, until: float, places: int) -> float:
    """The seconds of a time in which a place was free."""
    changes = sorted((event.epoch, num, event.event_type) for num, events in history.items() for event in events)
    out: set[str] = set()
    free, at = 0.0, since
    for epoch, num, status in changes:
        if since < epoch and at < until:
            if len(out) < places:
                free += min(epoch, until) - at
            at = min(epoch, until)
        (out.add if Status(status).is_out else out.discard)(num)
    return free
