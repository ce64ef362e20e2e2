"""Handlers are imported as Lambda does, with the settings they are given; nothing of it stays behind."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType

import pytest

from execution_engine import resources
from execution_engine.handlers import engine as start
from execution_engine.local.names import VALUES
from execution_engine.settings import PREFIX
from execution_engine.worker import guard

Load = Callable[[str, Mapping[str, str]], ModuleType]


def given_to(function: str) -> dict[str, str]:
    """The settings that the deployment gives to a function, as it sees them."""
    functions = resources.load("functions", **VALUES)
    return {PREFIX + name: functions["settings"][name] for name in functions["functions"][function]["settings"]}


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Iterator[Load]:
    """Imports a handler anew. The log and this process' memory stay as they are."""
    monkeypatch.setattr(start, "configure", lambda **_: None)
    monkeypatch.setattr(guard, "forbid_dumping", lambda: None)

    def anew(function: str, environment: Mapping[str, str]) -> ModuleType:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        start.engine.cache_clear()
        sys.modules.pop(f"execution_engine.handlers.{function}", None)
        return importlib.import_module(f"execution_engine.handlers.{function}")

    yield anew
    start.engine.cache_clear()
    for name in [name for name in sys.modules if name.startswith("execution_engine.handlers.")]:
        if name not in (start.__name__, "execution_engine.handlers.submissions"):
            del sys.modules[name]
