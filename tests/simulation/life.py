"""What one worker does with a launch, from its arrival to its result, and what may happen to it.

Claiming and reporting are the real worker's; beating, listening and running are told here as strands, by the
rules of ``execution_engine.worker.heartbeat`` and ``.sequence``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from greenlet import getcurrent

from execution_engine.errors import EngineError
from execution_engine.orders.order import Order
from execution_engine.worker.callbacks import Callbacks, ReportKeys
from execution_engine.worker.claim import claim_document, take
from execution_engine.worker.control import TIMEOUT, asked_stop
from execution_engine.worker.heartbeat import SILENCE_LIMIT, SILENT_GRACE
from execution_engine.worker.patience import Patience
from execution_engine.worker.report import Reporter
from execution_engine.worker.stop import Stop
from simulation.courier import CourierInMemory
from simulation.world import Invocation, Strand

if TYPE_CHECKING:
    from simulation.workers import Workers

GRACE = 30.0
HEARTBEAT = 10.0
POLL = 3.0


@dataclass(frozen=True, slots=True)
class Fate:
    """What one launch comes to. Seconds: ``opening`` before the claim, ``working`` until the commands end by
    themselves, ``stubborn`` the part of a grace that they use up, ``dies_after`` and ``cut_after`` since its
    arrival. ``deaf``: it never hears what it is asked. ``unreadable``: its bundle can't be opened."""

    status: str
    working: float
    opening: float = 1.0
    stubborn: float = 0.2
    dies_after: float | None = None
    cut_after: float | None = None
    cut_for: float = 0.0
    deaf: bool = False
    unreadable: bool = False
    reads_back: bool = True
    events: int = 0


class Life:
    def __init__(self, workers: Workers, order: Order, fate: Fate, invocation: Invocation, not_after: float) -> None:
        self._all = workers
        self._world = workers.world
        self._order = order
        self._fate = fate
        self._ids = (order.run_id, order.order_num, order.attempt)
        self._not_after = not_after
        self._runs = False
        self._over = False
        self._asked: Stop | None = None
        self._landed = 0.0
        keys = ReportKeys.of(*self._ids)
        read = keys.claim if fate.reads_back else None
        urls = Callbacks(
            keys.claim, keys.result, keys.heartbeat, keys.events, keys.control, "", {}, keys.log_prefix, read
        )
        courier = CourierInMemory(workers.calls, workers.objects, self._world, invocation)
        patience = Patience(self._world.pause, workers.weather.share)
        self._reporter = Reporter(keys, urls, courier, None, patience)  # type: ignore[arg-type]

    def live(self) -> None:
        if self._all.clock.now() > self._not_after:
            return
        self._world.pause(self._fate.opening)
        nonce, self._landed = self._all.identifiers.nonce(), self._world.now
        run_id, num, attempt = self._ids
        claim = claim_document(
            run_id=run_id,
            order_num=num,
            attempt=attempt,
            nonce=nonce,
            at=self._all.clock.now(),
            execution_url="https://log/",
        )
        try:
            if not take(self._reporter, claim, None):
                self._world.note("", "not ours")
                return
            if self._fate.unreadable:
                self._report(Stop("failed", "bundle_unreadable"), 0, self._all.clock.now())
            else:
                self._run(nonce)
        except EngineError as error:
            self._world.note("", f"unreported: {error}")

    def buried(self, error: BaseException | None) -> None:
        """Whatever it ran ends with its host."""
        self._over = True
        self._cease()
        if error is not None and not isinstance(error, EngineError):
            self._all.calls.seen["workers lost"] += 1

    def _run(self, nonce: str) -> None:
        started_at = self._all.clock.now()
        silent = Stop("failed", "worker_lost", grace=SILENT_GRACE * HEARTBEAT)
        if self._world.now >= self._landed + SILENCE_LIMIT * HEARTBEAT:
            self._report(silent, 0, started_at)  # too long on its claim: nothing is begun any more
            return
        self._begin()
        beat = self._world.beside(lambda: self._beat(nonce))
        listening = self._world.beside(lambda: self._listen(main))
        main = getcurrent()
        try:
            stop = self._follow(silent)
        finally:
            self._cease()
        written = 0
        if self._fate.events:
            try:
                self._reporter.events([{"event_type": "step", "data": {"n": n}} for n in range(self._fate.events)])
                written = self._fate.events
            except EngineError:
                self._world.note("", "events are lost")
        try:
            self._report(stop, written, started_at)
        finally:
            self._over = True
            self._world.wake(beat)
            self._world.wake(listening)

    def _follow(self, silent: Stop) -> Stop | None:
        """Until the commands end by themselves, or are ended."""
        world = self._world
        begun = world.now
        while True:
            silent_from = self._landed + SILENCE_LIMIT * HEARTBEAT
            ends = min(begun + self._fate.working, begun + self._order.timeout, silent_from)
            world.pause(max(0.0, ends - world.now))
            silent_from = self._landed + SILENCE_LIMIT * HEARTBEAT
            stop = self._asked
            if stop is None and world.now >= begun + self._fate.working:
                return None
            if stop is None and world.now >= begun + self._order.timeout:
                stop = Stop("timed_out")
            if stop is None and world.now >= silent_from:
                stop = silent
            if stop is not None:
                world.note("", f"ends its commands: {stop.status} {stop.reason or ''}")
                grace = GRACE if stop.grace is None else min(stop.grace, GRACE)
                self._wait_out(world.now + grace * self._fate.stubborn)
                return stop

    def _wait_out(self, grace_ends: float) -> None:
        """A grace is cut short when the worker may soon be called lost."""
        while (
            left := min(grace_ends, self._landed + (SILENCE_LIMIT + SILENT_GRACE) * HEARTBEAT) - self._world.now
        ) > 0:
            self._world.pause(left)

    def _beat(self, nonce: str) -> None:
        wait = HEARTBEAT
        while True:
            self._world.pause(wait)
            if self._over:
                return
            sent = self._world.now
            try:
                self._reporter.heartbeat({"at": self._all.clock.now(), "nonce": nonce}, HEARTBEAT / 4)
                self._landed, wait = sent, HEARTBEAT
            except EngineError:
                wait = HEARTBEAT / 4

    def _listen(self, main: Strand) -> None:
        while not self._fate.deaf:
            self._world.pause(POLL)
            if self._over:
                return
            try:
                stop = asked_stop(self._reporter.control(TIMEOUT), self._ids[2])
            except EngineError:
                continue
            if stop is not None:
                self._asked = stop
                if self._runs:
                    self._world.wake(main)
                return

    def _begin(self) -> None:
        self._all.begun[self._ids] += 1
        self._runs = True
        self._all.on_begin(self._order)
        self._all.alive[self._ids] = self._fate
        self._world.note("", "BEGINS ITS COMMANDS")

    def _cease(self) -> None:
        if self._runs:
            self._runs = False
            self._all.alive.pop(self._ids, None)
            self._world.note("", "its commands have ended")

    def _report(self, stop: Stop | None, events: int, started_at: float) -> None:
        status = self._fate.status if stop is None else stop.status
        run_id, num, attempt = self._ids
        document = {
            "run_id": run_id,
            "order_num": num,
            "attempt": attempt,
            "status": status,
            "log": "",
            "exit_code": None if stop else int(status != "succeeded"),
            "reason": stop and stop.reason,
            "started_at": started_at,
            "ended_at": self._all.clock.now(),
            "events": events,
        }
        self._reporter.result(document)
