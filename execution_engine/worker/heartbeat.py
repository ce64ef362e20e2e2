"""Tells the engine that this worker lives, and knows when nobody can know that any more.

The arithmetic, with h the interval: outside, a worker is called lost after 3 h of silence and a tick
of the watchdog, counted from the last heartbeat that landed (or the claim). So, counted from the moment
that one was *sent*, at 2 h the worker begins to end its own commands; they get an interrupt and at most
0.75 h of grace; at 2.75 h they are killed; the last quarter is for killing. The order's own grace, if
longer, has to be cut short here: after 3 h somebody else may start the next attempt.
A heartbeat that fails is tried again after h / 4, and waits at most h / 4 for connecting and for each
silence of the other side, so at least three tries fit between one interval and the limit.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

from execution_engine.worker.recurring import Recurring
from execution_engine.worker.stop import Limit, Stop
from execution_engine.worker.telling import tell

SILENCE_LIMIT = 2.0
SILENT_GRACE = 0.75
_AGAIN = 0.25

_log = structlog.get_logger()


class Heartbeat(Recurring):
    """``beat(timeout)`` raises when it did not land.

    ``since`` is when the claim was sent (monotonic clock); the first beat is one interval after entering.
    """

    def __init__(
        self,
        beat: Callable[[float], None],
        *,
        interval: float,
        since: float,
        monotonic: Callable[[], float],
    ) -> None:
        super().__init__("heartbeat", pause=interval, patience=interval)
        self._beat = beat
        self._interval = interval
        self._landed = since
        self._monotonic = monotonic

    def limit(self) -> Limit:
        """When the commands have to be ended, judged by whoever runs them: a hanging beat delays nothing."""
        stop = Stop("failed", "worker_lost", grace=SILENT_GRACE * self._interval)
        return Limit(lambda: self._landed + SILENCE_LIMIT * self._interval, stop)

    def turn(self) -> float:
        sent = self._monotonic()
        try:
            self._beat(_AGAIN * self._interval)
        except Exception as error:  # whatever it is, it did not land
            _log.warning("heartbeat did not land", error=tell(error))
            return _AGAIN * self._interval
        self._landed = sent
        return self._interval
