"""``POST /runs/{run_id}/cancel`` and ``…/retry`` (contract section 5)."""

from __future__ import annotations

from typing import Any

from execution_engine.handlers.answers import told
from execution_engine.handlers.engine import engine
from execution_engine.handlers.routing import Answered, Request, Route, as_json, routed
from execution_engine.redaction import hiding

_cancellation = engine().cancellation
_retry = engine().retry


def cancel(request: Request, run_id: str) -> Answered:
    return as_json(*told(lambda: _cancellation.cancel(run_id), "the run could not be cancelled ({}); ask again"))


def retry(request: Request, run_id: str) -> Answered:
    return as_json(*told(lambda: _retry.retry(run_id), "the run could not be retried ({}); ask again"))


ROUTES: dict[tuple[str, str], Route] = {
    ("POST", "/runs/<run_id>/cancel"): cancel,
    ("POST", "/runs/<run_id>/retry"): retry,
}


def handler(event: dict[str, Any], context: Any) -> Any:
    with hiding():
        return routed(event, context, ROUTES)
