"""One page of a list that people read, and the continuation that leads to the next."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from execution_engine.errors import EngineError, RowUnreadable

T = TypeVar("T")

_NUMBER = re.compile(r"-?\d{1,38}(\.\d{1,38})?(E[+-]?\d{1,2})?")
_KEY_LIMIT = 1_024
"""Bytes of a sort key (DynamoDB)."""


class ContinuationUnreadable(EngineError):
    """A continuation that no page of this list ever gave (the caller's fault: HTTP 400)."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """``unreadable`` says which records could not be read and why; they never hide the others.

    ``next`` is None on the last page. A page may be empty and still have a next one.
    """

    items: tuple[T, ...]
    unreadable: tuple[str, ...] = ()
    next: str | None = None


def page(read: Callable[[Mapping[str, Any]], T], rows: Iterable[Mapping[str, Any]], next_page: str | None) -> Page[T]:
    """Reads each row by itself; ``read`` raises ``RowUnreadable`` for one that it can't understand."""
    items: list[T] = []
    unreadable: list[str] = []
    for row in rows:
        try:
            items.append(read(row))
        except RowUnreadable as error:
            unreadable.append(str(error))
    return Page(tuple(items), tuple(unreadable), next_page)


def continuation(last_key: Mapping[str, Any] | None) -> str | None:
    """DynamoDB's ``LastEvaluatedKey`` as one word that a URL can hold."""
    if not last_key:
        return None
    return base64.urlsafe_b64encode(json.dumps(last_key, separators=(",", ":")).encode()).decode().rstrip("=")


def start_key(after: str, fixed: Mapping[str, Any], free: Mapping[str, str]) -> dict[str, Any]:
    """The key a continuation stands for.

    It comes back from a caller, so it must have exactly the ``fixed`` attributes (as they are) and the
    ``free`` ones (name → DynamoDB type): it can lead nowhere but on in its own list. Raises
    ``ContinuationUnreadable``.
    """
    try:
        key = json.loads(base64.b64decode(after + "=" * (-len(after) % 4), altchars=b"-_", validate=True))
        if key.keys() != fixed.keys() | free.keys():
            raise ValueError
        if any(key[name] != value for name, value in fixed.items()):
            raise ValueError
        if any(list(key[name]) != [kind] or not _is_key(key[name][kind], kind) for name, kind in free.items()):
            raise ValueError
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise ContinuationUnreadable("the continuation is none of this list's; begin again without one") from None
    return dict(key)


def _is_key(value: object, kind: str) -> bool:
    """What DynamoDB itself would take as a part of a key."""
    if not isinstance(value, str):
        return False
    if kind == "N":
        return _NUMBER.fullmatch(value) is not None
    return 0 < len(value.encode("utf-8")) <= _KEY_LIMIT  # half a surrogate pair raises, as a ValueError
