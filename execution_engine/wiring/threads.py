"""``map`` on a few threads: independent calls of one kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

from execution_engine.wiring.clients import THREADS


def on_threads(act: Callable[[Any], Any], things: Iterable[Any]) -> list[Any]:
    """The first error is raised when all have ended, so that none is cut off half-way. What holds in this context
    (what lines of the log are about) holds on the threads."""
    todo = list(things)
    if len(todo) < 2:
        return [act(one) for one in todo]
    with ThreadPoolExecutor(min(THREADS, len(todo))) as pool:
        return [future.result() for future in [pool.submit(copy_context().run, act, one) for one in todo]]
