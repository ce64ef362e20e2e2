"""What a fetched value holds: entries (an object as JSON, or that in base64) or one plain text. Pure.

An entry that is text is taken as it is, a number as it is written, true and false as these words, an object or a list
as compact JSON. One that is null counts as not given, as a field of a job does. What is no JSON *object* is plain
text, also if it is JSON, or base64 of something.

Nothing here repeats a value. Errors of the readers do, so none of them is passed on, not even as a cause.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

GitEntry = Literal["token", "private_key"]

_BLANK = "\ufeff \t\r\n"


@dataclass(frozen=True, slots=True)
class Entries:
    values: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Plain:
    text: str = field(repr=False)


class Unusable(ValueError):
    """A value that can't be used, and what to do; goes on where its location was named."""


class _Number(str):
    """A JSON number, as it was written."""


def contents(value: str | bytes) -> Entries | Plain:
    """Raises ``Unusable``: bytes that are no UTF-8, an object with a key twice or nested too deeply."""
    text = _decoded(value) if isinstance(value, bytes) else value
    if text is None:
        raise Unusable("is binary and no UTF-8 text; store it in base64 and let the command decode it")
    found = _object(text)
    if found is None:
        inside = _from_base64(text)
        found = _object(inside) if inside is not None else None
    return Plain(text) if found is None else Entries(found)


def git_secret(found: Entries | Plain, entry: GitEntry) -> str:
    """The token or key in a value: a plain one itself, an object's only entry, or the one named ``entry``.

    A key ends in exactly one line feed, without which ssh does not read it, and a token in none. Raises ``Unusable``.
    """
    if isinstance(found, Plain):
        secret = found.text
    elif len(found.values) == 1:
        (secret,) = found.values.values()
    elif entry in found.values:
        secret = found.values[entry]
    else:
        held = f"has {len(found.values)} entries" if found.values else "is an object without entries"
        raise Unusable(f"{held}, and none that is named {entry}; name it so, or store it alone")
    secret = secret.strip()
    if not secret:
        raise Unusable("is empty")
    if entry == "private_key":
        return secret + "\n"
    if not secret.isprintable() or " " in secret:
        raise Unusable("is no token: it has blanks or line breaks in it")
    return secret


def _decoded(data: bytes) -> str | None:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _from_base64(text: str) -> str | None:
    """Line breaks, as ``base64`` prints them, do not matter."""
    try:
        return _decoded(base64.b64decode("".join(text.split()), validate=True))
    except ValueError:
        return None


def _object(text: str) -> dict[str, str] | None:
    """The entries of a JSON object, or None if it is none."""
    if not text.lstrip(_BLANK).startswith("{"):
        return None
    reader = _Reader()
    too_deep = False
    found: dict[str, str] = {}
    try:
        read = reader.read(text.strip(_BLANK))
        found = {name: _text(value) for name, value in read.items() if value is not None}
    except RecursionError:
        too_deep = True
    except ValueError:
        return None
    if too_deep:
        raise Unusable("is JSON that is nested too deeply to be read")
    if reader.twice:
        raise Unusable("has the same key twice in one object; which of the two is meant?")
    return found


class _Reader:
    """``twice``: some object had a key more than once."""

    def __init__(self) -> None:
        self.twice = False

    def read(self, text: str) -> dict[str, Any]:
        read: dict[str, Any] = json.loads(
            text, object_pairs_hook=self._paired, parse_int=_Number, parse_float=_Number, parse_constant=_refuse
        )
        return read

    def _paired(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(pairs)
        self.twice = self.twice or len(made) < len(pairs)
        return made


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def _text(value: Any) -> str:
    return str(value) if isinstance(value, str) else _compact(value)


def _compact(value: Any) -> str:
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{_compact(name)}:{_compact(one)}" for name, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_compact, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
