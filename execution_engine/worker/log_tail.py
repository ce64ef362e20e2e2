"""The last part of a log, small enough for a record."""

from __future__ import annotations

LIMIT = 64 * 1024
_LINE_SEARCH = 4096


class LogTail:
    """Remembers at most twice ``LIMIT`` bytes of what it is shown."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._cut = False

    def show(self, data: bytes) -> None:
        if len(data) >= LIMIT:
            self._cut = self._cut or bool(self._kept) or len(data) > LIMIT
            self._kept[:] = data[-LIMIT:]
            return
        self._kept += data
        if len(self._kept) > 2 * LIMIT:
            del self._kept[:-LIMIT]
            self._cut = True

    def text(self) -> str:
        """At most ``LIMIT`` bytes of UTF-8, begun at a line (or at least a character) when cut."""
        data = bytes(self._kept)
        if self._cut or len(data) > LIMIT:
            data = _last(data)
        encoded = data.decode("utf-8", "replace").encode("utf-8")
        if len(encoded) > LIMIT:  # replacement characters are longer than what they replace
            encoded = _last(encoded)
        return encoded.decode("utf-8", "replace")


def _last(data: bytes) -> bytes:
    data = data[-LIMIT:]
    newline = data.find(b"\n", 0, _LINE_SEARCH)
    if newline >= 0:
        return data[newline + 1 :]
    start = 0
    while start < min(3, len(data)) and data[start] & 0b1100_0000 == 0b1000_0000:
        start += 1
    return data[start:]
