"""What the engine writes about an attempt that it ends itself: for its worker to read, or in its place (law 9)."""

from __future__ import annotations

from typing import Any

from execution_engine.orders.status import Status


def stop_request(attempt: int, status: Status, reason: str | None, now: float) -> dict[str, Any]:
    """For ``control.json``. The worker ends its commands and reports this status and reason; who watches counts from
    ``asked_at``."""
    return {"action": "stop", "attempt": attempt, "reason": reason, "status": str(status), "asked_at": now}


def result_from_outside(status: Status, reason: str | None, why: str, now: float) -> dict[str, Any]:
    """For ``result.json``. ``why`` is all the log there is of it; when it began is not said, as nobody outside
    knows."""
    return {"status": str(status), "log": why, "exit_code": None, "reason": reason, "ended_at": now}
