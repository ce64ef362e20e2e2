"""The pages: each gathers what it shows, and renders it whole or only the part that changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.wrappers import Response

from execution_engine.console import answers
from execution_engine.console.graph import graph, needed
from execution_engine.console.log_pages import attempt_of, instance_of
from execution_engine.console.place import Place
from execution_engine.console.reading import counts, find, has_ended, order_events, recent_runs, runs_of_trace, seen_run
from execution_engine.console.rendering import render, streamed
from execution_engine.console.timeline import timeline
from execution_engine.errors import NotFound

LIVE = "X-Live"
"""A page's own script asks for the changing part only, and says which state of it is shown already."""

RECENT = 20
EVENTS = 200
"""Of a page of a trace."""

ROWS = 500
"""Orders of a page of a run's table and timeline."""


@dataclass(frozen=True, slots=True)
class Asked:
    """``shown``: the state that the browser shows already, ``""`` for an old one, None if it asks for a page."""

    args: Mapping[str, str]
    shown: str | None

    @property
    def is_live(self) -> bool:
        return self.shown is not None


class Pages:
    """``shared``: what every template is handed."""

    def __init__(self, place: Place, shared: Mapping[str, Any]) -> None:
        self._place = place
        self._shared = shared

    def answer(self, endpoint: str, named: Mapping[str, str], asked: Asked) -> Response:
        if endpoint == "home":
            return self._home(asked)
        if endpoint == "find":
            return self._find(asked)
        if endpoint == "trace":
            return self._trace(named["trace_id"], asked)
        if endpoint == "order_name":
            return self._order_name(named["order_name"].removeprefix("~"), asked)
        if endpoint == "run":
            return self._run(named["run_id"], asked)
        return self._order(named["run_id"], named["num"], asked)

    def _home(self, asked: Asked) -> Response:
        runs = recent_runs(self._place.history, RECENT)
        return self._show("home", asked, state=str([(run["run_id"], run["status"]) for run in runs]), runs=runs)

    def _find(self, asked: Asked) -> Response:
        sought = asked.args.get("q", "").strip()
        if not sought:
            return answers.see("/")
        path = find(self._place.history, sought)
        if path is None:
            raise NotFound(
                f"nothing is called {sought[:200]}: there is no run, no trace and no order of that name "
                "(records of runs are kept for 1 day after their deadline, events for 90 days)"
            )
        return answers.see(path)

    def _trace(self, trace_id: str, asked: Asked) -> Response:
        after = asked.args.get("after") or None
        page = self._place.history.trace(trace_id, after=after, limit=EVENTS)
        runs = runs_of_trace(self._place.history, trace_id)
        state = f"{len(page['events'])}.{page['events'][-1]['sk'] if page['events'] else ''}.{page['next']}"
        return self._show("trace", asked, state=state, trace_id=trace_id, page=page, runs=runs, after=after)

    def _order_name(self, order_name: str, asked: Asked) -> Response:
        after = asked.args.get("after") or None
        page = self._place.history.order(order_name, after, RECENT)
        state = str([(run["run_id"], run["status"], run["attempt"]) for run in page["runs"]])
        return self._show("order_name", asked, state=state, order_name=order_name, page=page, after=after)

    def _run(self, run_id: str, asked: Asked) -> Response:
        trace_id = asked.args.get("trace") or None
        if asked.shown and trace_id is None:
            # One question, whatever the run's size, tells whether anything happened.
            outline = self._place.history.outline(run_id)
            if _state(outline) == asked.shown:
                return answers.nothing_new()
        seen = seen_run(self._place, run_id, trace_id)
        run, now = seen.run, self._place.clock.now()
        first = _first_row(asked.args.get("from"), len(run["orders"]))
        drawn = timeline(run, now, seen.earlier)
        return self._show(
            "run",
            asked,
            state=_state(run),
            seen=seen,
            run=run,
            now=now,
            graph=graph(run["orders"]),
            timeline=drawn,
            rows=drawn.rows[first : first + ROWS],
            first=first,
            ROWS=ROWS,
            counts=counts(run),
        )

    def _order(self, run_id: str, num: str, asked: Asked) -> Response:
        history = self._place.history
        trace_id = asked.args.get("trace") or None
        if asked.shown and trace_id is None and f"{_state(history.outline(run_id))}.0" == asked.shown:
            return answers.nothing_new()
        seen = seen_run(self._place, run_id, trace_id)
        order = next((one for one in seen.run["orders"] if num in (one["order_num"], one["order_name"])), None)
        if order is None:
            raise NotFound(f"run {run_id} has no order with the number or the name {num[:128]}")
        attempt = attempt_of(asked.args, order)
        asked_instance = asked.args.get("instance") or None
        instance = None if seen.expired else instance_of(self._place, run_id, order, attempt, asked_instance)
        instances = [] if seen.expired else history.instances(run_id, order["order_num"], attempt)
        needs = needed(seen.run["orders"])
        by_num = {one["order_num"]: one for one in seen.run["orders"]}
        return self._show(
            "order",
            asked,
            state=f"{_state(seen.run)}.{len(instances)}",
            seen=seen,
            run=seen.run,
            order=order,
            now=self._place.clock.now(),
            over=has_ended(order),
            attempt=attempt,
            chosen=asked.args.get("attempt") or "",
            instance=instance,
            instances=instances,
            ends={one["instance_id"]: one for one in order.get("instances", ())},
            needs=[by_num[one] for one in needs[order["order_num"]]],
            needed_by=[by_num[one] for one, those in needs.items() if order["order_num"] in those],
            events=order_events(history, seen.run, order["order_name"]),
        )

    def _show(self, name: str, asked: Asked, *, state: str, **values: Any) -> Response:
        if asked.shown and asked.shown == state:
            return answers.nothing_new()
        part = "_order_live" if name == "order" else f"_{name}"
        if asked.is_live:
            return answers.html(render(f"{part}.html", **self._shared, **values, state=state))
        return answers.html(streamed(f"{name}.html", **self._shared, **values, state=state))


def _state(run: Mapping[str, Any]) -> str:
    """Changes whenever anything about the run does."""
    return f"{run['last_epoch']}.{run['status']}.{run['stop']}"


def _first_row(text: str | None, count: int) -> int:
    """The first of a page of rows, counted from 0; the beginning for anything else."""
    number = int(text) if text and text.isascii() and text.isdigit() and len(text) < 6 else 0
    return number if number < count else 0
