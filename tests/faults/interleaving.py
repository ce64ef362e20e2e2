"""Two invocations at once, one step at a time: which of them goes on at each call is the test's choice."""

from __future__ import annotations

from collections.abc import Callable
from threading import Semaphore, Thread, current_thread

from fakes.calls import Calls, Point

PATIENCE = 30.0
"""Seconds of real time after which an invocation hangs."""


class Invocation:
    """A piece of work that stands still at a chosen point; there is one before and one after each call."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work
        self._go = Semaphore(0)
        self._stands = Semaphore(0)
        self._stop_at: int | None = None
        self._thread = Thread(target=self._run, daemon=True)
        self.points: list[Point] = []
        self.ended = False
        self.error: BaseException | None = None

    def run_to(self, point: int | None) -> None:
        """On to the point of that number, counted from 1, or to the end; it may end before."""
        if self.ended:
            return
        self._stop_at = point
        if self._thread.ident is None:
            self._thread.start()
        else:
            self._go.release()
        assert self._stands.acquire(timeout=PATIENCE), "an invocation hangs"
        if self.error is not None:
            raise self.error

    def meet(self, point: Point) -> None:
        self.points.append(point)
        if len(self.points) == self._stop_at:
            self._stands.release()
            self._go.acquire()

    def is_mine(self) -> bool:
        return current_thread() is self._thread

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:
            self.error = error
        finally:
            self.ended = True
            self._stands.release()


def interleave(
    calls: Calls,
    first: Invocation,
    second: Invocation,
    *,
    first_until: int | None,
    second_until: int | None,
    between: Callable[[], object] = lambda: None,
) -> None:
    """The first up to a point, the second up to a point, the first to its end, the second to its end.

    ``between`` is done at both changes from one to the other.
    """

    def meet(point: Point) -> None:
        for one in (first, second):
            if one.is_mine():
                one.meet(point)

    calls.on_point = meet
    try:
        first.run_to(first_until)
        between()
        second.run_to(second_until)
        between()
        first.run_to(None)
        second.run_to(None)
    finally:
        calls.on_point = None
