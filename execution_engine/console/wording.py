"""Small texts of the pages: durations, times, statuses, addresses. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

MARKS = {
    "submitting": "…",
    "queued": "·",
    "dispatched": "…",
    "running": "▶",
    "succeeded": "✓",
    "failed": "✗",
    "timed_out": "◷",
}

ENDED = ("succeeded", "failed", "timed_out")
STATUSES = ("queued", "dispatched", "running", *ENDED)


def duration(seconds: float | None) -> str:
    """``0.4 s``, ``42 s``, ``3 m 05 s``, ``1 h 02 m``; nothing for none. ``console.js`` says the same."""
    if seconds is None:
        return ""
    seconds = max(0.0, seconds)
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} m {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} m"


def moment(epoch: float | None) -> str:
    """Of the day, in UTC, to the second."""
    return "–" if epoch is None else _utc(epoch).strftime("%Y-%m-%d %H:%M:%S")


def clock(epoch: float) -> str:
    """Of the hour, to the millisecond."""
    return _utc(epoch).strftime("%H:%M:%S.%f")[:-3]


def iso(epoch: float) -> str:
    return _utc(epoch).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def words(status: object) -> str:
    return str(status).replace("_", " ")


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def size(count: int | None) -> str:
    if count is None:
        return ""
    for unit, factor in (("MB", 1_000_000), ("KB", 1_000)):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count} B"


def orders_path(order_name: str) -> str:
    """Where all orders of a name are. Browsers take ``.`` and ``..`` for folders, so these stand behind a tilde, which
    no name has."""
    return "/orders/" + ("~" if order_name.strip(".") == "" else "") + quote(order_name, safe="")


def web_address(text: object) -> str | None:
    """An address that may be a link; a record holds what a worker said, which may be ``javascript:…``."""
    if not isinstance(text, str) or not text.isprintable() or " " in text:
        return None
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    return text if parts.scheme in ("http", "https") and parts.netloc else None


def _utc(epoch: float) -> datetime:
    try:
        return datetime.fromtimestamp(epoch, UTC)
    except (OverflowError, ValueError, OSError):  # a damaged record
        return datetime.fromtimestamp(0, UTC)
