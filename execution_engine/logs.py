"""structlog, set up once a process: JSON lines on stderr, or readable ones where somebody watches."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from typing import Any

import structlog

_QUERY = re.compile(
    r"""(https?://[^\s"'?]+)\?[^\s"']+  # of any URL
    | \?[^\s"']*(?:X-Amz-|AWSAccessKeyId|Signature=)[^\s"']*  # of a path, as libraries quote them in errors
    """,
    re.IGNORECASE | re.VERBOSE,
)


def without_queries(value: Any) -> Any:
    """``value`` as it is logged, whatever it holds: what is no plain value becomes its ``repr``."""
    if isinstance(value, str):
        return _QUERY.sub(lambda found: found[1] or "", value) if "?" in value else value
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {without_queries(str(name)): without_queries(one) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [without_queries(one) for one in value]
    return without_queries(repr(value))


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
