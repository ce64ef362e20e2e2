"""A trace as lines of JSON."""

from __future__ import annotations

import json
from typing import TextIO

from execution_engine.history.asking import Asking


def write_lines(history: Asking, trace_id: str, order_name: str | None, file: TextIO) -> int:
    """Every event as ``history --json`` has it, oldest first, one a line; their number. In constant memory."""
    count = 0
    for page in history.pages(trace_id, order_name):
        for event in page["events"]:
            file.write(json.dumps(event) + "\n")
            count += 1
    return count
