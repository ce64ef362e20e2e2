"""What a page shows, gathered from the history in as few questions as it takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from execution_engine.console import told_by_events
from execution_engine.console.place import Browsing, Place
from execution_engine.console.wording import ENDED, orders_path
from execution_engine.errors import NotFound
from execution_engine.history.asking import Asking
from execution_engine.history.documents import Document
from execution_engine.jobs.naming import JOB_ORDER_NAME

MOST_EVENTS = 20_000
"""Of a run, to tell it or its earlier attempts by, and of a page that is kept. They are small; the rest is left out."""

RUN_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


@dataclass(frozen=True, slots=True)
class SeenRun:
    """``run``: as ``History.run`` answers, or as its events tell it (then ``expired`` is true in it). ``earlier``: the
    attempts of orders that had several. ``abandoned``: nobody works on it any more."""

    run: Document
    earlier: Mapping[str, Sequence[Document]] = field(default_factory=dict)
    abandoned: bool = False

    @property
    def expired(self) -> bool:
        return bool(self.run.get("expired"))

    @property
    def is_over(self) -> bool:
        return self.run["completed_at"] is not None or self.expired


def seen_run(place: Place, run_id: str, trace_id: str | None = None) -> SeenRun:
    """``trace_id``: where to look for events once the records are gone. Raises ``NotFound``."""
    history = place.history
    try:
        run = history.run(run_id)
    except NotFound:
        told = None if trace_id is None else expired_run(history, run_id, trace_id)
        if told is None:
            raise
        return told
    several = any(order["attempt"] > 1 for order in run["orders"])
    earlier = several_attempts(told_by_events.attempts(events_of(history, run))) if several else {}
    abandoned = run["completed_at"] is None and place.is_abandoned(run_id)
    return SeenRun(run, earlier, abandoned)


def expired_run(history: Asking, run_id: str, trace_id: str) -> SeenRun | None:
    """From its events alone; None if there are none."""
    try:
        events = list(bounded(history.pages(trace_id), run_id))
    except NotFound:
        return None
    told = told_by_events.runs(events)
    return SeenRun(told[0], several_attempts(told_by_events.attempts(events))) if told else None


def events_of(history: Asking, run: Document) -> list[Document]:
    """Of this run, oldest first."""
    try:
        return list(bounded(history.pages(run["trace_id"], since=_before(run)), run["run_id"]))
    except NotFound:
        return []


def order_events(history: Asking, run: Document, order_name: str) -> list[Document]:
    """Of this run's order, oldest first."""
    try:
        found = bounded(history.pages(run["trace_id"], order_name, _before(run)), run["run_id"])
        # A name may be another's beginning: "a:…" is no event of "a".
        return [event for event in found if event["order_name"] == order_name]
    except NotFound:
        return []


def bounded(pages: Iterable[Document], run_id: str | None = None) -> Iterator[Document]:
    """At most ``MOST_EVENTS`` events, of this run or of all of them."""
    found = (event for page in pages for event in page["events"] if run_id in (None, event["run_id"]))
    return islice(found, MOST_EVENTS)


def _before(run: Document) -> float:
    """An epoch that all events of a run are later than; what its trace held before is not read."""
    return max(0.0, float(run["created_at"]) - 1)


def recent_runs(history: Browsing, limit: int) -> list[Document]:
    """The latest, newest first, as ``outlines`` has them."""
    return outlines(history.latest(limit * 2))[:limit]


def runs_of_trace(history: Asking, trace_id: str) -> list[Document]:
    """All of a trace, in the order in which they began, as ``outlines`` has them."""
    try:
        return outlines(bounded(history.pages(trace_id, JOB_ORDER_NAME)))
    except NotFound:
        return []


def outlines(events: Iterable[Document]) -> list[Document]:
    """Of runs as their job-level events tell them, in the order in which these name them: ``run_id, trace_id,
    flow_id, status, began, ended, orders``. ``status`` is ``running`` unless an end is told of."""
    found: dict[str, Document] = {}
    for event in events:
        same = {name: event[name] for name in ("run_id", "trace_id", "flow_id")}
        unknown: Document = {**same, "status": "running", "began": None, "ended": None, "orders": None}
        run, data = found.setdefault(event["run_id"], unknown), event.get("data") or {}
        if event["event_type"] == "job_completed":
            run |= {"status": event["status"], "ended": event["epoch"]}
        elif event["event_type"] == "job_started":
            run |= {"began": event["epoch"], "orders": data.get("orders")}
    return list(found.values())


def find(history: Browsing, sought: str) -> str | None:
    """The path of what is called so: a run, a trace, or the orders of that name; None if nothing is."""
    if RUN_ID.fullmatch(sought) and _is_there(lambda: history.outline(sought)):
        return f"/runs/{sought}"
    if _is_there(lambda: history.trace(sought, limit=1)):
        return f"/traces/{sought}"
    if _is_there(lambda: history.order(sought, limit=1)):
        return orders_path(sought)
    if _is_there(lambda: history.outline(sought)):
        return f"/runs/{sought}"
    return None


def counts(run: Document) -> dict[str, int]:
    """How many of its orders have each status, ended ones first."""
    statuses = (*ENDED, "running", "dispatched", "queued")
    return {status: sum(order["status"] == status for order in run["orders"]) for status in statuses}


def has_ended(order: Document) -> bool:
    return order["status"] in ENDED


def several_attempts(found: Mapping[str, Sequence[Document]]) -> dict[str, Sequence[Document]]:
    return {num: attempts for num, attempts in found.items() if len(attempts) > 1}


def _is_there(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except NotFound:
        return False
    return True
