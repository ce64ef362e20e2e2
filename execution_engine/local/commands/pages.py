"""Answers a page at a time. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from execution_engine.local.commands.errors import Malformed, Refused


def page(found: Sequence[Any], asked: Mapping[str, Any], name: str, least: int = 1, most: int = 50) -> dict[str, Any]:
    """What ``MaxResults`` (from ``least`` to ``most``, which it is otherwise) and ``NextToken`` ask for, under
    ``name``. The token is where the next page begins. Raises ``Malformed`` and ``Refused``."""
    size, token = asked.get("MaxResults", most), asked.get("NextToken", "0")
    if not isinstance(size, int) or isinstance(size, bool) or not least <= size <= most:
        raise Malformed(f"MaxResults must be from {least} to {most}")
    if not isinstance(token, str) or not (token.isascii() and token.isdecimal()):
        raise Refused("InvalidNextToken", "the token is none that was given out")
    begin = int(token)
    more = {"NextToken": str(begin + size)} if len(found) > begin + size else {}
    return {name: list(found[begin : begin + size]), **more}
