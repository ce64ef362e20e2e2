"""What a JSON value must be to become an event of an order, and what it becomes. Pure."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

from execution_engine.orders.event_types import own_type
from execution_engine.worker.masking import Secrets

EVENT_LIMIT = 64 * 1024
_DEEPEST = 20


class Dropped(Exception):
    """Why an event is not taken."""


def event_of(found: Any, stem: str, secrets: Secrets, note: Callable[[str], None]) -> tuple[dict[str, Any], int]:
    """The event and its size in bytes, from a value found in ``<stem>.json``. Raises ``Dropped``."""
    if not isinstance(found, dict):
        raise Dropped(f"a JSON object is needed, this is a {type(found).__name__}")
    rest = dict(found)
    event_type, status = rest.pop("event_type", stem), rest.pop("status", "info")
    for name, value in (("event_type", event_type), ("status", status)):
        if not isinstance(value, str) or not 1 <= len(value) <= 128 or not value.isprintable():
            raise Dropped(f"its {name} must be a text of 1 to 128 printable characters")
    data = rest["data"] if rest.keys() == {"data"} and isinstance(rest["data"], dict) else rest
    if (recorded := own_type(event_type)) != event_type:
        note(f"event type {event_type!r} is the engine's own; recorded as {recorded!r}")
        event_type = recorded
    event = {
        "event_type": secrets.mask_text(event_type),
        "status": secrets.mask_text(status),
        "data": _masked(data, secrets, 0),
    }
    size = len(json.dumps(event))
    if size > EVENT_LIMIT:
        raise Dropped(f"it has {size:,} bytes, at most {EVENT_LIMIT:,} are taken")
    return event, size


def _masked(value: Any, secrets: Secrets, depth: int) -> Any:
    if depth > _DEEPEST:
        raise Dropped(f"it is nested more than {_DEEPEST} deep")
    if isinstance(value, dict):
        return {secrets.mask_text(key): _masked(one, secrets, depth + 1) for key, one in value.items()}
    if isinstance(value, list):
        return [_masked(one, secrets, depth + 1) for one in value]
    if isinstance(value, str):
        return secrets.mask_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise Dropped("it holds a number that is too large")
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        written = json.dumps(value)
        masked = secrets.mask_text(written)
        return value if masked == written else masked
    return value
