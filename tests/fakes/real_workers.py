"""Workers for real: their own code, real commands; only what they talk to is a fake."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from pathlib import Path
from typing import Any

from fakes.courier import MemoryCourier, MemoryRole
from fakes.simulation import Simulation
from fakes.submitting import PlainSealer, SubmittingPlatform

from execution_engine.orders.order import Order
from execution_engine.targets.lambda_target import LambdaTarget
from execution_engine.worker.assignment import Assignment
from execution_engine.worker.execution import Surroundings
from execution_engine.worker.opening import Opening
from execution_engine.worker.patience import Patience
from execution_engine.worker.worker import Worker

BEGIN = "echo begun >> ../../begun"
"""A command that tells, beside the folders of the attempt's workers, that it has begun."""


class RealWorkers:
    """Started as Lambda starts them. The platform's clock stands while one runs; silence follows a crash.

    ``again_after``: seconds after which each launch is delivered once more. ``urls_refused``: the presigned
    URLs are dead, so that the worker's own role is what is left.
    """

    def __init__(
        self,
        simulation: Simulation,
        platform: SubmittingPlatform,
        folder: Path,
        *,
        again_after: float | None = None,
        urls_refused: bool = False,
    ) -> None:
        self._simulation = simulation
        self._platform = platform
        self._folder = folder
        self._again_after = again_after
        self._courier = MemoryCourier(platform.calls, platform.objects, refuses=urls_refused)
        self._function = _Function()
        self._target = LambdaTarget(lambda: self._function, "worker", "internal", platform.patience.start_limit)  # type: ignore[arg-type]
        self.begun: Counter[tuple[str, str, int]] = Counter()
        self.too_early: list[tuple[str, str, int]] = []
        self.fates: Counter[str] = Counter()

    def launch(self, order: Order) -> None:
        """For ``MemoryTarget.on_launch``."""
        self._target.launch(order)
        event = self._function.sent.pop()
        waits = [0.0] if self._again_after is None else [0.0, self._again_after]
        for seconds in waits:
            self._simulation.later(seconds, lambda: self._start(order, event))

    def _start(self, order: Order, event: dict[str, Any]) -> None:
        attempt = (order.run_id, order.order_num, order.attempt)
        folder = self._folder / "-".join(map(str, attempt))
        needs_ended = all(one.status.is_terminal for one in self._platform.needed_by(order))
        self._simulation.invoke("worker", lambda: self._work(event, folder))
        begun = folder / "begun"
        lines = len(begun.read_text().splitlines()) if begun.exists() else 0
        if lines > self.begun[attempt] and not needs_ended:
            self.too_early.append(attempt)
        self.begun[attempt] = lines

    def _work(self, event: dict[str, Any], folder: Path) -> None:
        calls, objects, clock = self._platform.calls, self._platform.objects, self._platform.clock
        role, patience = MemoryRole(calls, objects), Patience(clock.sleep, lambda: 0.5)
        worker = Worker(
            Opening(
                role.fetch,
                self._platform.keys.get,
                patience,
                now=clock.now,
                unseal_variables=PlainSealer.unseal_variables,
            ),
            self._courier,  # type: ignore[arg-type]
            # One chunk of log an order, at its end: so that each run makes the same calls.
            Surroundings(folder=folder, host={"PATH": os.environ["PATH"]}, log_interval=10.0**9),
            clock=clock,
            monotonic=time.monotonic,
            identifiers=self._platform.identifiers,
            patience=patience,
            fallback=role,
            read_claim=role.read,
        )
        self.fates[str(worker.work(Assignment.from_payload(event)).fate)] += 1


class _Function:
    """Where an asynchronous invocation goes: what it says is kept, as JSON says it."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def send(self, function: str, event: dict[str, Any]) -> None:
        self.sent.append(json.loads(json.dumps(event)))
