"""What is told loses two things: the queries of URLs (a presigned one's is a key to an object) and, as long as
somebody works with them, the values of secrets."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

Mask = Callable[[str], str]
"""Gives back a text without the secrets it knows."""

_QUERY = re.compile(
    r"""(https?://[^\s"'?]+)\?[^\s"']+  # of any URL
    | \?[^\s"']*(?:X-Amz-|AWSAccessKeyId|Signature=)[^\s"']*  # of a path, as libraries quote them in errors
    """,
    re.IGNORECASE | re.VERBOSE,
)
_masks: list[Mask] = []
_of_this_scope: ContextVar[list[Mask] | None] = ContextVar("masks", default=None)


@contextmanager
def hiding() -> Iterator[None]:
    """What is hidden in this context is hidden in all threads until it ends: when the last word was said."""
    mine: list[Mask] = []
    token = _of_this_scope.set(mine)
    try:
        yield
    finally:
        _of_this_scope.reset(token)
        for mask in mine:
            _masks.remove(mask)


def hide(mask: Mask) -> None:
    """From now on ``masked`` and the log use this, too: until the `hiding` around ends, and without one for good."""
    scope = _of_this_scope.get()
    if scope is not None:
        scope.append(mask)
    _masks.append(mask)


def masked(text: str) -> str:
    for mask in tuple(_masks):
        text = mask(text)
    return text


def redacted(value: Any) -> Any:
    """``value`` as it is logged, whatever it holds: what is no plain value becomes its ``repr``."""
    if isinstance(value, str):
        return masked(_without_queries(value))
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Mapping):
        return {redacted(str(name)): redacted(one) for name, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [redacted(one) for one in value]
    return redacted(repr(value))


def _without_queries(text: str) -> str:
    return _QUERY.sub(lambda found: found[1] or "", text) if "?" in text else text
