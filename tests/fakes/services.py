"""The small protocols of ``orders.store`` in memory: watchdogs, keys, done markers, the waker, a target."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from fakes.calls import Calls

from execution_engine.jobs.naming import watchdog_name
from execution_engine.orders.order import Order
from execution_engine.orders.target import Found


class MemoryWatchdogs:
    """``on_start`` is told (run, order number, attempt, wait) of each that did not exist yet."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self.started: dict[str, tuple[str, str, int, int]] = {}
        self.on_start: Callable[[str, str, int, int], None] | None = None

    def start(self, run_id: str, num: str, attempt: int, wait: int) -> None:
        def begin() -> None:
            name = watchdog_name(run_id, num, attempt)
            if name in self.started:
                return
            self.started[name] = (run_id, num, attempt, wait)
            if self.on_start is not None:
                self.on_start(run_id, num, attempt, wait)

        self._calls.through("watchdogs.start", begin)


class MemoryKeys:
    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self.held: dict[str, str] = {}

    def put(self, path: str, identity: str, expires_at: float) -> None:
        self._calls.through("keys.put", lambda: self.held.update({path: identity}))

    def get(self, path: str) -> str:
        """For a worker. Raises ``KeyError``."""
        return self._calls.through("keys.get", lambda: self.held[path])

    def delete(self, path: str) -> None:
        self._calls.through("keys.delete", lambda: self.held.pop(path, None))


class MemoryDoneMarkers:
    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self.documents: dict[str, dict[str, Any]] = {}
        self.offered: list[tuple[str, dict[str, Any]]] = []
        """All that was to be written, also where one stood already."""
        self.on_write: Callable[[str], None] | None = None

    def write(self, run_id: str, document: dict[str, Any]) -> None:
        copied = json.loads(json.dumps(document))

        def put() -> None:
            self.offered.append((run_id, copied))
            if run_id not in self.documents:
                self.documents[run_id] = copied
                if self.on_write is not None:
                    self.on_write(run_id)

        self._calls.through("done.write", put)

    def exists(self, run_id: str) -> bool:
        return self._calls.through("done.exists", lambda: run_id in self.documents)


class MemoryWaker:
    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self.woken: list[tuple[str, str]] = []
        self.on_wake: Callable[[str, str], None] | None = None

    def wake(self, run_id: str, num: str) -> None:
        def send() -> None:
            self.woken.append((run_id, num))
            if self.on_wake is not None:
                self.on_wake(run_id, num)

        self._calls.through("waker.wake", send)


class MemoryTarget:
    """``on_launch`` stands for the service: it may start a worker, or raise ``LaunchFailed``; ``on_look_up`` for
    what it says of what it answered an id for. All of a deployment's services, too."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self.launches: list[Order] = []
        self.stopped: list[Order] = []
        self.on_look_up: Callable[[Order], Found | None] | None = None
        self.on_launch: Callable[[Order], tuple[str, str | None] | None] | None = None

    def launch(self, order: Order) -> tuple[str, str | None] | None:
        def start() -> tuple[str, str | None] | None:
            self.launches.append(order)
            return None if self.on_launch is None else self.on_launch(order)

        return self._calls.through("target.launch", start)

    def look_up(self, order: Order) -> Found | None:
        if order.execution_id is None:
            return None
        return self._calls.through(
            "target.look_up", lambda: None if self.on_look_up is None else self.on_look_up(order)
        )

    def stop(self, order: Order) -> None:
        if order.execution_id is not None:
            self._calls.through("target.stop", lambda: self.stopped.append(order))

    def refuse(self, order: Order, reason: str, why: str) -> bool:
        """One worker, one claim: that is all there is to win."""
        return True

    def conclude(self, order: Order, result: dict[str, Any]) -> bool:
        return False

    def release(self, order: Order) -> None:
        """Nothing is kept for its workers."""
