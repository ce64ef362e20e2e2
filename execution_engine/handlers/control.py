"""``POST /runs/{run_id}/cancel`` and ``…/retry`` (contract section 5)."""

from __future__ import annotations

from typing import Any

from execution_engine.errors import NotFound
from execution_engine.handlers.answers import told
from execution_engine.handlers.engine import engine
from execution_engine.handlers.routing import Answered, Request, Route, as_json, routed
from execution_engine.history.history import is_id
from execution_engine.redaction import hiding

_cancellation = engine().cancellation
_retry = engine().retry


def cancel(request: Request, run_id: str) -> Answered:
    return as_json(
        *told(lambda: _cancellation.cancel(possible(run_id)), "the run could not be cancelled ({}); ask again")
    )


def retry(request: Request, run_id: str) -> Answered:
    return as_json(*told(lambda: _retry.retry(possible(run_id)), "the run could not be retried ({}); ask again"))


def possible(run_id: str) -> str:
    """No store is asked for what can't be an id: one of some kilobytes is no key to DynamoDB. Raises ``NotFound``."""
    if not is_id(run_id):
        raise NotFound(f"there is no run {run_id[:200]}: no run has such an id")
    return run_id


ROUTES: dict[tuple[str, str], Route] = {
    ("POST", "/runs/<run_id>/cancel"): cancel,
    ("POST", "/runs/<run_id>/retry"): retry,
}


def handler(event: dict[str, Any], context: Any) -> Any:
    with hiding():
        return routed(event, context, ROUTES)
