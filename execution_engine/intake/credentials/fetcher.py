"""What reads credentials out of one store, and what it answers. Packages bring more of them, see ``registry``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from execution_engine.clock import Clock
from execution_engine.settings import Settings


@dataclass(frozen=True, slots=True)
class Fetched:
    """A value as its store keeps it. ``name``: what the store calls it, whose last segment names the variable of a
    plain value."""

    name: str
    value: str | bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """That there is no such value, and will be none by asking again. ``why`` goes on where the location was named:
    state and remedy, as in ``does not exist in …``."""

    why: str


Answer = Fetched | Unreadable


class Fetcher(Protocol):
    """``at_once``: how many names it takes in one go. Threads may share it."""

    @property
    def at_once(self) -> int: ...

    def fetch(self, names: Sequence[str]) -> Mapping[str, Answer]:
        """An answer for each of the names, which are all different.

        Raises ``StoreError`` if the store can't tell for now; it has tried often enough by then.
        """
        ...


@dataclass(frozen=True, slots=True)
class FetcherContext:
    """Everything a fetcher may use of the process it is in. ``client(service)``: a boto3-like client of this
    deployment's account that is patient with throttling. ``environment``: the process's, for settings of a fetcher
    that is not the engine's own."""

    settings: Settings
    environment: Mapping[str, str]
    client: Callable[[str], Any]
    clock: Clock
