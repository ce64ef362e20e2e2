"""structlog, set up once a process: JSON lines on stderr, or readable ones where somebody watches."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from execution_engine.redaction import without_queries


def _redact(_: object, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A presigned URL's query string is a key to an object: never logged, wherever it comes from."""
    return dict(without_queries(line))


def configure(*, readable: bool = False, level: int = logging.INFO) -> None:
    renderer: Any = structlog.dev.ConsoleRenderer() if readable else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _redact,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
