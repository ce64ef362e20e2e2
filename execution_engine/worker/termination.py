"""A worker's process that is told to end: it ends its commands first, and says so."""

from __future__ import annotations

import _thread
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from execution_engine.orders.status import Reason, Status
from execution_engine.worker.stop import Stop, StopRequest

_log = structlog.get_logger()


@contextmanager
def ending_in_good_order(request: StopRequest) -> Iterator[None]:
    """Meanwhile SIGTERM asks for a stop. By itself it would end this process at once, and leave the commands,
    in sessions of their own, to themselves. When the context is left, the process ends as it was told to.

    Only a main thread is told of signals; elsewhere nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    told: list[int] = []

    def hear(number: int, frame: object) -> None:
        # The main thread may be anywhere, also within the very locks that asking takes.
        told.append(number)
        _thread.start_new_thread(request.ask, (Stop(Status.FAILED, Reason.WORKER_LOST),))

    before = signal.signal(signal.SIGTERM, hear)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL if before is None else before)
        if told:
            _log.warning("the worker was told to end", signal="SIGTERM")
            signal.raise_signal(signal.SIGTERM)
