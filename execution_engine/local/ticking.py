"""Looks again and again at what is under way, as the stand-ins do that run something."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod

LOOK_EVERY = 0.1
"""Seconds between two looks while anything is under way."""


class Ticking(ABC):
    """Callers come on threads of their own; ``run`` is one more. Whoever reads or changes what is under way holds
    ``_changed``, and tells (:meth:`_tell`) what does not wait for the next look."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._news = self._closed = False

    def tick(self) -> None:
        """One look at all of it."""
        with self._changed:
            self._news = False
            self._look()

    def run(self) -> None:
        """Until it is closed."""
        while not self._closed:
            self.tick()
            with self._changed:
                pause = LOOK_EVERY if self._is_busy() else None
                self._changed.wait_for(lambda: self._news or self._closed, pause)

    def close(self) -> None:
        """Nothing is started or looked at any more. The processes that run are whoever's who closes it."""
        with self._changed:
            self._closed = True
            self._tell()

    def _tell(self) -> None:
        self._news = True
        self._changed.notify_all()

    @abstractmethod
    def _look(self) -> None:
        """One look. The lock is held."""

    @abstractmethod
    def _is_busy(self) -> bool:
        """Whether the next look is due without a word. The lock is held."""
