"""A clock that stands until it is moved, and identifiers that count."""

from __future__ import annotations

START = 1_700_000_000.0


class FakeClock:
    """Implements ``execution_engine.clock.Clock``; sleeping takes no time but passes it."""

    def __init__(self, start: float = START) -> None:
        self.time = start

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        assert seconds >= 0, "time goes forward"
        self.time += seconds


class SequentialIdentifiers:
    """Implements ``execution_engine.identifiers.Identifiers``: never random, never one twice."""

    def __init__(self) -> None:
        self._given = 0

    def run_id(self) -> str:
        return f"00000000-0000-4000-8000-{self._next():012d}"

    def trace_id(self) -> str:
        return f"{self._next():032x}"

    def nonce(self) -> str:
        return f"nonce-{self._next():06d}"

    def _next(self) -> int:
        self._given += 1
        return self._given
