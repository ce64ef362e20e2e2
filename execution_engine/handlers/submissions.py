"""The ways a job comes in (contract section 1): HTTP, SNS, a direct invocation. One answer for each.

A refusal is an answer. What went wrong otherwise is one over HTTP, where nobody tries again; of the other ways
it is raised, so that the platform does: it repeats the same request, which by then may have its run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2
from aws_lambda_powertools.utilities.data_classes.sns_event import SNSEventRecord

from execution_engine.errors import Fault, JobRefused
from execution_engine.handlers.answers import Answer, http, refusal, told
from execution_engine.jobs.encoding import read_json
from execution_engine.jobs.job import Door
from execution_engine.redaction import hiding

log = structlog.get_logger()

HTTP_LIMIT = 1024 * 1024
INVOKE_LIMIT = 6 * 1024 * 1024

_NOT_TAKEN = "the job could not be taken ({}); what was begun of it is taken back"

Submit = Callable[..., Answer]


def receive(event: object, door: Door, submit: Submit, request_id: str = "") -> Any:
    """HTTP gets an HTTP answer, SNS a list of answers, a direct invocation the answer itself.

    ``request_id`` is Lambda's: the same for each try of one asynchronous invocation. What intake fetches meanwhile
    is neither answered nor logged.
    """
    with hiding():
        return _received(event, door, submit, request_id)


def _received(event: object, door: Door, submit: Submit, request_id: str) -> Any:
    if isinstance(event, Mapping) and "requestContext" in event:
        return http(*told(lambda: submit(_body(event), door=door, size_limit=HTTP_LIMIT), _NOT_TAKEN))
    if isinstance(event, Mapping) and isinstance(event.get("Records"), list):
        return _each(event["Records"], door, submit)
    came_as = f"invoke:{request_id}" if request_id else None
    return _answer(lambda: submit(event, door=door, size_limit=INVOKE_LIMIT, came_as=came_as))


def _each(records: list[Any], door: Door, submit: Submit) -> list[Answer]:
    """One bad message never stops the others; what may be better the next time is raised at the end."""
    answers, failures = [], []
    for record in records:
        structlog.contextvars.clear_contextvars()  # nothing that was said of the last one
        try:
            answers.append(_answer(lambda record=record: _sns(record, door, submit)))  # type: ignore[misc]
        except Exception as error:
            log.exception("message could not be taken")
            failures.append(error)
    if failures:
        raise failures[0]
    return answers


def _sns(record: dict[str, Any], door: Door, submit: Submit) -> Answer:
    try:
        message = SNSEventRecord(record).sns
        text, name = message.message, message.get("MessageId")
    except (KeyError, TypeError, AttributeError) as error:
        raise JobRefused([Fault("Records", "holds a record that is no SNS message")]) from error
    came_as = f"sns:{name}" if name else None
    return submit(read_json(text), door=door, size_limit=INVOKE_LIMIT, came_as=came_as)


def _body(event: Mapping[str, Any]) -> object:
    request = APIGatewayProxyEventV2(dict(event))
    try:
        text = request.decoded_body
    except ValueError as error:
        raise JobRefused([Fault("", "the request's body is no base64 of UTF-8 text")]) from error
    return read_json(text or "")


def _answer(submit: Callable[[], Answer]) -> Answer:
    try:
        return dict(submit())
    except JobRefused as refused:
        return refusal(refused)[1]
