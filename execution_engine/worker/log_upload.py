"""The uploading half of a log: chunks go out in order, at most a few wait, none is waited for too long.

A chunk that can't be uploaded is dropped and counted, so that a broken network can't keep an order from
ending.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable

import structlog

from execution_engine.worker.telling import tell

_LOOK = 0.25

_log = structlog.get_logger()


class LogUpload:
    """``upload(index, data)`` may raise anything. ``waiting`` bounds the chunks in between."""

    def __init__(self, upload: Callable[[int, bytes], None], waiting: int) -> None:
        self.sent = 0
        self.chunks = 0
        self._upload = upload
        self._abandoned = threading.Event()
        self._queue: queue.Queue[bytes | None] = queue.Queue(maxsize=waiting)
        self._thread = threading.Thread(target=self._run, name="log-upload", daemon=True)
        self._thread.start()

    @property
    def abandoned(self) -> bool:
        """It took too long; nothing more is taken."""
        return self._abandoned.is_set()

    def put(self, chunk: bytes | None) -> None:
        """Hand over the next chunk, None after the last; waits while too many wait already."""
        while not self.abandoned:
            try:
                self._queue.put(chunk, timeout=_LOOK)
                return
            except queue.Full:
                continue

    def finish(self, patience: float) -> None:
        """Wait for the rest to be uploaded, at most so many seconds; then it is abandoned."""
        self._thread.join(patience)
        if self._thread.is_alive():
            self._abandoned.set()
            _log.error("log upload took too long; the rest of the log is lost", sent=self.sent)

    def _run(self) -> None:
        while not self.abandoned:
            try:
                chunk = self._queue.get(timeout=_LOOK)
            except queue.Empty:
                continue
            if chunk is None:
                return
            index = self.chunks
            self.chunks += 1
            try:
                self._upload(index, chunk)
                self.sent += len(chunk)
            except Exception as error:  # whatever storage does, the order must end
                _log.error("part of a log is lost", chunk=index, bytes=len(chunk), error=tell(error))
