from __future__ import annotations

import pytest

from execution_engine.intake.credentials.locations import Location, location


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("/prod/api-token", Location("ssm", "/prod/api-token")),
        ("aws:::ssm:/prod/api-token", Location("ssm", "/prod/api-token")),
        ("/prod/api-token:3", Location("ssm", "/prod/api-token:3")),
        ("aws:::ssm:/prod/api-token:live", Location("ssm", "/prod/api-token:live")),
        ("aws:::secretsmanager:prod/db", Location("secretsmanager", "prod/db")),
        (
            "arn:aws:ssm:eu-west-1:123456789012:parameter/a",
            Location("ssm", "arn:aws:ssm:eu-west-1:123456789012:parameter/a"),
        ),
        ("vault:::kv/prod/db", Location("vault", "kv/prod/db")),
        ("aws:::appconfig:prod", Location("appconfig", "prod")),
    ],
)
def test_each_form_says_store_and_name(text: str, place: Location) -> None:
    assert location(text) == place


def test_a_bare_name_lies_where_its_field_says() -> None:
    assert location("prod/db", bare="secretsmanager") == Location("secretsmanager", "prod/db")
    assert location("vault:::kv/db", bare="secretsmanager") == Location("vault", "kv/db")


@pytest.mark.parametrize("text", ["", "aws:::", "aws:::ssm:", "aws:::appconfig:", "vault:::", "a b", "Vault::: x"])
def test_what_is_no_location_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be aws:::ssm:<path>"):
        location(text)
