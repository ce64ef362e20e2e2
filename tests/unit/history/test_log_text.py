from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from execution_engine.history.log_text import last_text


def test_short_text_is_whole() -> None:
    assert last_text("häßlich".encode(), 100) == "häßlich"


def test_a_character_that_the_cut_goes_through_is_left_out() -> None:
    assert last_text("x€y".encode(), 3) == "y"
    assert last_text("x€y".encode(), 4) == "€y"


def test_what_is_no_text_is_replaced() -> None:
    assert last_text(b"a\xffb", 100) == "a\ufffdb"


def test_nothing_is_wanted_of_it() -> None:
    assert last_text(b"text", 0) == ""


@given(st.text(), st.integers(0, 50))
def test_it_is_always_the_end_of_the_text(text: str, limit: int) -> None:
    found = last_text(text.encode("utf-8", "replace"), limit)
    assert text.encode("utf-8", "replace").decode().endswith(found)
    assert len(found.encode()) <= limit
    assert len(found.encode()) > limit - 4 or found == text.encode("utf-8", "replace").decode()


@given(st.binary(), st.integers(1, 50))
def test_any_bytes_become_text(data: bytes, limit: int) -> None:
    last_text(data, limit).encode()
