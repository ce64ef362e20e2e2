from __future__ import annotations

import pytest

from execution_engine.errors import SettingsError
from execution_engine.intake.sources.git_faults import AddressRefused
from execution_engine.intake.sources.git_providers import GitProviders

GITHUB = ("https://github.com", "ssh://git@github.com")


def test_github_is_known() -> None:
    assert GitProviders().bases("github") == GITHUB


@pytest.mark.parametrize(
    ("entries", "bases"),
    [
        (["github=https://git.example.com/"], ("https://git.example.com", "ssh://git@git.example.com")),
        (["github=ssh://me@git.example.com/x"], ("https://git.example.com/x", "ssh://me@git.example.com/x")),
        (["github=https://127.0.0.1:8443"], ("https://127.0.0.1:8443",)),
        (
            ["github=ssh://me@127.0.0.1:2222", "github=https://127.0.0.1:8443"],
            ("https://127.0.0.1:8443", "ssh://me@127.0.0.1:2222"),
        ),
    ],
)
def test_a_setting_replaces_what_is_known(entries: list[str], bases: tuple[str, ...]) -> None:
    assert GitProviders(entries).bases("github") == bases


def test_a_setting_adds_a_provider_and_leaves_the_others() -> None:
    providers = GitProviders(["gitlab=https://gitlab.com"])
    assert providers.bases("github") == GITHUB
    assert providers.bases("gitlab") == ("https://gitlab.com", "ssh://git@gitlab.com")


def test_an_unknown_provider_is_named_with_the_known_ones() -> None:
    with pytest.raises(AddressRefused, match=r"'gitlib' \(github, gitlab\)"):
        GitProviders(["gitlab=https://gitlab.com"]).bases("gitlib")


@pytest.mark.parametrize(
    "entry",
    ["", "github", "github=", "github=git.example.com", "=https://a.b", "github=http://a.b", "github=file:///a"],
)
def test_an_entry_that_is_none_is_named(entry: str) -> None:
    with pytest.raises(SettingsError, match="AWS_EXE_SYS_GIT_PROVIDERS"):
        GitProviders([entry])


def test_a_credential_in_a_setting_is_not_repeated() -> None:
    with pytest.raises(SettingsError) as refused:
        GitProviders(["github=https://me:hunter22@git.example.com"])
    assert "hunter22" not in str(refused.value)
