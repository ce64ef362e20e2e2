"""What the engine logs: nothing, or lines of a timeline."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog

_NOT_TOLD = {"run_id", "level", "event"}


@contextmanager
def hushed(note: Callable[[str, str], None] | None) -> Iterator[None]:
    before = structlog.get_config()

    def tell(_: Any, __: str, line: dict[str, Any]) -> dict[str, Any]:
        if note is not None:
            told = " ".join(f"{name}={value}" for name, value in line.items() if name not in _NOT_TOLD)
            note("", f"log: {line['event']} {told}")
        raise structlog.DropEvent

    level = logging.CRITICAL if note is None else logging.DEBUG
    structlog.configure(processors=[tell], wrapper_class=structlog.make_filtering_bound_logger(level))
    try:
        yield
    finally:
        structlog.configure(**before)
