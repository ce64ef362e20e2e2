"""Values come through as they were stored, in all three forms; what is told of them never holds one."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from execution_engine.intake.credentials.fetcher import Fetched
from execution_engine.intake.credentials.values import Entries, Plain, Unusable, contents, git_secret
from execution_engine.intake.credentials.variables import variable_name, variables
from execution_engine.jobs.environment_rules import name_refusal

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,12}", fullmatch=True).filter(lambda name: name_refusal(name) is None)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
indents = st.sampled_from([None, 1, 4])
SECRET = "TOP-secret-0123456789"


def written(value: object, indent: int | None, ascii_only: bool, as_base64: bool, as_bytes: bool) -> str | bytes:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    if as_base64:
        text = base64.encodebytes(text.encode()).decode() if indent else base64.b64encode(text.encode()).decode()
    return text.encode() if as_bytes else text


@given(st.dictionaries(names, texts), indents, st.booleans(), st.booleans(), st.booleans())
def test_an_object_of_texts_comes_through_in_either_form(
    held: dict[str, str], indent: int | None, ascii_only: bool, as_base64: bool, as_bytes: bool
) -> None:
    value = written(held, indent, ascii_only, as_base64, as_bytes)
    assert variables(Fetched("/a", value)) == (held, ())


@given(texts)
def test_what_is_no_object_comes_through_as_it_is(text: str) -> None:
    assume(not text.lstrip("\ufeff \t\r\n").startswith("{"))
    assert contents(text) == contents(text.encode()) == Plain(text)


@given(st.binary(max_size=60))
def test_base64_of_anything_but_an_object_stays_what_it_is(data: bytes) -> None:
    assume(not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{"))
    text = base64.b64encode(data).decode()
    assert contents(text) == Plain(text)


@given(st.dictionaries(names, json_values))
def test_what_json_can_say_is_said_again_as_text(held: dict[str, Any]) -> None:
    found = contents(json.dumps(held))
    assert isinstance(found, Entries)
    assert set(found.values) == {name for name, value in held.items() if value is not None}
    for name, text in found.values.items():
        assert (text if isinstance(held[name], str) else json.loads(text)) == held[name]


@given(st.text("abcXYZ019_.-/:", min_size=1))
def test_a_variable_is_named_in_capitals_digits_and_underscores(name: str) -> None:
    assert re.fullmatch(r"[A-Z0-9_]*", variable_name(name))


def in_base64(held: object) -> str:
    return base64.b64encode(json.dumps(held).encode()).decode()


leaves = st.sampled_from([SECRET, f"{SECRET}\0", f"{SECRET}\ud800", [SECRET], {"inner": SECRET}, SECRET * 7_000])
keys = st.text(max_size=6) | st.sampled_from(["PATH", "LD_X", "token", "private_key", "AWS_PROFILE", "sops"])


@given(
    st.one_of(
        st.builds(json.dumps, st.dictionaries(keys, leaves, max_size=4)),
        st.builds(in_base64, st.dictionaries(keys, leaves, max_size=4)),
        st.sampled_from([SECRET, f"{SECRET}\0", f'{{"a": "{SECRET}", "a": "{SECRET}"}}', f'{{"{SECRET}']),
        st.binary(max_size=4).map(lambda more: SECRET.encode() + b"\xff" + more),
    ),
    st.sampled_from(["/prod/db", "/prod/path", "/1"]),
)
def test_what_is_told_of_a_value_never_holds_it(value: str | bytes, name: str) -> None:
    fetched = Fetched(name, value)
    judged = variables(fetched)
    said = [repr(fetched), *judged.wrong]
    for entry in ("token", "private_key"):
        try:
            found = contents(value)
            said.append(repr(found))
            git_secret(found, entry)  # type: ignore[arg-type]
        except Unusable as unusable:
            assert unusable.__context__ is None
            said.append(repr(unusable))
    assert not [words for words in said if SECRET in words]
    if any("\0" in one or "\ud800" in one or len(one) > 131_071 for one in judged.values.values()):
        assert judged.wrong


def test_the_secret_is_one_that_would_be_seen() -> None:
    with pytest.raises(AssertionError):
        assert SECRET not in repr(Fetched(SECRET, "x"))
