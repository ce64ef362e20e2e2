"""Which byte strings stand for a secret value. How they are found in a stream: test_masking.py."""

from __future__ import annotations

import base64
import json

import pytest

from execution_engine.worker.masking import Secrets
from execution_engine.worker.secret_forms import SHORTEST, forms_of

INNER = "s3cr3t/inner value"


@pytest.mark.parametrize(
    "value",
    [
        json.dumps({"a": {"b": [1, {"c": INNER}]}}),
        json.dumps(["x", [INNER]], indent=2),
        json.dumps({"document": json.dumps({"password": INNER})}),
        f'\n {{"a": "{INNER}"}} \n',
    ],
)
def test_texts_inside_json_are_secrets_of_their_own(value: str) -> None:
    secrets = Secrets([value])
    for written in (INNER, INNER.replace("/", "%2F").replace(" ", "%20"), base64.b64encode(INNER.encode()).decode()):
        assert secrets.mask_text(f"found {written}!") == "found ***!"


def test_names_and_short_texts_inside_json_are_none() -> None:
    secrets = Secrets([json.dumps({"password": "short", "user_name": INNER})])
    assert secrets.mask_text("password short user_name") == "password short user_name"


@pytest.mark.parametrize("value", ['{"a": ', "[" * 100_000, '{"a": NaN', "{'a': 'text of python'}"])
def test_what_only_looks_like_json_is_one_text(value: str) -> None:
    assert value.encode() in forms_of([value])


def test_json_in_json_is_not_followed_for_ever() -> None:
    value = INNER
    for _ in range(12):
        value = json.dumps([value])
    assert value.encode() in forms_of([value])


def test_none_is_shorter_than_what_is_worth_hiding() -> None:
    assert min(map(len, forms_of(["123456", "12345", json.dumps({"a": "12", "b": INNER})]))) >= SHORTEST


def test_of_many_secrets_each_is_found() -> None:
    values = [f"secret-{n:05d}-{n * n}" for n in range(600)]
    secrets = Secrets(values)
    assert secrets.mask_text(" ".join(values)) == " ".join(["***"] * 600)
    assert secrets.mask_text("nothing to hide " * 500) == "nothing to hide " * 500
    stream = secrets.stream()
    pieces = [stream.feed(bytes([byte])) for byte in f"a {values[7]} b".encode()]
    assert b"".join(pieces) + stream.flush() == b"a *** b"
