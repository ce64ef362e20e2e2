"""What ran, and what it said (contract section 5): reads, and nothing else."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import Response

from execution_engine.errors import Fault, JobRefused
from execution_engine.handlers.answers import error
from execution_engine.handlers.engine import engine
from execution_engine.handlers.questions import Questions, byte_range
from execution_engine.handlers.routing import Answered, Request, Route, answered, as_json, routed
from execution_engine.history import portions
from execution_engine.history.documents import Document
from execution_engine.history.portions import LogPiece
from execution_engine.jobs.naming import MAX_ATTEMPTS
from execution_engine.storage.pages import ContinuationUnreadable

_portions = engine().portions

_OTHERWISE = "the question could not be answered ({}); ask again"
_TEXT = "text/plain; charset=utf-8"
_FRESH = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


def trace(request: Request, trace_id: str) -> Answered:
    asked = Questions(request.query_string_parameters)

    def ask() -> Document:
        limit = asked.whole("limit", 1, portions.MOST_EVENTS) or portions.EVENTS
        order_name, since, after = asked.text("order_name"), asked.moment("since"), asked.text("next")
        asked.done()
        return _portions.trace(trace_id, order_name, since, after, limit)

    return _document(ask)


def run(request: Request, run_id: str) -> Answered:
    asked = Questions(request.query_string_parameters)

    def ask() -> Document:
        limit = asked.whole("limit", 1, portions.MOST_ORDERS) or portions.MOST_ORDERS
        order, attempt, after = asked.text("order"), asked.whole("attempt", 0, MAX_ATTEMPTS), asked.text("next")
        logs, orders = asked.whole("logs", 0, portions.LOG_END), asked.flag("orders", True)
        for other in ("next", "limit", "logs", "orders"):
            asked.together(other, "order", "that is one order")
        asked.done()
        if order is not None:
            return _portions.one_order(run_id, order, attempt)
        return _portions.run(run_id, after, limit, logs) if orders else _portions.outline(run_id)

    return _document(ask)


def order(request: Request, order_name: str) -> Answered:
    asked = Questions(request.query_string_parameters)

    def ask() -> Document:
        limit, after = asked.whole("limit", 1, portions.MOST_RUNS) or portions.RUNS, asked.text("next")
        asked.done()
        return _portions.order(order_name, after, limit)

    return _document(ask)


def log(request: Request, run_id: str, order_num: str) -> Answered:
    asked = Questions(request.query_string_parameters)

    def ask() -> Answered:
        start, attempt = asked.whole("start", 0), asked.whole("attempt", 0, MAX_ATTEMPTS)
        tail, instance = asked.whole("tail", 0, portions.LOG_END), asked.text("instance")
        for other in ("start", "attempt"):
            asked.together(other, "tail", "that is the end of the last attempt's log")
        asked.done()
        if tail is not None:
            text = _portions.log_end(run_id, order_num, tail, instance)
            return Response(200, _TEXT, text.encode(), headers=dict(_FRESH))
        wanted = byte_range(request.headers.get("range")) if start is None else None
        first, last = wanted or (start or 0, None)
        size = portions.LOG_LIMIT if last is None else min(portions.LOG_LIMIT, last - first + 1)
        piece = _portions.log(run_id, order_num, start=first, attempt=attempt, instance=instance, size=size)
        return _log_piece(piece, in_range=wanted is not None)

    return answered(lambda: _clean(ask), _OTHERWISE)


def openapi(request: Request) -> Answered:
    from execution_engine.api.openapi import document

    return _document(document)


ROUTES: dict[tuple[str, str], Route] = {
    ("GET", "/traces/<trace_id>"): trace,
    ("GET", "/runs/<run_id>"): run,
    ("GET", "/runs/<run_id>/orders/<order_num>/log"): log,
    ("GET", "/orders/<order_name>"): order,
    ("GET", "/openapi.json"): openapi,
}


def handler(event: dict[str, Any], context: Any) -> Any:
    return routed(event, context, ROUTES)


def _document(ask: Any) -> Answered:
    def answer() -> Answered:
        found = as_json(200, ask())
        found.headers.update(_FRESH)
        return found

    return answered(lambda: _clean(answer), _OTHERWISE)


def _clean(ask: Any) -> Answered:
    """A continuation that no page gave is the caller's fault, and said to be its own."""
    try:
        found: Answered = ask()
    except ContinuationUnreadable as unreadable:
        raise JobRefused([Fault("next", str(unreadable))]) from unreadable
    return found


def _log_piece(piece: LogPiece, *, in_range: bool) -> Answered:
    """Where to go on is in the headers; the body is the log's bytes, nothing else."""
    headers = {
        **_FRESH,
        "accept-ranges": "bytes",
        "x-log-next": str(piece.next),
        "x-log-more": piece.more,
        "x-log-attempt": str(piece.attempt),
    }
    if not in_range:
        return Response(200, _TEXT, piece.data, headers=headers)
    if not piece.data:
        beyond = as_json(416, error(f"the log has no byte {piece.start:,} (yet): it ends before"))
        beyond.headers.update(headers)
        return beyond
    total = str(piece.next) if piece.more == "no" else "*"
    headers["content-range"] = f"bytes {piece.start}-{piece.next - 1}/{total}"
    return Response(206, _TEXT, piece.data, headers=headers)
