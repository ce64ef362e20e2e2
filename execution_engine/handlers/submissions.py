"""The ways a job comes in (contract section 1): HTTP, SNS, a direct invocation. One answer for each."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
from aws_lambda_powertools.utilities.data_classes.sns_event import SNSEventRecord

from execution_engine.errors import EngineError, Fault, JobRefused
from execution_engine.jobs.encoding import read_json
from execution_engine.jobs.job import Door

log = structlog.get_logger()

HTTP_LIMIT = 1024 * 1024
INVOKE_LIMIT = 6 * 1024 * 1024

Submit = Callable[..., dict[str, str]]
Answer = dict[str, Any]


def receive(event: object, door: Door, submit: Submit) -> Any:
    """HTTP gets an HTTP answer, SNS a list of answers, a direct invocation the answer itself."""
    if isinstance(event, Mapping) and "requestContext" in event:
        status, answer = _http_answer(lambda: submit(_body(event), door=door, size_limit=HTTP_LIMIT))
        return {
            "statusCode": status,
            "headers": {"content-type": "application/json"},
            "body": json.dumps(answer),
        }
    if isinstance(event, Mapping) and isinstance(event.get("Records"), list):
        return [_sns(record, door, submit) for record in event["Records"]]
    return _answer(lambda: submit(event, door=door, size_limit=INVOKE_LIMIT))[1]


def _sns(record: dict[str, Any], door: Door, submit: Submit) -> Answer:
    """A message that can't be taken is logged and answered; it would be no better the next time."""
    return _answer(lambda: submit(read_json(_message(record)), door=door, size_limit=INVOKE_LIMIT))[1]


def _message(record: dict[str, Any]) -> str:
    try:
        return SNSEventRecord(record).sns.message
    except (KeyError, TypeError, AttributeError) as error:
        raise JobRefused([Fault("Records", "holds a record that is no SNS message")]) from error


def _body(event: Mapping[str, Any]) -> object:
    request = APIGatewayProxyEventV2(dict(event))
    try:
        text = request.decoded_body
    except ValueError as error:
        raise JobRefused([Fault("", "the request's body is no base64 of UTF-8 text")]) from error
    return read_json(text or "")


def _http_answer(submit: Callable[[], dict[str, str]]) -> tuple[int, Answer]:
    """Over HTTP nobody tries again for the caller, so whatever went wrong has an answer that says so."""
    try:
        return _answer(submit)
    except Exception as error:
        log.exception("job could not be taken")
        told = f"the job could not be taken ({type(error).__name__}); what was begun of it is taken back"
        return 500, {"status": "error", "error": told, "errors": []}


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
