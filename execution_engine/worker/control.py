"""Listens to what the engine asks of a running order (law 9): to be stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

import structlog

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


class Control:
    """Asks every ``interval`` seconds while its context is open, until a stop was asked for."""

    def __init__(
        self,
        read: Callable[[float], dict[str, Any] | None],
        request: StopRequest,
        *,
        attempt: int,
        interval: float,
    ) -> None:
        self._read = read
        self._attempt = attempt
        self._request = request
        self._interval = interval
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="control", daemon=True)

    def __enter__(self) -> Control:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join(TIMEOUT)

    def _run(self) -> None:
        while not self._over.wait(self._interval):
            try:
                stop = asked_stop(self._read(TIMEOUT), self._attempt)
            except Exception as error:  # not being able to ask is no reason to stop
                _log.debug("control can't be read", error=tell(error))
                continue
            if stop is not None:
                _log.info("stop asked for", status=stop.status, reason=stop.reason)
                self._request.ask(stop)
                return
