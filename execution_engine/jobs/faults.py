"""Collecting everything that is wrong with a job, so that the caller hears it all at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from difflib import get_close_matches
from itertools import islice

from execution_engine.errors import Fault, JobRefused

MAX_SHOWN = 100
"""So many faults are told one by one; of the others only their number."""

_MAX_COMPARED = 200


class Faults:
    """Faults, however many: the first ``MAX_SHOWN`` are kept, the rest is counted."""

    def __init__(self) -> None:
        self._kept: list[Fault] = []
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._kept)

    @property
    def full(self) -> bool:
        """Whether the next fault would only be counted: no use in wording it with care."""
        return self._count >= MAX_SHOWN

    def add(self, where: str, message: str) -> None:
        if not self.full:
            self._kept.append(Fault(shown(where, 200), message))
        self._count += 1

    def extend(self, where: str, faults: Faults) -> None:
        """Take over the faults of a part of the job that lies at ``where``."""
        for fault in faults:
            self.add(where + fault.where, fault.message)
        self._count += len(faults) - len(faults._kept)

    def refusal(self) -> JobRefused:
        more = self._count - len(self._kept)
        last = [Fault("", f"and {more:,} more faults")] if more else []
        return JobRefused([*self._kept, *last])

    def raise_if_any(self) -> None:
        """Raise ``JobRefused`` if anything was found wrong."""
        if self._count:
            raise self.refusal()


class FaultyParts(ValueError):
    """Faults inside a list or an object; their places continue its own (``[3]``, ``.PATH``)."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        super().__init__(f"{len(faults)} faults inside")


def place(where: str, field: str) -> str:
    """The place of a field: ``orders[2]`` and ``timeout`` make ``orders[2].timeout``."""
    return f"{where}.{field}" if where else field


def shown(value: object, limit: int = 60) -> str:
    """A caller's text as one short, printable, encodable line. Never hand it what may be secret."""
    text = value if isinstance(value, str) else kind(value)
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    if cut.isprintable():
        return cut
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in cut)


def kind(value: object) -> str:
    """What a value is, in a caller's words."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    for types, words in (
        ((int, float), "a number"),
        (str, "text"),
        ((list, tuple), "a list"),
        (dict, "an object"),
    ):
        if isinstance(value, types):
            return words
    return f"a {type(value).__name__}"


def nearest(name: object, known: Collection[str]) -> str:
    """``; did you mean "timeout"?`` when something known is near, else nothing. The work is bounded."""
    if not isinstance(name, str) or len(name) > 130:
        return ""
    alike = (other for other in known if abs(len(other) - len(name)) <= 3)
    for match in get_close_matches(name, list(islice(alike, _MAX_COMPARED)), n=1, cutoff=0.7):
        return f'; did you mean "{shown(match)}"?'
    return ""
