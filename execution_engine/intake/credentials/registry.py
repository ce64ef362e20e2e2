"""The credential stores there are: the engine's own, and those that installed packages bring.

A package brings one by an entry point of the group ``execution_engine.credentials``, named as locations name it
(``vault`` of ``vault:::kv/prod/token``), which points at a factory: ``factory(context) -> Fetcher | None``. None: not
set up in this deployment. The engine's own are no others; nobody replaces them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points

from execution_engine.errors import SettingsError
from execution_engine.intake.credentials.fetcher import Fetcher, FetcherContext

GROUP = "execution_engine.credentials"

OWN: Mapping[str, str] = {
    "secretsmanager": "execution_engine.intake.credentials.secrets_manager:secrets_manager",
    "ssm": "execution_engine.intake.credentials.parameter_store:parameter_store",
}

Factory = Callable[[FetcherContext], Fetcher | None]


class Fetchers(Mapping[str, Fetcher]):
    """Those that are set up in this deployment, by name; each is made, and its code loaded, when it is first
    asked for."""

    def __init__(self, context: FetcherContext, points: Mapping[str, EntryPoint] | None = None) -> None:
        self._context = context
        self._points = _installed() if points is None else points
        self._made: dict[str, Fetcher | None] = {}

    def __getitem__(self, name: str) -> Fetcher:
        fetcher = self._fetcher(name)
        if fetcher is None:
            raise KeyError(name)
        return fetcher

    def __iter__(self) -> Iterator[str]:
        return (name for name in sorted(self._points) if self._fetcher(name) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _fetcher(self, name: str) -> Fetcher | None:
        if name not in self._made:
            point = self._points.get(name)
            self._made[name] = None if point is None else _factory(point)(self._context)
        return self._made[name]


def _installed() -> dict[str, EntryPoint]:
    own = {name: EntryPoint(name, value, GROUP) for name, value in OWN.items()}
    return {point.name: point for point in entry_points(group=GROUP)} | own


def _factory(point: EntryPoint) -> Factory:
    try:
        factory: Factory = point.load()
    except Exception as error:
        raise SettingsError(
            f"the credential store {point.name!r} can't be loaded from {point.value} "
            f"({type(error).__name__}: {error}); mend or remove the package that brings it"
        ) from error
    return factory
