"""Claims and results in the internal bucket, and whoever asks for a look."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from urllib.parse import unquote_plus

import structlog
from aws_lambda_powertools.utilities.data_classes.s3_event import S3EventRecord

from execution_engine.handlers.engine import engine
from execution_engine.jobs.naming import parse_callback
from execution_engine.orders.marks import callback_mark

log = structlog.get_logger()
_orchestrator = engine().orchestrator


def handler(event: dict[str, Any], context: object) -> None:
    """One bad event or run never stops the others; what failed is raised at the end, for the retry."""
    if "look" in event:
        asked = event["look"]
        _orchestrator.look(str(asked["run_id"]), [str(asked["order_num"])])
        return
    failures = []
    for run_id, marks in _marks_by_run(event).items():
        try:
            _orchestrator.notice(run_id, frozenset(marks))
        except Exception as error:
            log.exception("pass failed", run_id=run_id)
            failures.append(error)
    if failures:
        raise failures[0]


def _marks_by_run(event: dict[str, Any]) -> dict[str, set[str]]:
    marks: dict[str, set[str]] = defaultdict(set)
    for record in event["Records"]:
        try:
            key = unquote_plus(S3EventRecord(record).s3.get_object.key)
        except (KeyError, TypeError, AttributeError):
            log.warning("not a notification")
            continue
        callback = parse_callback(key)
        if callback is None:
            log.warning("not a callback", key=key)
            continue
        marks[callback.run_id].add(callback_mark(callback))
    return marks
