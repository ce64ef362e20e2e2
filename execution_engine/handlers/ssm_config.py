"""``POST /ssm``: a job of orders for EC2 instances. Refused, with the place, where the deployment runs none."""

from __future__ import annotations

from typing import Any

from execution_engine.handlers.engine import engine, leg
from execution_engine.handlers.submissions import receive

_intake = engine().intake


def handler(event: dict[str, Any], context: Any) -> Any:
    return leg(lambda: receive(event, "ssm", _intake.submit, getattr(context, "aws_request_id", "")))
