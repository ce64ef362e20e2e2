"""Idempotency tokens: for five minutes the same request with the same token is the same build. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from execution_engine.local.builds.errors import InvalidInput

GOOD_FOR = 300.0
"""Seconds."""


@dataclass(frozen=True, slots=True)
class _Taken:
    build_id: str
    asked: str
    until: float


class Tokens:
    """A token counts within its project."""

    def __init__(self) -> None:
        self._taken: dict[tuple[str, str], _Taken] = {}

    def find(self, project: str, token: str, asked: Mapping[str, Any], now: float) -> str | None:
        """The build that has the token. Raises ``InvalidInput`` if another request took it."""
        self._taken = {key: one for key, one in self._taken.items() if one.until > now}
        taken = self._taken.get((project, token))
        if taken is None:
            return None
        if taken.asked != _form(asked):
            raise InvalidInput(f"Parameter mismatch: idempotency token {token} was used with other parameters")
        return taken.build_id

    def take(self, project: str, token: str, asked: Mapping[str, Any], build_id: str, now: float) -> None:
        self._taken[project, token] = _Taken(build_id, _form(asked), now + GOOD_FOR)


def _form(asked: Mapping[str, Any]) -> str:
    return json.dumps(asked, sort_keys=True)
