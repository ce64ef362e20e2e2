"""``POST /runs/{run_id}/cancel`` and ``…/retry`` (contract section 5)."""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError

from execution_engine.handlers.answers import Answer, error, http, told
from execution_engine.handlers.engine import engine

_cancellation = engine().cancellation
_retry = engine().retry
_app = APIGatewayHttpResolver()


@_app.post("/runs/<run_id>/cancel")
def cancel(run_id: str) -> Response[str]:
    return _response(*told(lambda: _cancellation.cancel(run_id), "the run could not be cancelled ({}); ask again"))


@_app.post("/runs/<run_id>/retry")
def retry(run_id: str) -> Response[str]:
    return _response(*told(lambda: _retry.retry(run_id), "the run could not be retried ({}); ask again"))


@_app.not_found
def nothing_here(absent: NotFoundError) -> Response[str]:
    return _response(404, error("there is only POST /runs/{run_id}/cancel and POST /runs/{run_id}/retry here"))


def handler(event: dict[str, Any], context: Any) -> Any:
    return _app.resolve(event, context)


def _response(status: int, answer: Answer) -> Response[str]:
    return Response(status, body=http(status, answer)["body"], content_type="application/json")
