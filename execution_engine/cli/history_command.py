"""``history TRACE``: everything that happened, oldest first."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from execution_engine.cli import exits, instances
from execution_engine.cli.board import STATUSES
from execution_engine.cli.calls import Call
from execution_engine.cli.wording import moment, words
from execution_engine.history.documents import instance_documents


def history(call: Call, trace_id: str, order_name: str | None, export: Path | None = None) -> int:
    if export is not None:
        from execution_engine.cli import history_file

        return history_file.export(call, trace_id, order_name, export)
    events: list[dict[str, Any]] = []
    unreadable: list[str] = []
    columns = shutil.get_terminal_size().columns
    with call.machine() as (machine, _):
        for page in machine.history.pages(trace_id, order_name):
            unreadable += page.get("unreadable", ())
            if call.output.as_json:
                events += page["events"]
            else:
                for event in page["events"]:
                    call.output.text("\n".join([line(event), *ends(event, columns)]))
            if call.output.closed:
                break
    for why in unreadable:
        call.output.say(why)
    if call.output.as_json:
        call.output.document({"events": events, **({"unreadable": unreadable} if unreadable else {})})
    return exits.SUCCEEDED


def line(event: dict[str, Any]) -> str:
    """When, who, what, and the rest (but for long addresses, which ``--json`` has, and for ``ends``)."""
    kind, status = event["event_type"], event["status"]
    what = words(kind) if status in (kind, "info") else f"{words(kind)} {words(status)}"
    data = event.get("data") or {}
    untold = ("execution_url", "instances") if _ends_instances(event) else ("execution_url",)
    told = "  ".join(f"{name}={_short(value)}" for name, value in data.items() if name not in untold)
    return f"{moment(event['epoch'])}  {event['order_name']:<20}  {what:<12}  {told}".rstrip()


def ends(event: dict[str, Any], columns: int) -> list[str]:
    """How the attempt that this event ends did on each of its instances, a line or more for each."""
    if not _ends_instances(event):
        return []
    told = instance_documents(event["data"]["instances"])
    return [text for row in instances.rows(told, indent=" " * 6, columns=columns) for text in row]


def _ends_instances(event: dict[str, Any]) -> bool:
    """An event that commands wrote may be called anything and hold anything; its status tells it apart."""
    own = event["event_type"] in STATUSES and event["status"] == event["event_type"]
    return own and bool(instance_documents((event.get("data") or {}).get("instances")))


def _short(value: Any) -> str:
    """Text as it is where that is clear; commands may have put anything in there."""
    if isinstance(value, str) and value.isprintable() and " " not in value:
        return value
    return json.dumps(value, separators=(",", ":"))
