"""Credential stores are found by entry point and made when they are needed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint
from typing import Any

import pytest
from fakes.time_and_ids import FakeClock

from execution_engine.errors import SettingsError
from execution_engine.intake.credentials.fetcher import Answer, Fetched, FetcherContext
from execution_engine.intake.credentials.locations import OWN_STORES
from execution_engine.intake.credentials.registry import GROUP, OWN, Fetchers
from execution_engine.settings import Settings


class Vault:
    """A store as a package of somebody else's would bring it."""

    at_once = 1
    made = 0

    def __init__(self) -> None:
        Vault.made += 1

    def fetch(self, names: Sequence[str]) -> Mapping[str, Answer]:
        return {name: Fetched(name, "x") for name in names}


def factory(context: FetcherContext) -> Vault | None:
    return Vault() if context.environment.get("VAULT_ADDR") else None


def fetchers(environment: dict[str, str] | None = None, **points: str) -> Fetchers:
    def client(service: str) -> Any:
        return service

    context = FetcherContext(Settings(ssm_prefix="/engine"), environment or {}, client, FakeClock())
    if not points:
        return Fetchers(context)
    return Fetchers(context, {name: EntryPoint(name, value, GROUP) for name, value in points.items()})


def test_a_package_brings_a_store_that_is_made_once() -> None:
    found = fetchers({"VAULT_ADDR": "https://vault"}, vault=f"{__name__}:factory")
    before = Vault.made
    assert list(found) == ["vault"]
    assert found["vault"] is found["vault"]
    assert Vault.made == before + 1


def test_what_is_not_set_up_is_not_there() -> None:
    found = fetchers({}, vault=f"{__name__}:factory")
    assert (list(found), "vault" in found, len(found), found.get("nowhere")) == ([], False, 0, None)


def test_a_package_that_can_not_be_loaded_is_named_with_the_remedy() -> None:
    with pytest.raises(SettingsError, match=r"'vault' .*no_such_module.*remove the package"):
        list(fetchers({}, vault="no_such_module:factory"))


def test_the_engines_own_are_there_and_take_as_many_as_aws_does() -> None:
    assert set(OWN) == set(OWN_STORES)
    found = fetchers()
    assert {name: found[name].at_once for name in OWN} == {"ssm": 10, "secretsmanager": 20}
