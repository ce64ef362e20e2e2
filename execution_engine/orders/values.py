"""Values out of documents that anybody may have written: each is of its kind and within its limits, or None."""

from __future__ import annotations

from typing import Any


def moment(value: Any) -> float | None:
    """Seconds since the epoch, up to the year 5138, which no store refuses; None for anything else."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value < 1e11 else None


def integer(value: Any) -> int | None:
    whole = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63
    return value if whole else None


def count(value: Any, most: int) -> int | None:
    whole = integer(value)
    return None if whole is None else max(0, min(whole, most))


def text(value: Any, limit: int) -> str | None:
    return printable(value[:limit]) if isinstance(value, str) and value else None


def printable(text: str) -> str:
    """JSON may smuggle lone surrogates in, which no store can encode."""
    return text.encode("utf-8", "replace").decode("utf-8")
