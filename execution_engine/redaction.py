"""What is logged loses the queries of URLs: a presigned one's is a key to an object."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

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
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, Mapping):
        return {without_queries(str(name)): without_queries(one) for name, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [without_queries(one) for one in value]
    return without_queries(repr(value))
