"""How a worker in memory reaches its bucket."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fakes.objects import Objects

from execution_engine.worker.courier import DEFAULT_TIMEOUT, Unanswered
from simulation.calls import WorldCalls
from simulation.world import Invocation, World


class CourierInMemory:
    """``worker.courier.Courier`` over objects; a URL is its key."""

    def __init__(self, calls: WorldCalls, objects: Objects, world: World, invocation: Invocation) -> None:
        self._calls = calls
        self._objects = objects
        self._world = world
        self._invocation = invocation

    def put(self, url: str, key: str, body: bytes, timeout: float = DEFAULT_TIMEOUT) -> None:
        self._ask(key, lambda: self._objects.put(key, body), timeout)

    def put_if_absent(self, url: str, key: str, body: bytes, timeout: float = DEFAULT_TIMEOUT) -> bool:
        return self._ask(key, lambda: self._objects.put_once(key, body), timeout)

    def get(self, url: str, key: str, timeout: float = DEFAULT_TIMEOUT) -> bytes | None:
        return self._ask(key, lambda: self._objects.get(key), timeout)

    def _ask(self, key: str, effect: Callable[[], Any], timeout: float) -> Any:
        name = f"worker.{key.rpartition('/')[2].removesuffix('.json')}"
        if self._invocation.is_cut():
            self._world.pause(timeout)
            self._world.note(name, "no network")
            raise Unanswered(f"{name}: no network")
        return self._calls.patiently(name, effect, timeout)
