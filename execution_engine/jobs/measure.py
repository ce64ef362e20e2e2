"""How large and how deep a job document is, found without recursion and without writing it out."""

from __future__ import annotations

from json.encoder import encode_basestring

from execution_engine.errors import Fault, JobRefused

MIB = 1024 * 1024
MAX_DEPTH = 20
"""A job needs six levels; whatever goes deeper is none."""

_HOPELESS = 4
"""A document above this many times the limit is refused unread: what else is wrong with it stays untold."""


def json_bytes(document: object, limit: int) -> int:
    """The document's size in bytes as compact JSON in UTF-8.

    Values that are referred to more than once count each time, as JSON would write them. Raises
    ``JobRefused`` for a document that is too deep (or contains itself) or hopelessly above ``limit``;
    so whoever goes on from here can walk the whole of it.
    """
    size = 0
    waiting: list[tuple[object, int]] = [(document, 1)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, dict | list | tuple):
            if depth > MAX_DEPTH:
                raise JobRefused([Fault("", f"the job is nested more than {MAX_DEPTH} levels deep")])
            size += 1 + max(1, len(value))
            if isinstance(value, dict):
                size += sum(_scalar_bytes(key) + 1 for key in value)
                value = value.values()
            if size <= limit * _HOPELESS:
                waiting.extend((item, depth + 1) for item in value)
        else:
            size += _scalar_bytes(value)
        if size > limit * _HOPELESS:
            raise JobRefused([Fault("", f"the job is far larger than the {limit:,} bytes of JSON that are taken")])
    return size


def _scalar_bytes(value: object) -> int:
    if isinstance(value, str):
        return len(encode_basestring(value).encode("utf-8", "surrogatepass"))
    if isinstance(value, bool) or value is None:
        return 5 if value is False else 4
    if isinstance(value, int) and value.bit_length() > 1_000:
        return value.bit_length() // 3  # Python refuses to write out very long numbers
    return len(repr(value)) if isinstance(value, int | float) else 1
