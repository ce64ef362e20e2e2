"""The end of a log as text."""

from __future__ import annotations


def last_text(data: bytes, limit: int) -> str:
    """At most the last ``limit`` bytes, whatever they are; a character that the cut goes through is left out."""
    kept = data[-limit:] if limit > 0 else b""
    start = 0
    if len(kept) == limit:  # perhaps cut, here or by whoever read only the end
        while start < min(3, len(kept)) and kept[start] & 0b1100_0000 == 0b1000_0000:
            start += 1
    return kept[start:].decode("utf-8", "replace")
