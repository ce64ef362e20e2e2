"""The result of an attempt as it is written (contract section 3). Pure."""

from __future__ import annotations

from typing import Any

from execution_engine.worker.log_stream import SPEAKER, LogSummary
from execution_engine.worker.sequence import Ending


def no_stream(line: str) -> LogSummary:
    """The log of an attempt that came to no stream of its own: one line of the engine's."""
    text = f"{SPEAKER}{line}\n"
    return LogSummary(tail=text, bytes=len(text.encode("utf-8", "replace")), chunks=0, lost=0)


def result_document(
    *,
    run_id: str,
    order_num: str,
    attempt: int,
    ending: Ending,
    log: LogSummary,
    events: int,
    started_at: float,
    ended_at: float,
    execution_url: str | None = None,
) -> dict[str, Any]:
    """``events`` counts those in the attempt's events object; times are seconds since the epoch."""
    document: dict[str, Any] = {
        "run_id": run_id,
        "order_num": order_num,
        "attempt": attempt,
        "status": ending.status,
        "log": log.tail,
        "log_bytes": log.bytes,
        "log_chunks": log.chunks,
        "exit_code": ending.exit_code,
        "reason": ending.reason,
        "started_at": started_at,
        "ended_at": ended_at,
        "events": events,
        "execution_url": execution_url,
    }
    if log.lost:
        document["log_lost"] = log.lost
    return document
