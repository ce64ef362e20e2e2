"""Claims and results in the internal bucket, whoever asks for a look, and dead letters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import unquote_plus

import structlog
from aws_lambda_powertools.utilities.data_classes.s3_event import S3EventRecord

from execution_engine.handlers import dead_letters
from execution_engine.handlers.engine import engine, leg
from execution_engine.jobs.naming import Callback, parse_callback
from execution_engine.orders.marks import callback_mark

log = structlog.get_logger()
_orchestrator = engine().orchestrator
_gathering = engine().gathering
_signals = engine().signals


def handler(event: dict[str, Any], context: object) -> dict[str, Any] | None:
    """Answers nothing, but for dead letters: which of them are to come again."""
    if not dead_letters.is_letters(event):
        _hear(event)
        return None
    _signals.dead_letters(len(event["Records"]))
    return dead_letters.take_up(event, context, _hear)


def _hear(event: Mapping[str, Any]) -> None:
    """One bad event or run never stops the others; what failed is raised at the end, for the retry.

    What an instance wrote becomes part of its order's own claim and result, which are heard of in their turn.
    """
    if "look" in event:
        run_id, num = str(event["look"]["run_id"]), str(event["look"]["order_num"])
        leg(lambda: _orchestrator.look(run_id, [num]), run_id=run_id)
        return
    failures = []
    callbacks = _callbacks(event)
    for callback, size in callbacks:
        if callback.instance is None:
            continue
        try:
            leg(partial(_gather, callback, size), run_id=callback.run_id)
        except Exception as error:
            log.exception("gathering failed", run_id=callback.run_id, instance=callback.instance)
            failures.append(error)
    for run_id, marks in _marks_by_run(callbacks).items():
        try:
            leg(partial(_orchestrator.notice, run_id, frozenset(marks)), run_id=run_id)
        except Exception as error:
            log.exception("pass failed", run_id=run_id)
            failures.append(error)
    if failures:
        raise failures[0]


def _gather(callback: Callback, size: int | None) -> None:
    if _gathering is None:
        log.warning("this deployment runs nothing on instances", run_id=callback.run_id, instance=callback.instance)
    else:
        _gathering.hear(callback, size)


def _marks_by_run(callbacks: list[tuple[Callback, int | None]]) -> dict[str, set[str]]:
    marks: dict[str, set[str]] = defaultdict(set)
    for callback, _ in callbacks:
        if callback.instance is None:
            marks[callback.run_id].add(callback_mark(callback))
    return marks


def _callbacks(event: Mapping[str, Any]) -> list[tuple[Callback, int | None]]:
    """With the sizes of the objects in bytes, where they are told."""
    found = []
    for record in event["Records"]:
        try:
            written = S3EventRecord(record).s3.get_object
            key = unquote_plus(written.key)
        except (KeyError, TypeError, AttributeError):
            log.warning("not a notification")
            continue
        callback = parse_callback(key)
        if callback is None:
            log.warning("not a callback", key=key)
            continue
        size = written.get("size")
        found.append((callback, size if isinstance(size, int) else None))
    return found
