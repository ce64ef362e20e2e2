"""Listens to what the engine asks of a running order (law 9): to be stopped."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog

from execution_engine.worker.recurring import Recurring
from execution_engine.worker.stop import Stop, StopRequest
from execution_engine.worker.telling import tell

TIMEOUT = 5.0
_STATUSES = ("failed", "timed_out")

_log = structlog.get_logger()


def asked_stop(document: dict[str, Any] | None, attempt: int) -> Stop | None:
    """What a control document asks of this attempt; None for nothing, and for what this worker does not know."""
    if document is None or document.get("action") != "stop" or document.get("attempt", attempt) != attempt:
        return None
    status, reason = document.get("status"), document.get("reason")
    return Stop(
        status=status if status in _STATUSES else "failed",
        reason=reason if isinstance(reason, str) else None,
    )


class Control(Recurring):
    """Asks every ``interval`` seconds, until a stop was asked for."""

    def __init__(
        self,
        read: Callable[[float], dict[str, Any] | None],
        request: StopRequest,
        *,
        attempt: int,
        interval: float,
    ) -> None:
        super().__init__("control", pause=interval, patience=TIMEOUT)
        self._read = read
        self._attempt = attempt
        self._request = request
        self._interval = interval

    def turn(self) -> float | None:
        try:
            stop = asked_stop(self._read(TIMEOUT), self._attempt)
        except Exception as error:  # not being able to ask is no reason to stop
            _log.debug("control can't be read", error=tell(error))
            return self._interval
        if stop is None:
            return self._interval
        _log.info("stop asked for", status=stop.status, reason=stop.reason)
        self._request.ask(stop)
        return None
