from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from execution_engine.intake.credentials.values import Entries, Plain, Unusable, contents, git_secret

OBJECT = {"USER": "ann", "PASSWORD": "s3cret!"}
DEEP = '{"a":' * 100_000 + "1" + "}" * 100_000


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "value",
    [
        json.dumps(OBJECT),
        json.dumps(OBJECT, indent=2) + "\n",
        "\ufeff" + json.dumps(OBJECT),
        json.dumps(OBJECT).encode(),
        b64(json.dumps(OBJECT)),
        b64(json.dumps(OBJECT, indent=4)) + "\n",
        base64.encodebytes(json.dumps(OBJECT | {"LONG": "x" * 100}).encode()).decode(),
    ],
)
def test_an_object_is_its_entries_in_json_and_in_base64(value: str | bytes) -> None:
    found = contents(value)
    assert isinstance(found, Entries)
    assert {name: found.values[name] for name in OBJECT} == OBJECT


@pytest.mark.parametrize(
    "value",
    [
        "hunter2",
        "",
        "a token with blanks\n",
        "{not json",
        '{"a": NaN}',
        '{"a": 1,}',
        '["a", "list"]',
        '"text"',
        "12345678",
        "null",
        b64("a plain text in base64"),
        b64('["a list"]'),
        b64('"text"'),
        b64("{no json}"),
        base64.b64encode(b"\xff\xfe\x00binary").decode(),
        b64(b64(json.dumps(OBJECT))),
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
        json.dumps(OBJECT)[:-1],
        b64(json.dumps(OBJECT)).rstrip("=") + "!",
    ],
)
def test_what_is_no_object_is_plain_text_as_it_stands(value: str) -> None:
    assert contents(value) == Plain(value)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ('"x y"', "x y"),
        ("5432", "5432"),
        ("1.10", "1.10"),
        ("1e400", "1e400"),
        ("-0", "-0"),
        ("true", "true"),
        ("false", "false"),
        ('{"b": [1, 1.50, null, "ü"], "a": {}}', '{"b":[1,1.50,null,"ü"],"a":{}}'),
        ('["1", 1, true]', '["1",1,true]'),
    ],
)
def test_an_entry_that_is_no_text_is_text_as_json_writes_it(written: str, text: str) -> None:
    found = contents(f'{{"A": {written}}}')
    assert isinstance(found, Entries)
    assert dict(found.values) == {"A": text}
    assert type(found.values["A"]) is str


def test_an_entry_that_is_null_is_as_if_not_given() -> None:
    assert contents('{"A": null, "B": "b"}') == Entries({"B": "b"})


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (b"\xff\xfe\x00", "no UTF-8 text"),
        ('{"A": "first-value", "A": "second-value"}', "the same key twice"),
        ('{"A": {"b": "first-value", "b": "second-value"}}', "the same key twice"),
        (DEEP, "nested too deeply"),
    ],
)
def test_what_can_not_be_used_is_refused_without_being_told(value: str | bytes, words: str) -> None:
    with pytest.raises(Unusable, match=words) as refused:
        contents(value)
    assert "value" not in str(refused.value)
    # What readers raise holds the whole text.
    assert (refused.value.__cause__, refused.value.__context__) == (None, None)


@pytest.mark.parametrize("value", ["ghp_x", b"ghp_x", '{"T": "ghp_x"}', b64('{"T": "ghp_x"}')])
def test_no_repr_shows_a_value(value: str | bytes) -> None:
    assert "ghp_x" not in repr(contents(value))


@pytest.mark.parametrize(
    "value", ["ghp_x", "ghp_x\n", {"whatever": "ghp_x"}, {"token": "ghp_x", "user": "ann"}, {"t": "ghp_x", "u": None}]
)
def test_a_git_token_is_the_value_its_only_entry_or_its_token(value: Any) -> None:
    assert git_secret(contents(value if isinstance(value, str) else json.dumps(value)), "token") == "ghp_x"


@pytest.mark.parametrize("end", ["", "\n", "\n\n"])
def test_a_git_key_ends_in_one_line_feed(end: str) -> None:
    key = "-----BEGIN KEY-----\nx\n-----END KEY-----"
    assert git_secret(contents(key + end), "private_key") == key + "\n"
    assert git_secret(contents(json.dumps({"private_key": key + end, "token": "t"})), "private_key") == key + "\n"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ('{"a": "ghp_x", "b": "ghp_y"}', "has 2 entries, and none that is named token"),
        ("{}", "without entries"),
        (" \n", "is empty"),
        ('{"token": "", "user": "ann"}', "is empty"),
        ("ghp_x\nghp_y", "no token"),
        ("ghp_x ghp_y", "no token"),
    ],
)
def test_what_is_no_git_token_is_refused_without_being_told(value: str, words: str) -> None:
    with pytest.raises(Unusable, match=words) as refused:
        git_secret(contents(value), "token")
    assert "ghp_" not in str(refused.value)
