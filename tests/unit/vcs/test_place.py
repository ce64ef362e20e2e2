from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from execution_engine.vcs.place import Kind, Place, bears, check_tag, marker, parse_place, tag_of


def test_a_place() -> None:
    place = parse_place("acme/shop.js#12", Kind.ISSUE)
    assert place == Place("acme/shop.js", 12, Kind.ISSUE)
    assert str(place) == "acme/shop.js#12"


@pytest.mark.parametrize(
    "text",
    [
        *("", "12", "#12", "acme#12", "acme/shop", "acme/shop#", "acme/shop#0", "acme/shop#-1", "acme/shop#1x"),
        *("/shop#1", "acme/../x#1", "acme/shop#1\n", "https://github.com/acme/shop/pull/1", "acme/shop#99999999999"),
        "a b/c#1",
    ],
)
def test_what_is_no_place(text: str) -> None:
    with pytest.raises(ValueError, match="must be org/repo#number"):
        parse_place(text, Kind.PULL_REQUEST)


@pytest.mark.parametrize("tag", ["", "a b", "a--b", "-a", "a>", "é", "x" * 101, "a\n"])
def test_what_is_no_tag(tag: str) -> None:
    with pytest.raises(ValueError, match="must be 1–100"):
        check_tag(tag)


@given(st.text())
def test_every_label_has_a_tag(label: str) -> None:
    assert check_tag(tag_of(label))


@pytest.mark.parametrize(
    ("label", "tag"), [("exec", "exec"), ("a b", "a-b"), ("--", "run"), ("nightly.2_x", "nightly.2_x"), ("", "run")]
)
def test_tags_of_labels(label: str, tag: str) -> None:
    assert tag_of(label) == tag


def test_what_bears_a_tag() -> None:
    assert bears(f"{marker('a')}\ntext", "a")
    assert bears(f"{marker('a')}\r\ntext", "a")
    assert bears(marker("a"), "a")
    assert not bears(f"{marker('ab')}\ntext", "a")
    assert not bears(f"> {marker('a')}\ntext", "a")
    assert not bears(f"text\n{marker('a')}", "a")
    assert not bears("", "a")
