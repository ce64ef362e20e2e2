from __future__ import annotations

import pytest

from execution_engine.worker.log_tail import LIMIT, LogTail


def tail_of(*parts: bytes) -> str:
    tail = LogTail()
    for part in parts:
        tail.show(part)
    return tail.text()


def test_a_short_log_is_whole() -> None:
    assert tail_of(b"one\n", "größe".encode()) == "one\ngröße"
    assert tail_of() == ""


def test_exactly_the_limit_is_whole() -> None:
    data = b"first\n" + b"x" * (LIMIT - 6)
    assert tail_of(data) == data.decode()
    assert tail_of(data[:100], data[100:]) == data.decode()


@pytest.mark.parametrize("step", [1000, LIMIT // 2, LIMIT, LIMIT + 1, 5 * LIMIT])
def test_a_long_log_begins_at_a_line(step: int) -> None:
    lines = b"".join(b"line %07d\n" % number for number in range(30_000))
    text = tail_of(*(lines[at : at + step] for at in range(0, len(lines), step)))
    assert text.startswith("line ")
    assert text.endswith("line 0029999\n")
    assert LIMIT - 13 <= len(text) <= LIMIT


@pytest.mark.parametrize("shift", range(4))
def test_without_lines_it_begins_at_a_character(shift: int) -> None:
    text = tail_of(b"x" * shift + "\U0001f600".encode() * LIMIT)
    assert set(text) == {"\U0001f600"}
    assert LIMIT - 4 <= len(text.encode()) <= LIMIT


def test_bytes_that_are_no_text_do_not_make_it_longer() -> None:
    text = tail_of(b"\xff" * 3 * LIMIT)
    assert set(text) == {"\ufffd"}
    assert len(text.encode()) <= LIMIT
