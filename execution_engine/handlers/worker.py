"""One attempt of one order, launched asynchronously."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import quote

from execution_engine.handlers.engine import leg, worker_engine
from execution_engine.worker.assignment import Assignment

_engine = worker_engine()


def handler(event: dict[str, Any], context: Any) -> dict[str, str]:
    worker, assignment = _engine.worker(_log_url(context)), Assignment.from_payload(event)
    outcome = leg(lambda: worker.work(assignment))
    return {"fate": str(outcome.fate)}


def _log_url(context: Any) -> str | None:
    """The CloudWatch console at this very stream."""
    group, stream = getattr(context, "log_group_name", ""), getattr(context, "log_stream_name", "")
    if not group:
        return None
    region = os.environ.get("AWS_REGION", "us-east-1")
    # The console wants its fragment quoted twice, with $ for the second %.
    parts = "/log-events/".join(quote(quote(part, safe=""), safe="").replace("%", "$") for part in (group, stream))
    return (
        f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#logsV2:log-groups/log-group/{parts}"
    )
