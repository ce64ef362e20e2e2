"""Each line of the log says what it is about: ``trace_id``, ``run_id``, ``order_name`` as far as they are known, and
the leg: ``<trace_id>:<epoch>``, one for each invocation of a function about a run (contract section 7)."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from contextvars import ContextVar, copy_context
from typing import Any, TypeVar

import structlog

from execution_engine.jobs.naming import leg as leg_of
from execution_engine.logs import about

T = TypeVar("T")

_began: ContextVar[float | None] = ContextVar("leg", default=None)


def begin(act: Callable[[], T], epoch: float, **known: str) -> T:
    """``act`` as a leg that begins at ``epoch`` (seconds). What is said in it of what it is about, by ``logs.about``,
    holds until it ends, on threads that it starts by ``wiring.threads`` too, and nowhere else."""

    def run() -> T:
        structlog.contextvars.clear_contextvars()
        _began.set(epoch)
        about(**known)
        return act()

    return copy_context().run(run)


def stamp(_: object, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Of structlog: a line that knows its trace gets its leg. What a line says itself stands."""
    epoch, trace_id = _began.get(), line.get("trace_id")
    if epoch is not None and isinstance(trace_id, str) and trace_id:
        line.setdefault("leg", leg_of(trace_id, epoch))
    return line
