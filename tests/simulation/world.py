"""Virtual time, and whoever lives in it: invocations that stand still at each of their calls and go on later.

One thread, one agenda. What happens next is what is due next, so a seed gives one history, always the same.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from typing import Any

from fakes.calls import Crash
from fakes.time_and_ids import START
from greenlet import GreenletExit, getcurrent, greenlet

NEVER = float("inf")


class Endless(BaseException):
    """The schedule goes on and on. No ``Exception``, so that nobody tries again."""


class Invocation:
    """A process: of the engine's, or a worker's. ``skew``: seconds its clock is ahead. ``dies_at``: when its
    host ends it. ``safe``: nothing goes wrong on its calls. ``over`` is told how it ended, once: what it
    answered, its error, or the ``Crash`` it died of."""

    __slots__ = ("crash", "dies_at", "doom", "has_ended", "is_cut", "knows_of_stop", "name", "over", "safe", "skew")

    def __init__(self, name: str, *, skew: float = 0.0, dies_at: float = NEVER, safe: bool = False) -> None:
        self.name = name
        self.skew = skew
        self.dies_at = dies_at
        self.doom = "its function timed out"
        self.safe = safe
        self.crash: Crash | None = None
        self.has_ended = False
        self.over: Callable[[Any, BaseException | None], None] = lambda _, __: None
        self.is_cut: Callable[[], bool] = lambda: False
        self.knows_of_stop = False

    def end(self, answer: Any, error: BaseException | None) -> None:
        if not self.has_ended:
            self.has_ended = True
            self.over(answer, error)


class Strand(greenlet):
    """One thread of an invocation. ``ticket`` is the place on the agenda that wakes it; any other is stale."""

    invocation: Invocation
    ticket: int = 0


class World:
    """``timeline`` is None unless it is to be kept. ``limit``: the time at which a schedule counts as endless."""

    def __init__(self, *, traced: bool = False) -> None:
        self.now = START
        self.limit = NEVER
        self.timeline: list[str] | None = [] if traced else None
        self._agenda: list[tuple[float, int, Any]] = []
        self._given_up: str | None = None
        self._added = 0
        self._hub = getcurrent()

    # For anybody

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        self._push(self.now + seconds, action)

    def invoke(self, invocation: Invocation, work: Callable[[], Any]) -> None:
        """Begins now; goes on at whatever time its calls take."""

        def live() -> None:
            try:
                answer = work()
            except (Endless, GreenletExit):
                return
            except BaseException as error:
                self.note("", f"ends: {type(error).__name__}: {error}", invocation)
                invocation.end(None, error)
            else:
                self.note("", "ends", invocation)
                invocation.end(answer, None)

        self.note("", "begins", invocation)
        self._strand(invocation, live)

    def run(self) -> None:
        """Until nothing is left to happen."""
        agenda = self._agenda
        while agenda:
            self._next(*heapq.heappop(agenda))

    def _next(self, due: float, number: int, what: Any) -> None:
        if isinstance(what, Strand):
            if what.ticket != number:
                return
            self.now = due
            what.switch()
        else:
            self.now = due
            what()
        if self.now > self.limit:
            self._given_up = f"still going on at {self.now - START:.0f} s"
        if self._given_up is not None:
            raise Endless(self._given_up)

    def give_up(self, why: str) -> None:
        """The schedule ends here: nobody goes on."""
        self._given_up = why
        raise Endless(why)

    def note(self, what: str, outcome: str, invocation: Invocation | None = None) -> None:
        if self.timeline is not None:
            who = invocation or current()
            name = who.name if who is not None else "world"
            self.timeline.append(f"{self.now - START:11.4f}  {name:<34} {what:<24} {outcome}".rstrip())

    # For strands

    def pause(self, seconds: float) -> None:
        """Others live meanwhile. Raises ``Crash`` if this invocation is dead by then."""
        strand = getcurrent()
        invocation = strand.invocation
        until = self.now + seconds
        is_doomed = until >= invocation.dies_at
        if is_doomed:
            until = max(self.now, invocation.dies_at)
        agenda = self._agenda
        if agenda and agenda[0][0] <= until:
            strand.ticket = self._push(until, strand)
            self._hub.switch()
        else:
            self.now = until
        if invocation.crash is not None:
            raise Crash(str(invocation.crash))
        if is_doomed and self.now >= invocation.dies_at:
            self.die(invocation.doom)

    def die(self, why: str) -> None:
        """The invocation is no more: none of its strands makes another call."""
        invocation = getcurrent().invocation
        invocation.crash = Crash(why)
        self.note("", f"DIES: {why}", invocation)
        invocation.end(None, invocation.crash)
        raise Crash(why)

    def beside(self, work: Callable[[], Any]) -> Strand:
        """Another strand of this invocation, which begins at once."""
        return self._strand(getcurrent().invocation, work)

    def wake(self, strand: Strand) -> None:
        """Its pause is over."""
        strand.ticket = self._push(self.now, strand)

    def at_once(self, act: Callable[[Any], Any], things: Iterable[Any]) -> list[Any]:
        """``map`` on strands, as the engine does it on threads: the first error when all have ended."""
        todo = list(things)
        if len(todo) < 2 or current() is None:
            return [act(one) for one in todo]
        answers: list[Any] = [None] * len(todo)
        errors: list[BaseException | None] = [None] * len(todo)
        parent, left = getcurrent(), len(todo)

        def one_of_them(place: int) -> None:
            nonlocal left
            try:
                answers[place] = act(todo[place])
            except BaseException as error:
                errors[place] = error
            left -= 1
            if not left:
                self.wake(parent)

        for place in range(len(todo)):
            self.beside(lambda place=place: one_of_them(place))
        parent.ticket = -1
        self._hub.switch()
        if parent.invocation.crash is not None:
            raise Crash(str(parent.invocation.crash))
        for error in errors:
            if error is not None:
                raise error
        return answers

    def _strand(self, invocation: Invocation, work: Callable[[], Any]) -> Strand:
        strand = Strand(_to_its_end(work), self._hub)
        strand.invocation = invocation
        strand.ticket = self._push(self.now, strand)
        return strand

    def _push(self, due: float, what: Any) -> int:
        self._added += 1
        heapq.heappush(self._agenda, (due, self._added, what))
        return self._added


def _to_its_end(work: Callable[[], Any]) -> Callable[[], None]:
    def run() -> None:
        try:
            work()
        except (Crash, GreenletExit):
            pass

    return run


def current() -> Invocation | None:
    """Whose call this is; None outside of any."""
    strand = getcurrent()
    return strand.invocation if isinstance(strand, Strand) else None
