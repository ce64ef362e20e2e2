"""The credential stores there are: the engine's own, and those that installed packages bring.

A package brings one by an entry point of the group ``execution_engine.credentials``, named as locations name it
(``vault`` of ``vault:::kv/prod/token``), which points at a factory: ``factory(context) -> Fetcher | None``. None: not
set up in this deployment. The engine's own are no others; nobody replaces them.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import EntryPoint

from execution_engine.intake.credentials.fetcher import Fetcher, FetcherContext
from execution_engine.plugins import Parts, installed

GROUP = "execution_engine.credentials"

OWN: Mapping[str, str] = {
    "secretsmanager": "execution_engine.intake.credentials.secrets_manager:secrets_manager",
    "ssm": "execution_engine.intake.credentials.parameter_store:parameter_store",
}


class Fetchers(Parts[Fetcher]):
    """All stores of a deployment."""

    def __init__(self, context: FetcherContext, points: Mapping[str, EntryPoint] | None = None) -> None:
        super().__init__("credential store", context, installed(GROUP, OWN) if points is None else points)
