"""Claims and results in the internal bucket, and whoever asks for a look."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from urllib.parse import unquote_plus

import structlog
from aws_lambda_powertools.utilities.data_classes.s3_event import S3EventRecord

from execution_engine.handlers.engine import engine
from execution_engine.jobs.naming import Callback, parse_callback
from execution_engine.orders.marks import callback_mark

log = structlog.get_logger()
_orchestrator = engine().orchestrator
_gathering = engine().gathering


def handler(event: dict[str, Any], context: object) -> None:
    """One bad event or run never stops the others; what failed is raised at the end, for the retry.

    What an instance wrote becomes part of its order's own claim and result, which are heard of in their turn.
    """
    if "look" in event:
        asked = event["look"]
        _orchestrator.look(str(asked["run_id"]), [str(asked["order_num"])])
        return
    failures = []
    callbacks = _callbacks(event)
    for callback in callbacks:
        if callback.instance is None:
            continue
        try:
            _gather(callback)
        except Exception as error:
            log.exception("gathering failed", run_id=callback.run_id, instance=callback.instance)
            failures.append(error)
    for run_id, marks in _marks_by_run(callbacks).items():
        try:
            _orchestrator.notice(run_id, frozenset(marks))
        except Exception as error:
            log.exception("pass failed", run_id=run_id)
            failures.append(error)
    if failures:
        raise failures[0]


def _gather(callback: Callback) -> None:
    if _gathering is None:
        log.warning("this deployment runs nothing on instances", run_id=callback.run_id, instance=callback.instance)
    else:
        _gathering.hear(callback)


def _marks_by_run(callbacks: list[Callback]) -> dict[str, set[str]]:
    marks: dict[str, set[str]] = defaultdict(set)
    for callback in callbacks:
        if callback.instance is None:
            marks[callback.run_id].add(callback_mark(callback))
    return marks


def _callbacks(event: dict[str, Any]) -> list[Callback]:
    found = []
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
        found.append(callback)
    return found
