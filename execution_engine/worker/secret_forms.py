"""The forms in which a secret value is likely to turn up in a log. Pure; nothing here remembers a value."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from urllib.parse import quote, quote_plus

SHORTEST = 6
"""Values (and lines of values) of fewer bytes are not masked: they would hit everything. Documented so."""

_DOCUMENTS = 4
"""JSON in a text of JSON is looked into so many times."""

_WRAPS = (76, 64)
"""Where ``base64`` and PEM writers break their lines."""


def forms_of(values: Iterable[str]) -> tuple[bytes, ...]:
    """Every byte string to be masked for these values, longest first, each once, none under ``SHORTEST``.

    The texts inside a value that is JSON count as values of their own: commands take such documents apart.
    """
    found: set[bytes] = set()
    each = {inner for value in values for inner in _with_texts_inside(value)}
    for value in each:
        for text in {value, value.strip()}:
            found.update(_written(text))
            found.update(_base64(text.encode("utf-8", "surrogatepass")))
        lines = value.splitlines()
        if len(lines) > 1:
            for line in lines:
                found.update(_written(line.strip()))
    return tuple(sorted((form for form in found if len(form) >= SHORTEST), key=lambda form: (-len(form), form)))


def _with_texts_inside(value: str) -> Iterator[str]:
    """The value, and if it is a JSON object or list every text in it, also of JSON that is such a text."""
    pending: list[tuple[object, int]] = [(value, 0)]
    while pending:
        one, depth = pending.pop()
        if isinstance(one, dict):
            pending += [(inner, depth) for inner in one.values()]
        elif isinstance(one, list):
            pending += [(inner, depth) for inner in one]
        elif isinstance(one, str):
            yield one
            if depth < _DOCUMENTS and one.lstrip().startswith(("{", "[")):
                with suppress(ValueError, RecursionError):
                    pending.append((json.loads(one), depth + 1))


def _written(text: str) -> Iterator[bytes]:
    """As it is, as JSON and URLs write it, and as ``set -x`` quotes it."""
    raw = text.encode("utf-8", "surrogatepass")
    if len(raw) < SHORTEST:
        return
    yield raw
    yield json.dumps(text)[1:-1].encode("ascii")
    yield json.dumps(text, ensure_ascii=False)[1:-1].encode("utf-8", "surrogatepass")
    yield quote(raw, safe="").encode("ascii")
    yield quote(raw).encode("ascii")
    yield quote_plus(raw).encode("ascii")
    yield text.replace("'", "'\\''").encode("utf-8", "surrogatepass")


def _base64(raw: bytes) -> Iterator[bytes]:
    """Standard and URL-safe, padded and not, broken into lines, and inside something longer.

    Inside something longer the value starts at one of three places of a group of three bytes. What
    is left out then are the characters at either end that also carry bits of the neighbours.
    """
    if len(raw) < SHORTEST:
        return
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        full = encode(raw)
        yield full
        yield full.rstrip(b"=")
        for offset, mixed in ((0, 0), (1, 2), (2, 3)):
            shifted = encode(b"\0" * offset + raw)
            whole = (offset + len(raw)) * 8 // 6
            core = shifted[mixed:whole]
            yield core
            if offset == 0:
                for width in _WRAPS:
                    yield from (core[at : at + width] for at in range(0, len(core), width))
