"""How an error of somebody else's code is told: in one bounded line, without any URL's query."""

from __future__ import annotations

import re

_LONGEST = 500
_QUERY = re.compile(r"(/[^\s?'\"]*)\?[^\s'\"]+")


def tell(error: BaseException) -> str:
    """The kind of error and what it says; a presigned URL in it loses its signature."""
    words = _QUERY.sub(r"\1?…", " ".join(str(error).split()))
    told = f"{type(error).__name__}: {words}" if words else type(error).__name__
    return told if len(told) <= _LONGEST else told[:_LONGEST] + "…"
