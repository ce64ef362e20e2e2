"""Workers that do what a script says, and report as real ones do."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from fakes.platform import Platform

from execution_engine.errors import LaunchFailed
from execution_engine.jobs.naming import claim_key, control_key, events_key, heartbeat_key, result_key
from execution_engine.orders.order import Order

HEARTBEAT = 10.0
NEVER = 10.0**9


class Manner(StrEnum):
    """``reliable`` does as it is asked; ``deaf`` never ends when asked to; ``lost`` claims and is never heard
    of again; ``unborn`` never starts; ``refused`` can't be launched, ``refused_once`` can at the second try."""

    RELIABLE = "reliable"
    DEAF = "deaf"
    LOST = "lost"
    UNBORN = "unborn"
    REFUSED = "refused"
    REFUSED_ONCE = "refused_once"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt goes. ``seconds`` is how long its commands run."""

    status: str = "succeeded"
    exit_code: int | None = 0
    seconds: float = 0.0
    manner: Manner = Manner.RELIABLE
    events: tuple[dict[str, Any], ...] = field(default=())


SUCCEEDED = Outcome()
FAILED = Outcome("failed", 1)
TIMED_OUT = Outcome("timed_out", None)

Script = Callable[[Order], Outcome]
Later = Callable[[float, Callable[[], None]], None]


class Workers:
    """``later(seconds, action)`` is how anything here goes on. ``begun`` counts how often each attempt's
    commands began; ``too_early`` are those that began before something they depend on had ended."""

    def __init__(self, platform: Platform, script: Script, later: Later) -> None:
        self._platform = platform
        self._script = script
        self._later = later
        self.begun: Counter[tuple[str, str, int]] = Counter()
        self.too_early: list[tuple[str, str, int]] = []

    def launch(self, order: Order) -> None:
        """For ``MemoryTarget.on_launch``."""
        outcome = self._script(order)
        if outcome.manner is Manner.REFUSED:
            raise LaunchFailed("this place refuses the order", transient=False)
        if outcome.manner is Manner.REFUSED_ONCE and self._launches(order) == 1:
            raise LaunchFailed("this place is full", transient=True)
        if outcome.manner is not Manner.UNBORN:
            self._later(0, lambda: self.start(order, outcome))

    def start(self, order: Order, outcome: Outcome) -> None:
        ids = (order.run_id, order.order_num, order.attempt)
        claim = {**_ids(order), "nonce": self._platform.identifiers.nonce(), "by": "worker"}
        claim["at"] = self._platform.clock.now()
        if not self._platform.objects.put_once(claim_key(*ids), _json(claim)):
            return
        self.note_beginning(order)
        if outcome.manner is not Manner.LOST:
            ends_at = self._platform.clock.now() + outcome.seconds
            self._later(min(HEARTBEAT, outcome.seconds), lambda: self._go_on(order, outcome, ends_at))

    def note_beginning(self, order: Order) -> None:
        ids = (order.run_id, order.order_num, order.attempt)
        self.begun[ids] += 1
        if not all(one.status.is_terminal for one in self._platform.needed_by(order)):
            self.too_early.append(ids)

    def _go_on(self, order: Order, outcome: Outcome, ends_at: float) -> None:
        request = self._asked(order)
        left = ends_at - self._platform.clock.now()
        if request is not None and outcome.seconds and outcome.manner is not Manner.DEAF:
            self.report(order, Outcome(request["status"], None), reason=request["reason"])
        elif left <= 0:
            self.report(order, outcome)
        else:
            self._platform.objects.put(heartbeat_key(order.run_id, order.order_num, order.attempt), b"{}")
            self._later(min(HEARTBEAT, left), lambda: self._go_on(order, outcome, ends_at))

    def report(self, order: Order, outcome: Outcome, reason: str | None = None) -> None:
        ids = (order.run_id, order.order_num, order.attempt)
        if outcome.events:
            self._platform.objects.put(events_key(*ids), _json(outcome.events))
        result = {
            **_ids(order),
            "status": outcome.status,
            "log": f"log of {order.order_name}",
            "exit_code": outcome.exit_code,
            "reason": reason,
            "ended_at": self._platform.clock.now(),
            "events": len(outcome.events),
        }
        self._platform.objects.put_once(result_key(*ids), _json(result))

    def _asked(self, order: Order) -> dict[str, Any] | None:
        data = self._platform.objects.get(control_key(order.run_id, order.order_num))
        asked = {} if data is None else dict(json.loads(data))
        return asked if asked.get("attempt") == order.attempt else None

    def _launches(self, order: Order) -> int:
        attempt = (order.run_id, order.order_num, order.attempt)
        launched = [(one.run_id, one.order_num, one.attempt) for one in self._platform.target.launches]
        return launched.count(attempt)


def _ids(order: Order) -> dict[str, Any]:
    return {"run_id": order.run_id, "order_num": order.order_num, "attempt": order.attempt}


def _json(document: object) -> bytes:
    return json.dumps(document).encode()
