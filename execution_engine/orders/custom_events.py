"""Events that an order's commands reported, made fit for the history. They come from a worker: not trusted."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from execution_engine.orders.event import Epochs, Event
from execution_engine.orders.event_types import own_type
from execution_engine.orders.order import Order

LIMIT = 200
"""Events of one attempt; a worker sends at most half of that."""

DATA_LIMIT = 128 * 1024
"""Bytes of JSON; a worker sends half of that. An item has at most 400 KB."""

_DEPTH = 20
_NAME = 1_000
_DIGITS = 10**37
"""DynamoDB numbers have 38 digits."""


def custom_events(order: Order, documents: Sequence[dict[str, Any]], epochs: Epochs) -> list[Event]:
    """One event each, from the first that is not yet recorded on."""
    return [
        Event(
            trace_id=order.trace_id,
            order_name=order.order_name,
            epoch=epochs.next(),
            event_type=own_type(_word(document.get("event_type"), "event")),
            status=_word(document.get("status"), "info"),
            run_id=order.run_id,
            flow_id=order.flow_id,
            order_num=order.order_num,
            data=_data(document.get("data")),
        )
        for document in documents[order.events_written : LIMIT]
    ]


def _data(value: Any) -> dict[str, Any]:
    fit = _fit(value, 0) if isinstance(value, dict) else {}
    size = len(json.dumps(fit))
    return fit if size <= DATA_LIMIT else {"dropped": f"it has {size:,} bytes, at most {DATA_LIMIT:,} are kept"}


def _word(value: Any, otherwise: str) -> str:
    return str(_fit(value[:128], 0)) if isinstance(value, str) and value else otherwise


def _fit(value: Any, depth: int) -> Any:
    """What DynamoDB can hold: finite numbers of 38 digits, text that can be encoded, bounded nesting."""
    if depth > _DEPTH:
        return "…"
    if isinstance(value, dict):
        return {str(_fit(str(key)[:_NAME], depth)): _fit(one, depth + 1) for key, one in value.items() if key != ""}
    if isinstance(value, list):
        return [_fit(one, depth + 1) for one in value]
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value if abs(value) < _DIGITS else str(value)[:100]
    if isinstance(value, float):
        return value if math.isfinite(value) and (value == 0 or 1e-100 < abs(value) < 1e100) else str(value)
    return str(value)
