"""What became of one order in each of its runs, from the events of its name alone: newest first."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from execution_engine.history.documents import Document, instance_documents
from execution_engine.orders.event import Event
from execution_engine.orders.status import Status
from execution_engine.storage.queries import Queries

CALLS = 5
"""So many pages of events are read for a page of runs, and one more for each run that a page's edge goes through."""

EVENTS = 500
"""Of a page."""


def order_runs(queries: Queries, order_name: str, after: str | None, limit: int) -> Document:
    """At most ``limit`` runs, each placed by the moment its order was queued: ``{"order_name", "runs", "next"}``.

    A page may hold fewer, or none, and still have a ``next``. Events that can't be read are named under
    ``unreadable``.
    """
    told: dict[str, list[Event]] = {}
    runs: list[Document] = []
    unreadable: list[str] = []
    position = after
    for _ in range(CALLS):
        page = queries.events_of_order(order_name, after=position, limit=EVENTS)
        position = page.next
        unreadable += page.unreadable
        for event in page.items:
            if not _is_status(event):
                continue  # what commands told of themselves
            told.setdefault(event.run_id, []).append(event)
            if not _is_first(event):
                continue
            runs.append(story(_whole(queries, event, told.pop(event.run_id), is_first_page=after is None)))
            if len(runs) == limit:
                return _document(order_name, runs, queries.just_after(event), unreadable)
        if position is None:
            break
    return _document(order_name, runs, position, unreadable)


def story(events: Iterable[Event]) -> Document:
    """Of one order of one run: ``events`` are those of its statuses, oldest first, the first one included.

    ``started_at`` and ``seconds`` are those of the last attempt, by the times of its events; null while there are
    none. ``reason``, ``exit_code`` and ``instances`` as its end tells them.
    """
    attempt = 0
    at: dict[str, float | None] = {"dispatched_at": None, "started_at": None, "ended_at": None}
    first = last = None
    for event in events:
        first, last = first or event, event
        attempt = int((event.data or {}).get("attempt", attempt))
        kind = Status(event.event_type)
        if kind is Status.DISPATCHED:
            at = {"dispatched_at": event.epoch, "started_at": None, "ended_at": None}
        elif kind is Status.RUNNING:
            at["started_at"] = event.epoch
        elif kind.is_terminal:
            at["ended_at"] = event.epoch
    if first is None or last is None:
        raise ValueError("an order's story begins with an event")
    data: dict[str, Any] = dict(last.data or {})
    ended = Status(last.event_type).is_terminal
    begun, end = at["started_at"], at["ended_at"]
    instances = instance_documents(data.get("instances")) if ended else []
    return {
        "run_id": first.run_id,
        "trace_id": first.trace_id,
        "flow_id": first.flow_id,
        "order_num": first.order_num,
        "execution_target": (first.data or {}).get("execution_target"),
        "status": last.event_type,
        "reason": data.get("reason") if ended else None,
        "exit_code": data.get("exit_code") if ended else None,
        "attempt": attempt,
        "queued_at": first.epoch,
        **at,
        "seconds": None if begun is None or end is None else round(max(0.0, end - begun), 3),
        "execution_url": data.get("execution_url"),
        **({"instances": instances} if instances else {}),
    }


def _whole(queries: Queries, first: Event, newest_first: list[Event], *, is_first_page: bool) -> list[Event]:
    """All its events, oldest first. What lies on the page before is read from the trace."""
    if is_first_page or Status(newest_first[0].event_type).is_terminal:
        return newest_first[::-1]
    found: list[Event] = []
    after = None
    while True:
        page = queries.events(first.trace_id, order_name=first.order_name, after=after)
        found += [event for event in page.items if event.run_id == first.run_id and _is_status(event)]
        after = page.next
        if after is None:
            return found or newest_first[::-1]


def _document(order_name: str, runs: list[Document], position: str | None, unreadable: list[str]) -> Document:
    told: Document = {"order_name": order_name, "runs": runs, "next": position}
    return {**told, "unreadable": unreadable} if unreadable else told


def _is_status(event: Event) -> bool:
    return event.event_type == event.status and event.event_type in set(Status)


def _is_first(event: Event) -> bool:
    """Queued at the submission, not for another attempt."""
    return event.event_type == Status.QUEUED and "attempt" not in (event.data or {})
