from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from execution_engine.console.ansi import PLAIN, Style, bare, changed, styled, visible


class Reader(HTMLParser):
    """What a browser sees: the text, and the tags with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.seen, self.tags = "", list[tuple[str, tuple[tuple[str, str | None], ...]]]()
        self.feed(html)
        self.close()

    def handle_data(self, data: str) -> None:
        self.seen += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(attrs)))


def test_colours_and_weights_are_classes() -> None:
    html, style = styled("\x1b[31mred \x1b[1mbold\x1b[0m plain")
    assert html == '<span class="f1">red </span><span class="bold f1">bold</span> plain'
    assert style == PLAIN


@pytest.mark.parametrize(
    ("codes", "style"),
    [
        ("", PLAIN),
        ("0", PLAIN),
        ("1;31", Style(fg=1, bold=True)),
        ("97;100", Style(fg=15, bg=8)),
        ("38;5;208", Style(fg=208)),
        ("48;5;20", Style(bg=20)),
        ("38;2;255;0;0", Style(fg=196)),
        ("38:5:9", Style(fg=9)),
        ("38;5;999", PLAIN),
        ("38", PLAIN),
        ("31;39;1;22;4;24", PLAIN),
        ("999;31", Style(fg=1)),
        ("3;9;7", Style(italic=True, strike=True, inverse=True)),
    ],
)
def test_parameters(codes: str, style: Style) -> None:
    assert changed(PLAIN, codes) == style


def test_inverse_swaps_ink_and_paper() -> None:
    assert Style(fg=1, inverse=True).classes == "f-paper b1"
    assert Style(inverse=True).classes == "f-paper b-ink"


@pytest.mark.parametrize(
    "text",
    ["\x1b[2J", "\x1b[10;5H", "\x1b]0;a title\x07", "\x1b]8;;http://evil/\x1b\\", "\x1bPq#0\x1b\\", "\x1b(B", "\x1b="],
)
def test_what_would_move_a_cursor_or_name_a_window_is_left_out(text: str) -> None:
    assert styled(f"a{text}b")[0] == "ab"
    assert bare(f"a{text}b") == "ab"


def test_what_is_unseen_is_made_visible() -> None:
    assert styled("a\x00\x08\x7fb")[0] == "a␀␈␡b"
    assert visible("a\u202egnp.exe") == "a�gnp.exe"
    assert visible("tab\tkept") == "tab\tkept"


def test_markup_is_text() -> None:
    html = styled("\x1b[32m<script>alert('1')</script>\x1b[0m & \"")[0]
    assert "<script" not in html
    assert Reader(html).seen == "<script>alert('1')</script> & \""


@given(st.text(alphabet=st.one_of(st.sampled_from("\x1b[]m;0123<>&\"'\r\n\t\x07\\"), st.characters())))
def test_whatever_is_written_stays_text(text: str) -> None:
    found = Reader(styled(text)[0])
    assert {tag for tag, _ in found.tags} <= {"span"}
    assert all(re.fullmatch(r"[a-z0-9 -]+", value or "") for _, attrs in found.tags for _, value in attrs)
    assert "\x1b" not in found.seen


@given(st.text(alphabet="0123456789;:", max_size=30))
def test_a_styles_code_makes_the_same_style(codes: str) -> None:
    style = changed(PLAIN, codes)
    assert changed(PLAIN, style.code) == style or not style.code
    assert changed(PLAIN, style.code or "0") == style
