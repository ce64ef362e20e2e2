"""A platform that runs by itself: notifications are delivered, workers work, watchdogs tick, time passes."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable
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
    longest delay in seconds. Whether a launch is lost, a script says.

    ``retries`` and ``tick_retries``: after how many seconds each an invocation of the orchestrator, or a
    watchdog's check, that died is made again; when they are used up, it is given up (a watchdog looks again
    after its next wait)."""

    lost: float = 0.0
    wakes_lost: float = 0.0
    twice: float = 0.0
    late: float = 0.0
    retries: tuple[float, ...] = ()
    tick_retries: tuple[float, ...] = ()


class Simulation:
    """With a ``seed`` what is due at one time happens in an order of its own, else in the order of its causes.

    Ends when nothing is left to happen: every notification delivered, every watchdog at its end. An
    invocation that dies of a ``Crash`` dies alone, and is repeated as ``Delivery`` says.
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

    def finish(self, within: float = math.inf) -> None:
        """Until nothing is left to happen; it has to be so ``within`` so many seconds."""
        until = self.platform.clock.now() + within
        for _ in range(ENOUGH):
            if not self.step():
                return
            assert self.platform.clock.now() <= until, f"still going on after {within:.0f} s"
        raise AssertionError(f"still going on after {ENOUGH} steps")

    def pass_time(self, seconds: float) -> None:
        """What is due within so many seconds happens: for whoever stands still meanwhile, in the middle of
        something."""
        until = self.platform.clock.now() + seconds
        while self._agenda and self._agenda[0][0] <= until:
            self.step()
        self.platform.clock.advance(max(0.0, until - self.platform.clock.now()))

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
            self.later(
                self._chance.random() * self._delivery.late,
                lambda: self.invoke("orchestrator", invocation, self._delivery.retries),
            )

    def invoke(self, part: str, invocation: Callable[[], object], retries: tuple[float, ...] = ()) -> bool:
        """One invocation of a part of the engine, now; false if it died."""
        try:
            with self.platform.calls.invocation(part):
                invocation()
            return True
        except Crash as crash:
            self.crashes.append(str(crash))
        if retries:
            self.later(retries[0], lambda: self.invoke(part, invocation, retries[1:]))
        return False

    def _watch(self, run_id: str, num: str, attempt: int, wait: int) -> None:
        def tick(wait: int, retries: tuple[float, ...]) -> None:
            again: list[int | None] = []
            check = lambda: again.append(self.platform.watchdog.check(Watched(run_id, num, attempt)))  # noqa: E731
            if self.invoke("watchdog", check):
                if again[0] is not None:
                    look(again[0])
            elif retries:
                self.later(retries[0], lambda: tick(wait, retries[1:]))
            else:
                look(wait)

        def look(wait: int) -> None:
            self.later(wait, lambda: tick(wait, self._delivery.tick_retries))

        look(wait)
