from __future__ import annotations

import pytest

from execution_engine.jobs.credential_locations import (
    CredentialLocation,
    CredentialStore,
    credential_location,
)


@pytest.mark.parametrize(
    ("text", "bare", "store", "name"),
    [
        ("aws:::ssm:/prod/token", "secretsmanager", "ssm", "/prod/token"),
        ("aws:::secretsmanager:prod/key", "ssm", "secretsmanager", "prod/key"),
        ("/prod/token", "ssm", "ssm", "/prod/token"),
        ("prod/key@home", "secretsmanager", "secretsmanager", "prod/key@home"),
    ],
)
def test_forms(text: str, bare: CredentialStore, store: CredentialStore, name: str) -> None:
    assert credential_location(text, bare=bare) == CredentialLocation(store, name)


@pytest.mark.parametrize("text", ["", "aws:::ssm:", "aws:::vault:x", "aws:::ssm:aws:::ssm:x", "a b", "/a\n"])
def test_what_is_no_location(text: str) -> None:
    with pytest.raises(ValueError, match="aws:::ssm:<path>"):
        credential_location(text)
