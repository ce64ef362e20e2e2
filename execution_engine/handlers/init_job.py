"""``POST /init``, SNS, direct invocation: a job of Lambda and CodeBuild orders."""

from __future__ import annotations

from typing import Any

from execution_engine.handlers.engine import engine, leg
from execution_engine.handlers.submissions import receive

_intake = engine().intake


def handler(event: dict[str, Any], context: Any) -> Any:
    return leg(lambda: receive(event, "init", _intake.submit, getattr(context, "aws_request_id", "")))
