"""The engine's functions, in processes that die at a planned call to AWS: at once, as by ``kill -9``.

Each entry point here stands in for the handler of the same name and does nothing of its own but to note every
call that is made on behalf of a run, and to look whether this is the one to die at.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import urllib3
from botocore.endpoint import Endpoint
from integration.crashes import call_names
from integration.crashes.folder import AFTER, BEFORE, VARIABLE, Death, Folder, Point

from execution_engine.identifiers import RandomIdentifiers

SECONDS = {
    "execution_engine.intake.admission": {"LEASE": 4.0},
    "execution_engine.orders.judgement": {"BACKOFF_BASE": 0.5},
}
"""Constants of the engine's, shortened: nothing is learned by waiting longer."""

_folder = Folder(Path(os.environ[VARIABLE]))


class Invocation:
    """What this process is at. One at a time, but its calls come from several threads."""

    def __init__(self, part: str, event: Any) -> None:
        self._part = part
        self._event = event
        self._answered: list[str] = []
        self._lock = threading.Lock()
        self.name = _folder.name_of(event)
        self._plan = _folder.planned(self.name) if self.name else None

    def call(self, call: str, make: Callable[[], Any]) -> Any:
        if self.name is None:
            return make()
        nth = _folder.count(self.name, self._part, call)
        self._die_at(Point(self._part, call, nth, BEFORE))
        answer = make()
        with self._lock:
            self._answered.append(call)
        self._die_at(Point(self._part, call, nth, AFTER))
        return answer

    def _die_at(self, point: Point) -> None:
        if point != self._plan or self.name is None:
            return
        with self._lock:
            if _folder.die_once(self.name, Death(point, self._event, self._answered)):
                os.kill(os.getpid(), signal.SIGKILL)


_current: Invocation | None = None


def _watch_clients() -> None:
    ask = Endpoint._do_get_response

    def watched(self: Endpoint, request: Any, operation: Any, context: Any) -> Any:
        invocation = _current
        if invocation is None:
            return ask(self, request, operation, context)
        service = operation.service_model.service_name
        call = call_names.of_client(service, operation.name, request)
        return invocation.call(call, lambda: ask(self, request, operation, context))

    Endpoint._do_get_response = watched


def _watch_urls() -> None:
    ask = urllib3.PoolManager.request

    def watched(self: urllib3.PoolManager, method: str, url: str, *arguments: Any, **options: Any) -> Any:
        invocation = _current
        if invocation is None:
            return ask(self, method, url, *arguments, **options)
        return invocation.call(call_names.of_url(method, url), lambda: ask(self, method, url, *arguments, **options))

    urllib3.PoolManager.request = watched  # type: ignore[method-assign]


def _watch_submissions() -> None:
    make = RandomIdentifiers.run_id

    def noted(self: RandomIdentifiers) -> str:
        run_id = make(self)
        if _current is not None and _current.name is not None:
            _folder.began(run_id, _current.name)
        return run_id

    RandomIdentifiers.run_id = noted  # type: ignore[method-assign]


def _standing_in_for(part: str) -> Callable[[Any, Any], Any]:
    def handler(event: Any, context: Any) -> Any:
        global _current
        real = importlib.import_module(f"execution_engine.handlers.{part}").handler
        _hurry()
        _current = Invocation(part, event)
        try:
            return real(event, context)
        finally:
            _current = None

    return handler


def _hurry() -> None:
    for module, constants in SECONDS.items():
        for name, seconds in constants.items():
            if module in sys.modules:
                assert hasattr(sys.modules[module], name), f"{module} has no {name} any more"
                setattr(sys.modules[module], name, seconds)


_watch_clients()
_watch_urls()
_watch_submissions()

init_job = _standing_in_for("init_job")
orchestrator = _standing_in_for("orchestrator")
watchdog_check = _standing_in_for("watchdog_check")
worker = _standing_in_for("worker")
