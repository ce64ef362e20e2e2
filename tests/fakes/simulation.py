"""A platform that runs by itself: notifications are delivered, workers work, watchdogs tick, time passes."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random

from fakes.calls import Crash
from fakes.platform import Platform
from fakes.workers import SUCCEEDED, Script, Workers

from execution_engine.orders.order import Order
from execution_engine.watchdog.watchdog import Watched

ENOUGH = 200_000
"""Steps after which a run that still goes on never ends."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """How S3 and Lambda treat notifications, wake-ups and launches: the share of notifications that are
    ``lost``, of the engine's own wake-ups (``wakes_lost``), of all that come ``twice``; ``late`` is the
    longest delay in seconds. Whether a launch is lost, a script says."""

    lost: float = 0.0
    wakes_lost: float = 0.0
    twice: float = 0.0
    late: float = 0.0


class Simulation:
    """With a ``seed`` what is due at one time happens in an order of its own, else in the order of its causes.

    Ends when nothing is left to happen: every notification delivered, every watchdog at its end. An
    invocation that dies of a ``Crash`` is not repeated, as if Lambda had given up.
    """

    def __init__(
        self,
        platform: Platform | None = None,
        script: Script = lambda _: SUCCEEDED,
        *,
        seed: int | None = None,
        delivery: Delivery | None = None,
    ) -> None:
        self.platform = platform or Platform()
        self.workers = Workers(self.platform, script, self.later)
        self.crashes: list[str] = []
        self._delivery = delivery or Delivery()
        self._by_cause = seed is None
        self._chance = Random(seed or 0)
        self._agenda: list[tuple[float, float, int, Callable[[], None]]] = []
        self._added = 0
        self.platform.on_notification = self._notified
        self.platform.waker.on_wake = self._woken
        self.platform.watchdogs.on_start = self._watch
        self.platform.target.on_launch = self._launched

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        self._added += 1
        turn = 0.0 if self._by_cause else self._chance.random()
        heapq.heappush(self._agenda, (self.platform.clock.now() + seconds, turn, self._added, action))

    def step(self) -> bool:
        """Makes the next thing happen, when it is due; false if there is none."""
        if not self._agenda:
            return False
        due, _, _, action = heapq.heappop(self._agenda)
        self.platform.clock.advance(max(0.0, due - self.platform.clock.now()))
        action()
        return True

    def finish(self) -> None:
        for _ in range(ENOUGH):
            if not self.step():
                return
        raise AssertionError(f"still going on after {ENOUGH} steps")

    def _notified(self, run_id: str, mark: str) -> None:
        self._deliver(lambda: self.platform.orchestrator.notice(run_id, frozenset({mark})), self._delivery.lost)

    def _woken(self, run_id: str, num: str) -> None:
        self._deliver(lambda: self.platform.orchestrator.look(run_id, [num]), self._delivery.wakes_lost)

    def _launched(self, order: Order) -> None:
        self.workers.launch(order)
        if self._chance.random() < self._delivery.twice:
            self.workers.launch(order)

    def _deliver(self, invocation: Callable[[], None], lost: float) -> None:
        times = 1 if self._chance.random() >= lost else 0
        times += self._chance.random() < self._delivery.twice
        for _ in range(times):
            self.later(self._chance.random() * self._delivery.late, lambda: self._invoke(invocation))

    def _invoke(self, invocation: Callable[[], None]) -> None:
        with self._mortal():
            invocation()

    def _watch(self, run_id: str, num: str, attempt: int, wait: int) -> None:
        def tick() -> None:
            again: int | None = wait
            with self._mortal():  # a tick that dies is done again, by the state machine
                again = self.platform.watchdog.check(Watched(run_id, num, attempt))
            if again is not None:
                self.later(again, tick)

        self.later(wait, tick)

    @contextmanager
    def _mortal(self) -> Iterator[None]:
        """One invocation: if it dies, it dies alone."""
        try:
            yield
        except Crash as crash:
            self.crashes.append(str(crash))
