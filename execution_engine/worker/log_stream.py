"""An order's log on its way from a pipe to storage, in bounded memory whatever its size (law 11).

A thread reads, masks and cuts; another uploads (log_upload.py). When storage is slower than the commands,
the commands wait.
"""

from __future__ import annotations

import os
import select
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from execution_engine.worker.log_tail import LIMIT as TAIL_LIMIT
from execution_engine.worker.log_tail import LogTail
from execution_engine.worker.log_upload import LogUpload
from execution_engine.worker.masking import Secrets

CHUNK_LIMIT = 4 * 1024 * 1024
_READ_SIZE = 64 * 1024
_POLL = 0.25
_STRAGGLER_BYTES = 1024 * 1024
_STRAGGLER_SECONDS = 1.0
SPEAKER = "[execution-engine] "


@dataclass(frozen=True, slots=True)
class LogSummary:
    """``bytes`` counts all there was, ``lost`` those of it that could not be uploaded."""

    tail: str
    bytes: int
    chunks: int
    lost: int


class LogStream:
    """``upload(index, data)`` may raise: then the chunk is lost. ``interval``: seconds to wait for more.

    ``stays_if_short``: a log of which nothing was uploaded when it ended, and that its own tail tells whole and byte
    by byte, is not uploaded at all: no chunk, nothing lost.
    """

    def __init__(
        self,
        upload: Callable[[int, bytes], None],
        secrets: Secrets,
        *,
        monotonic: Callable[[], float],
        interval: float = 2.0,
        chunk_limit: int = CHUNK_LIMIT,
        waiting: int = 2,
        stays_if_short: bool = False,
    ) -> None:
        self._upload = LogUpload(upload, waiting)
        self._masked = secrets.stream()
        self._secrets = secrets
        self._monotonic = monotonic
        self._interval = interval
        self._chunk_limit = chunk_limit
        self._stays_if_short = stays_if_short
        self._buffer = bytearray()
        self._oldest = 0.0
        self._tail = LogTail()
        self._ends_line = True
        self._bytes = 0
        self._notes: tuple[str, ...] = ()
        self._closing = False
        self._stays = False
        self._read_end, self.output = os.pipe()
        os.set_blocking(self._read_end, False)
        self._reader = threading.Thread(target=self._read, name="log-reader", daemon=True)
        self._reader.start()

    def finish(self, notes: Iterable[str] = (), *, patience: float = 20.0) -> LogSummary:
        """Close ``output``, add the engine's own lines, upload the rest; at most so many seconds.

        To be called once, when the commands have ended.
        """
        self._notes = tuple(notes)
        until = self._monotonic() + patience
        os.close(self.output)
        self._closing = True
        self._reader.join(patience)
        self._upload.finish(max(0.0, until - self._monotonic()))
        self._reader.join()  # it ends within moments, whatever became of the upload
        if self._stays:
            return LogSummary(self._tail.text(), self._bytes, 0, 0)
        sent, chunks = self._upload.sent, self._upload.chunks
        return LogSummary(self._tail.text(), self._bytes, chunks, self._bytes - sent)

    def _read(self) -> None:
        try:
            self._read_all()
            self._keep(self._masked.flush())
            for note in self._notes:
                start = "" if self._ends_line else "\n"
                self._keep(self._secrets.mask_text(f"{start}{SPEAKER}{note}\n").encode("utf-8", "replace"))
            self._stays = self._stays_if_short and self._told_by_tail()
            if not self._stays:
                self._cut()
        finally:
            os.close(self._read_end)  # who still writes gets a broken pipe, not a full one
            self._upload.put(None)

    def _told_by_tail(self) -> bool:
        nothing_cut = self._bytes == len(self._buffer)
        return nothing_cut and self._bytes <= TAIL_LIMIT and self._buffer == self._tail.text().encode("utf-8")

    def _read_all(self) -> None:
        """Until the pipe is closed by all; somebody out of reach may hold it open, so not for ever."""
        poll = select.poll()
        poll.register(self._read_end, select.POLLIN)
        bytes_left, seconds_left = _STRAGGLER_BYTES, _STRAGGLER_SECONDS
        while not self._upload.abandoned:
            closing, before = self._closing, self._monotonic()
            ready = poll.poll(self._patience() * 1000)
            waited = self._monotonic() - before
            taken = self._take() if ready else None
            if taken == 0:
                return
            if self._buffer and self._monotonic() - self._oldest >= self._interval:
                self._cut()
            if closing:
                bytes_left -= taken or 0
                seconds_left -= waited
                if taken is None or bytes_left < 0 or seconds_left < 0:
                    return

    def _patience(self) -> float:
        if not self._buffer:
            return _POLL
        return min(_POLL, max(0.0, self._oldest + self._interval - self._monotonic()))

    def _take(self) -> int | None:
        """Read once: the number of bytes, 0 at the end, None if there was nothing after all."""
        try:
            data = os.read(self._read_end, _READ_SIZE)
        except BlockingIOError:
            return None
        self._keep(self._masked.feed(data))
        return len(data)

    def _keep(self, data: bytes) -> None:
        if not data:
            return
        if not self._buffer:
            self._oldest = self._monotonic()
        self._tail.show(data)
        self._bytes += len(data)
        self._ends_line = data.endswith(b"\n")
        self._buffer += data
        while len(self._buffer) >= self._chunk_limit:
            self._cut()

    def _cut(self) -> None:
        if not self._buffer:
            return
        chunk = bytes(self._buffer[: self._chunk_limit])
        del self._buffer[: self._chunk_limit]
        self._oldest = self._monotonic()
        self._upload.put(chunk)
