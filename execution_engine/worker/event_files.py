"""Events that commands left as ``<type>.json`` in their events folder: read with care, bounded, masked.

A file holds one JSON object, a list of them, or one per line. What can't be taken is dropped, and a note
for the order's log says which and why.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from execution_engine.worker.event_form import Dropped, event_of
from execution_engine.worker.masking import Secrets

TOTAL_LIMIT = 1024 * 1024
COUNT_LIMIT = 100
READ_LIMIT = 32 * 1024 * 1024
"""Bytes of files, whatever is in them: looking through them is part of no order's time."""

_NOTES = 20
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(slots=True)
class Collected:
    """Events as they are written to the attempt's events object, and lines for the order's log."""

    events: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    size: int = 0
    read: int = 0
    unsaid: int = 0

    def note(self, text: str) -> None:
        if len(self.notes) < _NOTES:
            self.notes.append(text)
        else:
            self.unsaid += 1


def collect(folder: Path, secrets: Secrets) -> Collected:
    """Read the folder, by name. Never raises for what commands did to it, and follows no link."""
    collected = Collected()
    try:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        collected.note(f"events dropped: the events folder can't be read ({error.strerror})")
        return collected
    try:
        with os.scandir(handle) as entries:
            names = sorted(entry.name for entry in entries if entry.name.endswith(".json"))
        for name in names:
            _collect_file(handle, name, secrets, collected)
    except OSError as error:
        collected.note(f"events dropped: the events folder can't be read ({error.strerror})")
    finally:
        os.close(handle)
    if collected.unsaid:
        collected.notes.append(f"… and {collected.unsaid} more lines about events")
    return collected


def _collect_file(folder: int, name: str, secrets: Secrets, into: Collected) -> None:
    try:
        if len(into.events) >= COUNT_LIMIT:
            raise Dropped(f"an order has at most {COUNT_LIMIT} events")
        if into.read >= READ_LIMIT:
            raise Dropped(f"the files before it had more than {READ_LIMIT:,} bytes")
        data = _read(folder, name)
        into.read += len(data)
        parts = list(_objects(data))
    except Dropped as why:
        into.note(f"event file {name!r} dropped: {why}")
        return
    for place, found in parts:
        try:
            if isinstance(found, Dropped):
                raise found
            event, size = event_of(found, name.removesuffix(".json"), secrets, into.note)
            if len(into.events) >= COUNT_LIMIT:
                raise Dropped(f"an order has at most {COUNT_LIMIT} events")
            if into.size + size > TOTAL_LIMIT:
                raise Dropped(f"an order's events have at most {TOTAL_LIMIT:,} bytes in all")
        except Dropped as why:
            into.note(f"event {name!r}{place} dropped: {why}")
            continue
        into.events.append(event)
        into.size += size


def _read(folder: int, name: str) -> bytes:
    try:
        handle = os.open(name, _READ, dir_fd=folder)
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise Dropped("it is no plain file")
            with os.fdopen(handle, "rb", closefd=False) as file:
                data = file.read(TOTAL_LIMIT + 1)
        finally:
            os.close(handle)
    except OSError as error:
        raise Dropped(f"it can't be read ({error.strerror})") from None
    if len(data) > TOTAL_LIMIT:
        raise Dropped(f"it has more than {TOTAL_LIMIT:,} bytes")
    return data


def _objects(data: bytes) -> Iterator[tuple[str, Any]]:
    """What a file holds, each with its place in it."""
    try:
        whole = _parse(data)
    except Dropped:
        lines = [(number, line) for number, line in enumerate(data.splitlines(), 1) if line.strip()]
        if len(lines) < 2:
            raise
        for number, line in lines:
            try:
                yield f" line {number}", _parse(line)
            except Dropped as why:
                yield f" line {number}", why
        return
    if isinstance(whole, list):
        yield from ((f"[{index}]", one) for index, one in enumerate(whole))
    else:
        yield "", whole


def _parse(data: bytes) -> Any:
    try:
        return json.loads(data.decode("utf-8-sig"), parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise Dropped(f"it is no JSON ({type(error).__name__})") from None


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
