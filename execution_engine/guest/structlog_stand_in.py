"""Goes into the zip as ``structlog.py``: as much of it as the worker uses, one line of JSON each on standard error.

Whoever may see the command's output in SSM reads it, so that nothing secret and no URL's query is in it.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any

from execution_engine.clock import SystemClock
from execution_engine.redaction import redacted

_clock = SystemClock()
_bound: ContextVar[dict[str, Any]] = ContextVar("bound", default={})  # noqa: B039 - never changed, only replaced


class Logger:
    """``debug`` is silent, as in the engine's own set-up."""

    def __init__(self, **values: Any) -> None:
        self._values = values

    def bind(self, **values: Any) -> Logger:
        return Logger(**{**self._values, **values})

    def debug(self, event: str, **values: Any) -> None:
        pass

    def info(self, event: str, **values: Any) -> None:
        self._write("info", event, values)

    def warning(self, event: str, **values: Any) -> None:
        self._write("warning", event, values)

    def error(self, event: str, **values: Any) -> None:
        self._write("error", event, values)

    def exception(self, event: str, **values: Any) -> None:
        self._write("error", event, {**values, "exception": traceback.format_exc()})

    def _write(self, level: str, event: str, values: dict[str, Any]) -> None:
        at = datetime.fromtimestamp(_clock.now(), timezone.utc).isoformat().replace("+00:00", "Z")  # noqa: UP017
        line = {**_bound.get(), **self._values, **values, "event": event, "level": level, "timestamp": at}
        # Nobody may read any more, after a cancel: an order's end is worth more than a line about it.
        with suppress(OSError, ValueError):
            # In one piece: other threads and the supervisor write there, too.
            sys.stderr.write(json.dumps(redacted(line)) + "\n")


def get_logger(**values: Any) -> Logger:
    return Logger(**values)


@contextmanager
def _bound_contextvars(**values: Any) -> Iterator[None]:
    token = _bound.set({**_bound.get(), **values})
    try:
        yield
    finally:
        _bound.reset(token)


contextvars = SimpleNamespace(bound_contextvars=_bound_contextvars)
