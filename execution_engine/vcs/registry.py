"""The providers there are: the engine's own, and those that installed packages bring.

A package brings one by an entry point of the group ``execution_engine.vcs``, named as ``git_provider`` names it, which
points at a factory: ``factory(context) -> VcsProvider``. The engine's own is no other; nobody replaces it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import EntryPoint, entry_points

from execution_engine.errors import NotFound, SettingsError
from execution_engine.vcs.provider import VcsContext, VcsProvider

GROUP = "execution_engine.vcs"

OWN: Mapping[str, str] = {"github": "execution_engine.vcs.github:github"}

Factory = Callable[[VcsContext], VcsProvider]


def known_providers() -> frozenset[str]:
    return frozenset(_installed())


def provider(name: str, context: VcsContext, points: Mapping[str, EntryPoint] | None = None) -> VcsProvider:
    """Raises ``NotFound`` for a name that nobody brings, and ``SettingsError`` for one that can't be loaded."""
    found = _installed() if points is None else points
    point = found.get(name)
    if point is None:
        raise NotFound(f"there is no provider of version control {name!r}; there is {', '.join(sorted(found))}")
    return _factory(point)(context)


def _installed() -> dict[str, EntryPoint]:
    own = {name: EntryPoint(name, value, GROUP) for name, value in OWN.items()}
    return {point.name: point for point in entry_points(group=GROUP)} | own


def _factory(point: EntryPoint) -> Factory:
    try:
        factory: Factory = point.load()
    except Exception as error:
        raise SettingsError(
            f"the provider {point.name!r} can't be loaded from {point.value} ({type(error).__name__}: {error}); "
            "mend or remove the package that brings it"
        ) from error
    return factory
