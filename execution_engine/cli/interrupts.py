"""Ctrl-C, a polite kill, a closed terminal: the first asks, the second insists."""

from __future__ import annotations

import signal
from types import FrameType, TracebackType
from typing import Any


class Interrupted(KeyboardInterrupt):
    """Whatever was going on ends here; context managers still clean up behind it."""


class Interrupts:
    """While entered, signals interrupt at once; after ``gently``, the first only sets ``asked``."""

    def __init__(self) -> None:
        self.asked = False
        self._gentle = False
        self._before: dict[int, Any] = {}

    def gently(self) -> None:
        """From here on something runs that has to be ended in good order."""
        self._gentle = True

    def __enter__(self) -> Interrupts:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if number is signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
                continue  # nohup: what is to survive its terminal does
            self._before[number] = signal.signal(number, self._hear)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        insisted, self.asked = self.asked, True
        if insisted or not self._gentle:
            raise Interrupted
