from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from execution_engine.cli.wording import counted, duration, last_lines, moment


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "00:00"), (3.9, "00:03"), (760, "12:40"), (3_723, "1:02:03"), (-1, "00:00")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_moments_are_in_utc() -> None:
    assert moment(1_700_000_000.123456) == "2023-11-14 22:13:20.123"
    assert moment(None) == "-"


def test_counts() -> None:
    assert [counted(n, "order") for n in (0, 1, 2_000)] == ["0 orders", "1 order", "2,000 orders"]


@pytest.mark.parametrize(
    ("log", "lines"),
    [
        ("a\nb\nc\n", ["b", "c"]),
        ("a\r\nb\r\n", ["a", "b"]),
        ("10 %\r20 %\rdone\n", ["done"]),
        ("\x1b[31mred\x1b[0m and \x1b]0;title\x07plain", ["red and plain"]),
        ("bell\x07 and\ttab", ["bell\ufffd and\ttab"]),
        ("a\n\n", ["a"]),
        ("x" * 10_000, ["x" * 399 + "…"]),
    ],
)
def test_the_last_lines_of_a_log(log: str, lines: list[str]) -> None:
    assert last_lines(log, 2) == lines


@given(st.text())
def test_nothing_in_a_log_reaches_the_terminal_as_a_command(log: str) -> None:
    for line in last_lines(log, 20):
        assert all(c.isprintable() or c == "\t" for c in line)
