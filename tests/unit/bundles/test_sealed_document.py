"""Only a document that is wholly sealed, to the one key, counts as sealed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from execution_engine.bundles.sealed_document import parse_object, why_not_sealed

VARIABLES = {"TOKEN": "value", "EMPTY": "", "LOOKALIKE": "ENC[plain]"}


def document(about: object = None, **values: Any) -> bytes:
    sealed = {"TOKEN": "ENC[1]", "EMPTY": "", "LOOKALIKE": "ENC[2]"} | values
    metadata = {"age": [{"recipient": "age1key", "enc": "…"}], "version": "3.11.0"}
    return json.dumps(sealed | {"sops": metadata if about is None else about}).encode()


def about(**changes: Any) -> dict[str, Any]:
    return {"age": [{"recipient": "age1key"}], "version": "3.11.0", "kms": None, "pgp": []} | changes


def test_a_sealed_document_is_accepted() -> None:
    assert why_not_sealed(document(), VARIABLES, "age1key") is None
    for version in ("3.11.0", "3.12.1", "4.0.0", "3.11"):
        assert why_not_sealed(document(about(version=version)), VARIABLES, "age1key") is None


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (b"", "no SOPS document"),
        (b"[]", "no SOPS document"),
        (b'{"TOKEN": "value"}', "no SOPS document"),
        (b"[" * 100_000, "no SOPS document"),
        (document(about(version="3.10.2")), "sops 3.10.2 is too old"),
        (document(about(version="2.99.0")), "sops 2.99.0 is too old"),
        (document(about(version=None)), "too old"),
        (document({}), "of unknown version is too old"),
        (document(about(age=[])), "other keys"),
        (document(about(age=None)), "other keys"),
        (document(about(age=[{"recipient": "age1other"}])), "other keys"),
        (document(about(age=[{"recipient": "age1key"}, {"recipient": "age1other"}])), "other keys"),
        (document(about(pgp=[{"fp": "x"}])), "other keys"),
        (document(about(kms=[{"arn": "x"}])), "other keys"),
        (document(EXTRA="ENC[3]"), "exactly the variables"),
        (document(TOKEN="value"), "'TOKEN' in clear"),
        (document(TOKEN=None), "'TOKEN' in clear"),
        (document(LOOKALIKE="ENC[plain]"), "'LOOKALIKE' in clear"),
    ],
)
def test_anything_else_is_told(found: bytes, why: str) -> None:
    told = why_not_sealed(found, VARIABLES, "age1key")
    assert told is not None
    assert why in told
    assert "value" not in told


def test_a_missing_variable_is_told() -> None:
    assert "exactly" in str(why_not_sealed(document(), VARIABLES | {"MORE": "x"}, "age1key"))


def test_only_objects_are_objects() -> None:
    assert parse_object(b'{"a": 1}') == {"a": 1}
    for other in (b"", b"null", b"1", b"\xff", b"{"):
        assert parse_object(other) is None
