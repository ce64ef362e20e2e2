"""Every call of a service that the engine makes, in one place: counted, and a place for things to happen.

The fakes hand each call to ``Calls.through``. A test sets ``on_point`` and is told of the moment before
and after each call's effect; what it raises there is what the engine sees, and what it does there happens
in between. ``invocation`` says which part of the engine is at work, and sees to it that the dead stay dead.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

T = TypeVar("T")


class Crash(BaseException):
    """The process dies here. No ``Exception``, so that nothing the engine catches saves it."""


class Side(StrEnum):
    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Point:
    """A moment between two steps: ``index`` counts the calls from 1; ``name`` is ``protocol.method``; ``part``
    is whose invocation it is, where that was said."""

    index: int
    name: str
    side: Side
    part: str = ""

    def __str__(self) -> str:
        whose = f" of the {self.part}" if self.part else ""
        return f"{self.side} {self.name}{whose} (call {self.index})"


@dataclass
class Calls:
    """``count`` in calls of a service, of which one call of a protocol may make several."""

    on_point: Callable[[Point], None] | None = None
    names: list[str] = field(default_factory=list)
    count: Counter[str] = field(default_factory=Counter)
    _part: str = ""
    _died: Crash | None = None

    def through(self, name: str, effect: Callable[[], T], cost: int = 1) -> T:
        if self._died is not None:
            raise Crash(f"{name} by an invocation that died {self._died}")
        self.names.append(name)
        self.count[name] += cost
        index = len(self.names)
        self._meet(Point(index, name, Side.BEFORE, self._part))
        try:
            return effect()
        finally:  # a call that was refused was made too
            self._meet(Point(index, name, Side.AFTER, self._part))

    @contextmanager
    def invocation(self, part: str) -> Iterator[None]:
        """One process at work. Once it died of a ``Crash``, on whatever thread of it, none of its calls happens
        any more: what it does on its way out, a real one would not."""
        outer = (self._part, self._died)
        self._part, self._died = part, None
        try:
            yield
        finally:
            self._part, self._died = outer

    @property
    def total(self) -> int:
        return self.count.total()

    def reset(self) -> None:
        self.names.clear()
        self.count.clear()

    @contextmanager
    def points(self, on_point: Callable[[Point], None]) -> Iterator[None]:
        """From now on calls count from 1, and ``on_point`` is told of them."""
        self.reset()
        self.on_point = on_point
        try:
            yield
        finally:
            self.on_point = None

    def crash_at(self, index: int, side: Side) -> Callable[[Point], None]:
        """For ``points``: dies at this moment, once."""

        def die(point: Point) -> None:
            if (point.index, point.side) == (index, side):
                raise Crash(str(point))

        return die

    def _meet(self, point: Point) -> None:
        if self.on_point is None:
            return
        try:
            self.on_point(point)
        except Crash as crash:
            if self._part:
                self._died = crash
            raise
