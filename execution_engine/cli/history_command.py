"""``history TRACE``: everything that happened, oldest first."""

from __future__ import annotations

import json
from typing import Any

from execution_engine.cli import exits
from execution_engine.cli.calls import Call
from execution_engine.cli.wording import moment, words


def history(call: Call, trace_id: str, order_name: str | None) -> int:
    events: list[dict[str, Any]] = []
    unreadable: list[str] = []
    with call.machine() as (machine, _):
        for page in machine.history.pages(trace_id, order_name):
            unreadable += page.get("unreadable", ())
            if call.output.as_json:
                events += page["events"]
            else:
                for event in page["events"]:
                    call.output.text(line(event))
            if call.output.closed:
                break
    for why in unreadable:
        call.output.say(why)
    if call.output.as_json:
        call.output.document({"events": events, **({"unreadable": unreadable} if unreadable else {})})
    return exits.SUCCEEDED


def line(event: dict[str, Any]) -> str:
    """When, who, what, and the rest (but for long addresses, which ``--json`` has)."""
    kind, status = event["event_type"], event["status"]
    what = words(kind) if status in (kind, "info") else f"{words(kind)} {words(status)}"
    data = event.get("data") or {}
    told = "  ".join(f"{name}={_short(value)}" for name, value in data.items() if name != "execution_url")
    return f"{moment(event['epoch'])}  {event['order_name']:<20}  {what:<12}  {told}".rstrip()


def _short(value: Any) -> str:
    """Text as it is where that is clear; commands may have put anything in there."""
    if isinstance(value, str) and value.isprintable() and " " not in value:
        return value
    return json.dumps(value, separators=(",", ":"))
