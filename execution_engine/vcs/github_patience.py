"""How long GitHub wants to be left alone, and how long the engine goes along with that. Pure.

Source: GitHub, "Rate limits for the REST API", "Exceeding the rate limit": 403 or 429; after ``retry-after`` seconds;
else, where ``x-ratelimit-remaining`` is 0, at ``x-ratelimit-reset`` (UTC epoch seconds); else after a minute at least,
and exponentially longer each time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

MOST_WAITED = 600.0
"""Seconds that one call waits for rate limits, all told: a pipeline that waits longer is better told to come back."""

MINUTE = 60.0
AGAIN = (1.0, 2.0, 4.0)
"""Seconds between tries of what may be repeated and was not answered."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer that is no success. ``status`` None: there was none. ``headers`` by their names in lower case."""

    status: int | None
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_limit(self) -> bool:
        if self.status not in (403, 429):
            return False
        return (
            self.status == 429
            or "retry-after" in self.headers
            or self.headers.get("x-ratelimit-remaining") == "0"
            or "rate limit" in self.message.lower()
        )

    @property
    def is_lost(self) -> bool:
        """Whether what was asked for may have happened or not."""
        return self.status is None or self.status >= 500


def pause(answer: Answer, *, tries: int, now: float) -> float:
    """Seconds until what met a rate limit may be tried again, after ``tries`` of them."""
    after = _number(answer.headers.get("retry-after"))
    if after is not None:
        return max(1.0, after)
    reset = _number(answer.headers.get("x-ratelimit-reset"))
    if answer.headers.get("x-ratelimit-remaining") == "0" and reset is not None:
        return max(1.0, reset - now + 1.0)  # when in that second it happens is not said
    return MINUTE * 2.0 ** (tries - 1)


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text is not None and len(text) < 20 else None
    except ValueError:
        return None
