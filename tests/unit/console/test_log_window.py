from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.console.test_ansi import Reader

from execution_engine.console.ansi import Style
from execution_engine.console.log_window import LONGEST, START, Cursor, cursor, tail, taken, window
from execution_engine.errors import NotFound


def numbers(html: str) -> list[int]:
    return [int(found) for found in re.findall(r'id="L(\d+)"', html)]


def test_lines_have_numbers_to_link_to() -> None:
    seen = window([b"one\ntwo\n"], START)
    assert numbers(seen.html) == [1, 2]
    assert '<a class="n" href="#L2"' in seen.html
    assert (seen.rest, seen.more, str(seen.next)) == ("", False, "8.3.")


def test_a_line_that_has_no_end_yet_is_told_apart() -> None:
    seen = window([b"one\ntw"], START)
    assert "tw" in seen.rest and numbers(seen.rest) == [2]
    assert seen.next == Cursor(4, 2)


def test_the_next_window_goes_on_where_this_one_ends() -> None:
    log = b"\x1b[31mone\ntwo\x1b[0m\nthree\n"
    first = window([log], START, size=9)
    assert first.more and first.next == Cursor(9, 2, Style(fg=1))
    second = window([log[9:]], cursor(str(first.next)), size=100)
    assert numbers(second.html) == [2, 3]
    assert '<span class="f1">two</span>' in second.html


def test_a_line_longer_than_a_window_goes_on_without_another_number() -> None:
    first = window([b"x" * 30 + b"\n"], START, size=20)
    assert first.more and first.next == Cursor(20, 1)
    assert numbers(window([b"x" * 10 + b"\n"], first.next, size=20).html) == [1]


def test_of_a_progress_bar_what_was_left_standing_is_shown() -> None:
    assert ">100%<" in window([b"10%\r50%\r100%\r\n"], START).html


def test_a_very_long_line_is_cut_and_says_so() -> None:
    html = window([b"y" * (LONGEST + 1_234) + b"\n"], START).html
    assert "and 1,234 characters more" in html
    assert html.count("y") == LONGEST


@pytest.mark.parametrize("text", ["x", "1.2", "1.2.;drop", "-1.2.", "1.2.3\n", "9" * 40 + ".1."])
def test_a_cursor_that_nobody_gave_is_no_place(text: str) -> None:
    with pytest.raises(NotFound, match="no place"):
        cursor(text)


def test_no_more_is_read_than_is_shown() -> None:
    read = []

    def pieces() -> object:
        for place in range(100):
            read.append(place)
            yield b"0123456789"

    assert taken(pieces(), 15) == (b"012345678901234", True)  # type: ignore[arg-type]
    assert len(read) == 2


def test_the_tail_begins_with_a_whole_line_and_knows_its_number() -> None:
    lines = [f"line {place}\n".encode() for place in range(1, 1_001)]
    at = tail(lines, size=100)
    rest = b"".join(lines)[at.byte :]
    assert rest.startswith(f"line {at.line}\n".encode()) and len(rest) <= 100
    assert tail(lines[:3], size=100) == START


def test_the_tail_of_one_endless_line_is_its_end() -> None:
    assert tail([b"x" * 1_000], size=100) == Cursor(900, 1)


@given(st.binary(max_size=300), st.integers(10, 80), st.data())
def test_windows_together_are_the_log(log: bytes, size: int, data: st.DataObject) -> None:
    at, text, count = START, "", 0
    while True:
        seen = window([log[at.byte :]], at, size)
        text += Reader(seen.html).seen
        assert seen.next.byte >= at.byte
        if not seen.more:
            text += Reader(seen.rest).seen
            break
        assert seen.next.byte > at.byte, "it gets on"
        at, count = seen.next, count + 1
        assert count <= len(log)
    assert seen.next.line == 1 + log[: seen.next.byte].count(b"\n")
