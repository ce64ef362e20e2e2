"""How often something is tried, and how long to wait in between (full jitter)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Patience:
    """``first`` and ``longest`` are seconds: the bounds of the first and of any wait.

    ``share`` gives a number between 0 and 1: how much of such a bound is waited.
    """

    sleep: Callable[[float], None]
    share: Callable[[], float]
    tries: int = 6
    first: float = 0.5
    longest: float = 8.0

    def keep_trying(self, attempt: Callable[[], _T], again_on: type[Exception]) -> _T:
        """What ``attempt`` gives; its error as it is when it is another one, or the last try's."""
        for number in range(self.tries - 1):
            try:
                return attempt()
            except again_on:
                self.sleep(self.share() * min(self.longest, self.first * 2**number))
        return attempt()
