"""What a request asks beside its path: each value checked, and all faults told at once."""

from __future__ import annotations

import re
from collections.abc import Mapping

from execution_engine.errors import Fault, JobRefused

MOST = 2**53
"""Beyond that, JSON's numbers are no longer whole ones for everybody."""

LATEST = 10**11
"""An epoch in seconds: some three thousand years from now. Milliseconds are told apart by it."""

_WHOLE = re.compile(r"\d{1,16}")
_NUMBER = re.compile(r"\d{1,11}(\.\d{1,9})?")
_RANGE = re.compile(r"bytes=(\d{1,15})-(\d{1,15})?")


class Questions:
    """``done`` raises ``JobRefused`` if anything asked for so far was wrong. What nobody asks for is let pass."""

    def __init__(self, given: Mapping[str, str] | None) -> None:
        self._given = given or {}
        self._faults: list[Fault] = []

    def text(self, name: str) -> str | None:
        value = self._given.get(name)
        if value == "":
            self._faults.append(Fault(name, "is empty"))
        return value or None

    def whole(self, name: str, least: int, most: int = MOST) -> int | None:
        value = self._given.get(name)
        if value is None:
            return None
        if not _WHOLE.fullmatch(value) or not value.isascii() or not least <= int(value) <= most:
            self._faults.append(Fault(name, f"must be a whole number from {least:,} to {most:,}"))
            return None
        return int(value)

    def moment(self, name: str) -> float | None:
        """Seconds since the epoch."""
        value = self._given.get(name)
        if value is None:
            return None
        if not _NUMBER.fullmatch(value) or not value.isascii() or float(value) > LATEST:
            self._faults.append(Fault(name, "must be seconds since the epoch, as in 1767225600.5"))
            return None
        return float(value)

    def flag(self, name: str, otherwise: bool) -> bool:
        value = self._given.get(name)
        if value is None:
            return otherwise
        if value not in ("true", "false"):
            self._faults.append(Fault(name, "must be true or false"))
        return value == "true"

    def together(self, name: str, without: str, why: str) -> None:
        """These two exclude each other."""
        if name in self._given and without in self._given:
            self._faults.append(Fault(name, f"can't be combined with {without}: {why}"))

    def done(self) -> None:
        if self._faults:
            raise JobRefused(self._faults)


def byte_range(header: str | None) -> tuple[int, int | None] | None:
    """First and last byte of ``bytes=0-99`` or ``bytes=100-``. Anything else is none of ours, and is to be ignored
    (RFC 9110, 14.2)."""
    found = _RANGE.fullmatch(header.strip()) if header else None
    if found is None or (found[2] is not None and int(found[2]) < int(found[1])):
        return None
    return int(found[1]), None if found[2] is None else int(found[2])
