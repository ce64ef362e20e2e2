"""Something a worker does again and again beside the commands, on a thread of its own."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from types import TracebackType
from typing import TypeVar

_R = TypeVar("_R", bound="Recurring")


class Recurring(ABC):
    """Goes on while its context is open, first after ``pause`` seconds. Leaving waits at most ``patience``
    seconds for a turn that is under way."""

    def __init__(self, name: str, *, pause: float, patience: float) -> None:
        self._pause = pause
        self._patience = patience
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @abstractmethod
    def turn(self) -> float | None:
        """Seconds until the next turn, None if there is to be none. Raises nothing."""

    def __enter__(self: _R) -> _R:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join(self._patience)

    def _run(self) -> None:
        pause: float | None = self._pause
        while pause is not None and not self._over.wait(pause):
            pause = self.turn()
