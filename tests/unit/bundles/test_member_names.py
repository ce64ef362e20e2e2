"""Names that could land outside, or mean two things, are not names of members."""

from __future__ import annotations

import pytest

from execution_engine.bundles.member_names import UnsafeName, parts_of, text_of


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "no name"),
        ("/etc/passwd", "absolute path"),
        ("//host/share", "absolute path"),
        ("../up", r"'\.\.' in its path"),
        ("a/../b", r"'\.\.' in its path"),
        ("a/..", r"'\.\.' in its path"),
        ("C:/Windows", "drive letter"),
        ("c:relative", "drive letter"),
        ("a\\b", "backslash"),
        ("..\\up", "backslash"),
        ("a\0b", "NUL"),
        ("\udcff", "not UTF-8"),
        ("a" * 256, "longer than"),
        ("ü" * 128, "longer than"),
        ("a/" * 600, "longer than"),
    ],
)
def test_unsafe_names_are_refused_with_the_reason(name: str, why: str) -> None:
    with pytest.raises(UnsafeName, match=why):
        parts_of(name)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("a", ("a",)),
        ("a/b/", ("a", "b")),
        ("./a//b", ("a", "b")),
        ("./", ()),
        ("..a/b..", ("..a", "b..")),
        ("...", ("...",)),
        ("größe/日本.txt", ("größe", "日本.txt")),
        ("with space\nand newline", ("with space\nand newline",)),
        ("ab:c", ("ab:c",)),
    ],
)
def test_other_names_are_taken_apart(name: str, parts: tuple[str, ...]) -> None:
    assert parts_of(name) == parts
    assert parts == () or parts_of(text_of(parts)) == parts
