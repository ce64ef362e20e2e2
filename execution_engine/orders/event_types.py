"""Which types an order's own events may have in the history."""

from __future__ import annotations

from execution_engine.orders.status import Status

_RESERVED = frozenset(Status)


def own_type(event_type: str) -> str:
    """The type under which an order's own event is recorded: never one by which the engine tells a change."""
    reserved = event_type in _RESERVED or event_type.startswith("job_")
    return f"x-{event_type}" if reserved else event_type
