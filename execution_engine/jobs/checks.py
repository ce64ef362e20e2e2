"""The check of each kind of field: a value as it came in, to the value the engine keeps.

Every check raises ``ValueError`` with a message that continues "orders[2].timeout: …". Those of lists
and objects are in ``list_checks``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import TypeVar

from execution_engine.jobs.credential_locations import credential_location
from execution_engine.jobs.faults import kind
from execution_engine.jobs.naming import JOB_ORDER_NAME

_Reworked = TypeVar("_Reworked")

MAX_SECONDS = 86_400
"""A day: so long do objects and records live."""

MIN_SECONDS = 0.001
"""Less is nothing, and far less is no number that DynamoDB holds."""

MAX_PRESIGN_SECONDS = 604_800
"""Seven days; AWS signs no URL for longer."""


def text(value: object) -> str:
    """Non-empty text that can be stored and sent everywhere."""
    if not isinstance(value, str):
        raise ValueError(f"must be text, not {kind(value)}{_quotes_may_help(value)}")
    if not value.strip():
        raise ValueError("is empty")
    if "\0" in value:
        raise ValueError("has a NUL byte in it")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ValueError("can't be written as UTF-8 (it has half a surrogate pair in it)") from error
    return value


def _quotes_may_help(value: object) -> str:
    return " (in YAML, put it in quotes)" if isinstance(value, bool | int | float) else ""


def printable(limit: int, without: str = "") -> Callable[[object], str]:
    """A check for one line of 1 to ``limit`` printable characters, none of ``without``, no blank around."""

    def check(value: object) -> str:
        checked = text(value)
        if len(checked) > limit:
            raise ValueError(f"is {len(checked):,} characters long; at most {limit} are taken")
        if not checked.isprintable() or checked != checked.strip() or any(c in without for c in checked):
            bare = f", without {' '.join(without)}" if without else ""
            raise ValueError(f"must be 1–{limit} printable characters{bare} and without blanks around them")
        return checked

    return check


def matching(pattern: str, message: str) -> Callable[[object], str]:
    """A check for text that ``pattern`` matches as a whole."""
    compiled = re.compile(pattern)

    def check(value: object) -> str:
        checked = text(value)
        if not compiled.fullmatch(checked):
            raise ValueError(message)
        return checked

    return check


def reworked(rework: Callable[[str], _Reworked]) -> Callable[[object], _Reworked]:
    """A check for text that a function of text accepts."""
    return lambda value: rework(text(value))


def order_name(value: object) -> str:
    checked = text(value)
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,128}", checked):
        raise ValueError("must be 1–128 of the characters A–Z a–z 0–9 . _ -")
    if checked == JOB_ORDER_NAME:
        raise ValueError(f"{JOB_ORDER_NAME} is reserved for the events of the job itself")
    return checked


def seconds(most: float) -> Callable[[object], float]:
    """A check for a finite number of seconds: some, and at most ``most``."""

    def check(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"must be a number of seconds, not {kind(value)}")
        if isinstance(value, float) and not math.isfinite(value):
            raise ValueError("must be a finite number of seconds")
        if value <= 0:
            raise ValueError("must be more than 0 seconds")
        if value < MIN_SECONDS:
            raise ValueError(f"must be at least {MIN_SECONDS} seconds")
        if value > most:
            raise ValueError(f"must be at most {most:,} seconds")
        return value

    return check


def job_timeout(value: object) -> float:
    checked = seconds(MAX_SECONDS)(value)
    if checked < 1:
        raise ValueError("must be at least 1 second")
    return checked


def whole_number(least: int, most: int) -> Callable[[object], int]:
    def check(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise ValueError(f"must be a whole number, not {kind(value)}")
        if not least <= value <= most:
            raise ValueError(f"must be from {least:,} to {most:,}")
        return value

    return check


def boolean(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"must be true or false, not {kind(value)}")
    return value


def credential(value: object) -> str:
    checked = text(value)
    credential_location(checked)
    return checked


def ssm_path(value: object) -> str:
    """A Parameter Store path, without the ``aws:::ssm:`` that it may have had."""
    location = credential_location(text(value))
    if location.store != "ssm":
        raise ValueError("must be a path in Parameter Store")
    return location.name
