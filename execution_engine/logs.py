"""structlog, set up once a process: JSON lines on stderr, or readable ones where somebody watches."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_QUERY = re.compile(r"(https?://[^\s\"'?]+)\?[^\s\"']+")


def _without_queries(_: object, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A presigned URL's query string is a key to an object: never logged, wherever it comes from."""
    for name, value in line.items():
        if isinstance(value, str) and "?" in value:
            line[name] = _QUERY.sub(r"\1", value)
    return line


def configure(*, readable: bool = False, level: int = logging.INFO) -> None:
    renderer: Any = structlog.dev.ConsoleRenderer() if readable else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _without_queries,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
