"""Parts that installed packages may bring, beside the engine's own: found by entry point, loaded when needed.

An entry point of a group names the part and points at its factory. The engine's own are no others; nobody
replaces them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, TypeVar

from execution_engine.errors import SettingsError

_Part = TypeVar("_Part")


def installed(group: str, own: Mapping[str, str]) -> dict[str, EntryPoint]:
    """``own``: the engine's, ``module:factory`` by name."""
    found = {point.name: point for point in entry_points(group=group)}
    return found | {name: EntryPoint(name, value, group) for name, value in own.items()}


def load(point: EntryPoint, what: str) -> Callable[[Any], Any]:
    """The factory. ``what`` it is of, for the error: ``SettingsError``, whatever the package raises."""
    try:
        factory: Callable[[Any], Any] = point.load()
    except Exception as error:
        raise SettingsError(
            f"the {what} {point.name!r} can't be loaded from {point.value} ({type(error).__name__}: {error}); "
            "mend or remove the package that brings it"
        ) from error
    return factory


class Parts(Mapping[str, _Part], Generic[_Part]):
    """Those that are set up in this deployment, by name: ``factory(context) -> part | None``, None where it is not.
    Each is made, and its code loaded, when it is first asked for."""

    def __init__(self, what: str, context: object, points: Mapping[str, EntryPoint]) -> None:
        self._what = what
        self._context = context
        self._points = points
        self._made: dict[str, _Part | None] = {}

    def __getitem__(self, name: str) -> _Part:
        part = self._part(name)
        if part is None:
            raise KeyError(name)
        return part

    def __iter__(self) -> Iterator[str]:
        return (name for name in sorted(self._points) if self._part(name) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _part(self, name: str) -> _Part | None:
        if name not in self._made:
            point = self._points.get(name)
            self._made[name] = None if point is None else load(point, self._what)(self._context)
        return self._made[name]
