"""What a function failed at after all its tries: Lambda hands it over as a message, which wakes the orchestrator.

The message holds what the function was invoked with. Of a run it leads to, only hints are taken from it (law 3), so
that a letter may come late, twice, or about a run that is long over. A job is never read here, nor logged: whoever
submitted it was answered, or tries again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import structlog

log = structlog.get_logger()

_RUN_ID = re.compile(r"[0-9a-f-]{36}")
_ORDER_NUM = re.compile(r"\d{4}")


class About(StrEnum):
    """What a function was invoked with."""

    CALLBACKS = "callbacks"
    LOOK = "look"
    ATTEMPT = "attempt"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Letter:
    """``event``: what the orchestrator is to be invoked with in its place; None if nothing can be done for a run.

    ``function``, ``condition``: whose it was and why Lambda gave it up, for the log.
    """

    about: About
    event: Mapping[str, Any] | None
    function: str
    condition: str


def is_letters(event: Mapping[str, Any]) -> bool:
    records = event.get("Records")
    return isinstance(records, list) and any(
        isinstance(record, Mapping) and record.get("eventSource") == "aws:sqs" for record in records
    )


def read(body: object) -> Letter:
    """Of a message's body, whatever that is."""
    try:
        document = json.loads(body) if isinstance(body, (str, bytes)) else None
    except (ValueError, RecursionError):
        document = None
    told = document if isinstance(document, Mapping) else {}
    context = told.get("requestContext")
    context = context if isinstance(context, Mapping) else {}
    about, event = _told(told.get("requestPayload"))
    return Letter(about, event, _word(context.get("functionArn")).rpartition(":")[2], _word(context.get("condition")))


def take_up(event: dict[str, Any], context: Any, hear: Callable[[Mapping[str, Any]], None]) -> dict[str, Any]:
    """``hear``: the orchestrator's own handler of what a letter holds. Answers which messages are to come again:
    those whose hearing failed; a letter that leads nowhere never will, and is only logged."""
    from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response

    def open_letter(record: Mapping[str, Any]) -> None:
        letter = read(record.get("body"))
        said = {"function": letter.function, "condition": letter.condition, "about": str(letter.about)}
        if letter.event is None:
            log.error("dead letter that leads to no run", **said)
            return
        log.warning("dead letter", **said)
        try:
            hear(letter.event)
        except Exception:
            log.exception("dead letter could not be taken up; it comes again", **said)
            raise

    processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)
    answer = process_partial_response(event, lambda record: open_letter(record.raw_event), processor, context)
    return dict(answer)


def _told(payload: object) -> tuple[About, Mapping[str, Any] | None]:
    if not isinstance(payload, Mapping):
        return About.OTHER, None
    look = payload.get("look")
    if isinstance(look, Mapping) and (event := _look(look)):
        return About.LOOK, event
    if event := _look(payload):
        return About.ATTEMPT, event
    records = payload.get("Records")
    if isinstance(records, list) and any(isinstance(one, Mapping) and "s3" in one for one in records):
        return About.CALLBACKS, payload
    return About.OTHER, None


def _look(named: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """At the order that this names. A watchdog's own input does, too, and a worker's launch."""
    run_id, num = _word(named.get("run_id")), _word(named.get("order_num"))
    if not _RUN_ID.fullmatch(run_id) or not _ORDER_NUM.fullmatch(num):
        return None
    return {"look": {"run_id": run_id, "order_num": num}}


def _word(value: object) -> str:
    return value[:256] if isinstance(value, str) else ""
