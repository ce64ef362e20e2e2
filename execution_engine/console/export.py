"""A trace as a page that needs nothing beside it: no other file, no script, no network."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, TextIO

from markupsafe import Markup

from execution_engine.console import told_by_events
from execution_engine.console.graph import Graph, graph
from execution_engine.console.log_window import tail, window
from execution_engine.console.reading import MOST_EVENTS, SeenRun, counts, runs_of_trace, several_attempts
from execution_engine.console.rendering import environment, style
from execution_engine.console.timeline import Timeline, timeline
from execution_engine.errors import NotFound
from execution_engine.history.asking import Asking
from execution_engine.history.documents import Document

LOG_LIMIT = 256 * 1024
"""Bytes of the end of each log that a page holds."""

TOTAL_LIMIT = 24 * 1024 * 1024
"""And of all of them: a page that is to be attached to a ticket has to stay one that opens."""


@dataclass(frozen=True, slots=True)
class ToldRun:
    """A run with its pictures. ``mark`` begins the ids of what is its on the page."""

    mark: str
    seen: SeenRun
    graph: Graph | str
    timeline: Timeline
    counts: dict[str, int]


def write_page(history: Asking, trace_id: str, order_name: str | None, now: float, file: TextIO) -> int:
    """Each run of the trace: graph, timeline, orders, the ends of their logs; and the events, whose number is
    returned; of more than ``MOST_EVENTS`` the first, and it says so. ``order_name``: of this order only, without the
    pictures."""
    read = (event for page in history.pages(trace_id, order_name) for event in page["events"])
    events = list(islice(read, MOST_EVENTS))
    cut = next(read, None) is not None
    later = runs_of_trace(history, trace_id) if cut and order_name is None else []
    runs = [_told(run, events, now) for run in _runs(history, events, later)]
    page = (
        environment()
        .get_template("export.html")
        .stream(
            trace_id=trace_id,
            order_name=order_name,
            now=now,
            runs=runs,
            events=events,
            cut=cut,
            logs=_Logs(history).of,
            style=style(),
            policy=_policy(str(style())),
        )
    )
    page.enable_buffering(50)
    for piece in page:
        file.write(piece)
    return len(events)


def _runs(history: Asking, events: list[Document], later: list[Document]) -> Iterator[Document]:
    """``later``: of runs that may have begun behind these events, which are shown as far as there are records."""
    known = {told["run_id"]: told for told in told_by_events.runs(events)}
    for run_id in dict.fromkeys([*known, *(one["run_id"] for one in later)]):
        try:
            yield history.run(run_id)
        except NotFound:
            if run_id in known:
                yield known[run_id]


def _told(run: Document, events: list[Document], now: float) -> ToldRun:
    of_it = [event for event in events if event["run_id"] == run["run_id"]]
    earlier = several_attempts(told_by_events.attempts(of_it))
    return ToldRun(
        mark=f"r{str(run['run_id'])[:8]}-",
        seen=SeenRun(run, earlier),
        graph=graph(run["orders"]),
        timeline=timeline(run, now, earlier),
        counts=counts(run),
    )


class _Logs:
    """Ends of logs, until they are as many bytes as a page may have."""

    def __init__(self, history: Asking) -> None:
        self._history = history
        self._left = TOTAL_LIMIT

    def of(self, run: Document, order: Document, mark: str) -> Iterator[dict[str, Any]]:
        """Of each of its instances, or the only one: ``{"instance", "html", "cut"}``."""
        if run.get("expired") or not order["attempt"]:
            return
        run_id, num = run["run_id"], order["order_num"]
        try:
            ids: list[str | None] = [*self._history.instances(run_id, num)] or [None]
            for place, instance in enumerate(ids):
                yield {"instance": instance, **self._one(run_id, num, instance, f"{mark}{num}-{place or ''}L")}
        except NotFound:  # its records had their day while this was written
            return

    def _one(self, run_id: str, num: str, instance: str | None, prefix: str) -> dict[str, Any]:
        if self._left <= 0:
            return {"html": "", "cut": "left out: the page is long enough without it"}
        size = min(LOG_LIMIT, self._left)
        at = tail(self._history.log(run_id, num, 0, None, instance), size)
        seen = window(self._history.log(run_id, num, at.byte, None, instance), at, size + 1, prefix)
        self._left -= seen.next.byte - at.byte
        cut = f"from line {at.line:,} on" if at.byte else ""
        return {"html": Markup(seen.html + seen.rest), "cut": cut}


def _policy(sheet: str) -> str:
    """The page may show its own style, and do and load nothing at all."""
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
