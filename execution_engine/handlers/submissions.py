"""The ways a job comes in (contract section 1): HTTP, SNS, a direct invocation. One answer for each."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import structlog
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2, SNSEvent

from execution_engine.errors import EngineError, Fault, JobRefused
from execution_engine.jobs.encoding import read_json
from execution_engine.jobs.job import Door

log = structlog.get_logger()

HTTP_LIMIT = 1024 * 1024
INVOKE_LIMIT = 6 * 1024 * 1024

Submit = Callable[..., dict[str, str]]
Answer = dict[str, Any]


def receive(event: Mapping[str, Any], door: Door, submit: Submit) -> Any:
    """HTTP gets an HTTP answer, SNS a list of answers, a direct invocation the answer itself."""
    if "requestContext" in event:
        status, answer = _answer(lambda: submit(_body(event), door=door, size_limit=HTTP_LIMIT))
        return {
            "statusCode": status,
            "headers": {"content-type": "application/json"},
            "body": json.dumps(answer),
        }
    if "Records" in event:
        return [_sns(message, door, submit) for message in _messages(event)]
    return _answer(lambda: submit(event, door=door, size_limit=INVOKE_LIMIT))[1]


def _messages(event: Mapping[str, Any]) -> Iterable[str]:
    return [record.sns.message for record in SNSEvent(dict(event)).records]


def _sns(message: str, door: Door, submit: Submit) -> Answer:
    """A message that can't be taken is logged and answered; it would be no better the next time."""
    return _answer(lambda: submit(read_json(message), door=door, size_limit=INVOKE_LIMIT))[1]


def _body(event: Mapping[str, Any]) -> object:
    request = APIGatewayProxyEventV2(dict(event))
    try:
        text = request.decoded_body
    except ValueError as error:
        raise JobRefused([Fault("", "the request's body is no base64 of UTF-8 text")]) from error
    return read_json(text or "")


def _answer(submit: Callable[[], dict[str, str]]) -> tuple[int, Answer]:
    try:
        return 200, dict(submit())
    except JobRefused as refused:
        log.info("job refused", error=str(refused), faults=len(refused.faults))
        return refused.status, {
            "status": "error",
            "error": str(refused).splitlines()[0],
            "errors": [fault.as_dict() for fault in refused.faults],
        }
    except EngineError as error:
        log.error("job could not be taken", error=str(error))
        return 500, {"status": "error", "error": str(error).splitlines()[0], "errors": []}
