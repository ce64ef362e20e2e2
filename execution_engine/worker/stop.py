"""How somebody else than the commands ends an order: the first who asks is heard."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stop:
    """What the result must then say. ``grace`` in seconds, None for the order's own."""

    status: str
    reason: str | None = None
    grace: float | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """A moment (of the monotonic clock) that may still move, and what it means to have reached it."""

    at: Callable[[], float]
    stop: Stop


class StopRequest:
    """Where other threads ask the one that runs the commands to end them, or just wake it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._woken = threading.Event()
        self._asked: Stop | None = None

    def ask(self, stop: Stop) -> None:
        with self._lock:
            self._asked = self._asked or stop
        self._woken.set()

    @property
    def asked(self) -> Stop | None:
        return self._asked

    def wake(self) -> None:
        self._woken.set()

    def forget_waking(self) -> None:
        """To be called *before* looking at what may have changed, so that no waking is lost."""
        self._woken.clear()

    def wait(self, timeout: float) -> None:
        """Until woken, at most so many seconds."""
        self._woken.wait(max(0.0, timeout))
