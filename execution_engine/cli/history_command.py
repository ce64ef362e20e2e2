"""``history TRACE``: everything that happened, oldest first; in bounded memory, however much that is."""

from __future__ import annotations

import json
import shutil
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from execution_engine.cli import exits, instances
from execution_engine.cli.board import STATUSES
from execution_engine.cli.calls import Call
from execution_engine.cli.wording import moment, words
from execution_engine.history.documents import Document, instance_documents

_HEAD = '{\n  "events": ['
_FOOT = "\n  ]"


def history(call: Call, trace_id: str, order_name: str | None, export: Path | None = None) -> int:
    if export is not None:
        from execution_engine.cli import history_file

        return history_file.export(call, trace_id, order_name, export)
    columns = shutil.get_terminal_size().columns
    with call.machine() as (machine, _):
        pages = machine.history.pages(trace_id, order_name)
        if call.output.as_json:
            _write_document(call, pages)
            return exits.SUCCEEDED
        for page in pages:
            lines = [text for event in page["events"] for text in (line(event), *ends(event, columns))]
            if lines:
                call.output.text("\n".join(lines))
            for why in page.get("unreadable", ()):
                call.output.say(why)
            if call.output.closed:
                break
    return exits.SUCCEEDED


def _write_document(call: Call, pages: Iterator[Document]) -> None:
    """One JSON document, written as it is read."""
    unreadable: list[str] = []
    begun = False
    for page in pages:
        told = ",".join("\n" + _inside(event, 4) for event in page["events"])
        if told:
            call.output.raw(f"{',' if begun else _HEAD}{told}".encode())
            begun = True
        unreadable += page.get("unreadable", ())
        if call.output.closed:
            return
    tail = f',\n  "unreadable": {_inside(unreadable, 2).strip()}' if unreadable else ""
    call.output.raw(f"{_FOOT if begun else _HEAD + ']'}{tail}\n}}\n".encode())
    for why in unreadable:
        call.output.say(why)


def _inside(value: object, depth: int) -> str:
    """As it stands in an indented document, so many spaces in."""
    return textwrap.indent(json.dumps(value, indent=2), " " * depth)


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
