from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest
from fakes.time_and_ids import FakeClock

from execution_engine import plugins
from execution_engine.errors import NotFound, SettingsError
from execution_engine.vcs.github import GitHub
from execution_engine.vcs.provider import VcsContext
from execution_engine.vcs.registry import GROUP, provider

CONTEXT = VcsContext(FakeClock())


def test_github_is_the_engines_own() -> None:
    assert isinstance(provider("github", CONTEXT), GitHub)


def test_a_package_brings_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    brought = EntryPoint("forge", "execution_engine.vcs.github:github", GROUP)
    replacing = EntryPoint("github", "nowhere:nothing", GROUP)
    monkeypatch.setattr(plugins, "entry_points", lambda group: [brought, replacing] if group == GROUP else [])
    assert isinstance(provider("forge", CONTEXT), GitHub)
    assert isinstance(provider("github", CONTEXT), GitHub), "nobody replaces the engine's own"


def test_one_that_nobody_brings() -> None:
    with pytest.raises(NotFound, match="no provider of version control 'gitlub'; there is github"):
        provider("gitlub", CONTEXT)


def test_one_that_is_broken() -> None:
    broken = {"forge": EntryPoint("forge", "execution_engine.no_such:thing", GROUP)}
    with pytest.raises(SettingsError, match="the provider 'forge' can't be loaded from execution_engine.no_such:thing"):
        provider("forge", CONTEXT, broken)
