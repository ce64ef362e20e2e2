"""The one place that makes random identifiers (law 13); everything else is handed an ``Identifiers``."""

from __future__ import annotations

import secrets
import uuid
from typing import Protocol


class Identifiers(Protocol):
    def run_id(self) -> str:
        """A UUID in its canonical form."""
        ...

    def trace_id(self) -> str:
        """32 lowercase hexadecimal digits."""
        ...

    def nonce(self) -> str:
        """Something nobody else will ever say: the owner of a lock, the author of a claim."""
        ...


def share() -> float:
    """A random number between 0 and 1: how much of a back-off is waited (full jitter)."""
    return secrets.randbelow(1_000_001) / 1_000_000


class RandomIdentifiers:
    """Identifiers from the operating system's random source."""

    def run_id(self) -> str:
        return str(uuid.uuid4())

    def trace_id(self) -> str:
        return secrets.token_hex(16)

    def nonce(self) -> str:
        return secrets.token_hex(8)
