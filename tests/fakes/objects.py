"""The smallest S3 that has what the engine relies on: whole objects, conditional PUTs, notifications."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from execution_engine.clock import Clock


class Objects:
    """One bucket. ``on_created`` is told the key of each object written, as a notification would be;
    ``written`` counts by key."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._all: dict[str, tuple[bytes, float]] = {}
        self.on_created: Callable[[str], None] | None = None
        self.written: Counter[str] = Counter()

    def put(self, key: str, body: bytes) -> None:
        self._all[key] = (body, self._clock.now())
        self.written[key] += 1
        if self.on_created is not None:
            self.on_created(key)

    def put_once(self, key: str, body: bytes) -> bool:
        """False if there is one of that name already."""
        if key in self._all:
            return False
        self.put(key, body)
        return True

    def get(self, key: str) -> bytes | None:
        found = self._all.get(key)
        return None if found is None else found[0]

    def age(self, key: str) -> float | None:
        """Seconds since it was written; None if there is none."""
        found = self._all.get(key)
        return None if found is None else self._clock.now() - found[1]

    def delete(self, key: str) -> None:
        self._all.pop(key, None)

    def keys(self, prefix: str = "") -> list[str]:
        return sorted(key for key in self._all if key.startswith(prefix))
