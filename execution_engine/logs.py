"""structlog, set up once a process: JSON lines on stderr, or readable ones where somebody watches."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterable, MutableMapping
from typing import Any

import structlog

from execution_engine.errors import SettingsError
from execution_engine.redaction import redacted

Stamp = Callable[[object, str, MutableMapping[str, Any]], MutableMapping[str, Any]]
"""A processor of structlog."""

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}

_TALKATIVE = ("boto3", "botocore", "github", "pynamodb", "requests", "s3transfer", "urllib3")
"""Libraries that log what they send and what they are answered (``botocore.parsers``: the bodies) at debug level:
credentials, keys and presigned URLs among it. No setting of ours lets them."""


def _redact(_: object, __: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Neither a presigned URL's query string nor a secret that is worked with is printed, wherever it comes from."""
    return dict(redacted(line))


def about(**known: str | None) -> None:
    """From here on each line says so, until the leg ends (``handlers.legs``): ``trace_id``, ``run_id``, …"""
    structlog.contextvars.bind_contextvars(**{name: value for name, value in known.items() if value is not None})


def configure(*, readable: bool = False, level: str = "info", stamps: Iterable[Stamp] = ()) -> None:
    """``stamps`` see what is known of a line and may add to it. Raises ``SettingsError`` for a level that is none."""
    if level.lower() not in LEVELS:
        raise SettingsError(f"AWS_EXE_SYS_LOG_LEVEL is {level!r}; it must be one of {', '.join(LEVELS)}")
    for library in _TALKATIVE:
        logging.getLogger(library).setLevel(logging.WARNING)
    renderer: Any = structlog.dev.ConsoleRenderer() if readable else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            *stamps,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _redact,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[level.lower()]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
