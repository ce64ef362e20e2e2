"""The providers there are: the engine's own, and those that installed packages bring.

A package brings one by an entry point of the group ``execution_engine.vcs``, named as ``git_provider`` names it, which
points at a factory: ``factory(context) -> VcsProvider``. The engine's own is no other; nobody replaces it.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import EntryPoint

from execution_engine.errors import NotFound
from execution_engine.plugins import installed, load
from execution_engine.vcs.provider import VcsContext, VcsProvider

GROUP = "execution_engine.vcs"

OWN: Mapping[str, str] = {"github": "execution_engine.vcs.github:github"}


def provider(name: str, context: VcsContext, points: Mapping[str, EntryPoint] | None = None) -> VcsProvider:
    """Raises ``NotFound`` for a name that nobody brings, and ``SettingsError`` for one that can't be loaded."""
    found = installed(GROUP, OWN) if points is None else points
    point = found.get(name)
    if point is None:
        raise NotFound(f"there is no provider of version control {name!r}; there is {', '.join(sorted(found))}")
    made: VcsProvider = load(point, "provider")(context)
    return made
