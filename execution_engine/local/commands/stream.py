"""One of a script's two outputs: all of it goes into the log, the beginning is kept."""

from __future__ import annotations

import os
import threading

_AT_ONCE = 65_536
_WIDEST = 4
"""Bytes that a character may have in UTF-8."""


class Stream:
    """Reads ``source`` until everybody who holds its other end has let go of it, on a thread of its own. Both are
    closed then; ``log`` is a file of its own that is open for appending. ``limit``: in characters."""

    def __init__(self, source: int, log: int, limit: int) -> None:
        self._source = source
        self._log = log
        self._limit = limit
        self._kept = bytearray()
        self._thread = threading.Thread(target=self._read, daemon=True, name="output of a script")
        self._thread.start()

    @property
    def is_open(self) -> bool:
        return self._thread.is_alive()

    def text(self) -> str:
        return bytes(self._kept).decode("utf-8", "replace")[: self._limit]

    def _read(self) -> None:
        try:
            while chunk := os.read(self._source, _AT_ONCE):
                self._kept += chunk[: self._limit * _WIDEST - len(self._kept)]
                self._write(chunk)
        finally:
            os.close(self._source)
            os.close(self._log)

    def _write(self, chunk: bytes) -> None:
        try:
            while chunk:
                chunk = chunk[os.write(self._log, chunk) :]
        except OSError:  # a full disk is not the script's fault
            pass
