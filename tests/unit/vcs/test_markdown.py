"""What comes from elsewhere is shown as it is, read by a real reader of Markdown."""

from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from execution_engine.vcs.markdown import LINE_LIMIT, code, fenced, folded, link, log_lines

READER = MarkdownIt().enable("table")
NASTY = [
    "@octocat",
    "acme/shop#12 GH-12 #12",
    "</code><script>alert(1)</script>",
    "a|b \\| c",
    "`tick` ``two``",
    "[x](https://evil.example) ![i](u)",
    "*bold* _it_ ~~no~~ __init__",
    "&lt; &#64; &amp;",
    "https://evil.example www.evil.example WWW.x",
    "line\nbreak\r\n| a | b |",
    "<!-- execution-engine:exec -->",
    ":tada: $x^2$ $$y$$",
    "\u202eevil\x1b[31m\x00",
]
_TEXTS = st.text(st.characters(codec="utf-8"), max_size=40) | st.sampled_from(NASTY)


def shown(text: str) -> str:
    """What ``code`` shows: a line of what is printable."""
    return "".join(c if c.isprintable() else " " for c in text).strip() or "–"


@given(_TEXTS)
def test_a_text_is_one_piece_of_code_in_a_paragraph(text: str) -> None:
    rendered = READER.render(f"a {code(text)} b")
    inside = re.fullmatch(r"<p>a <code>(.*)</code> b</p>\n", rendered)
    assert inside is not None
    assert "<" not in inside[1]
    assert html.unescape(inside[1]) == shown(text)


@given(_TEXTS, _TEXTS)
def test_a_text_is_one_cell_of_a_table(one: str, other: str) -> None:
    rendered = READER.render(f"| a | b |\n|---|---|\n| {code(one)} | {code(other)} |\n\nafter")
    cells = re.findall(r"<td>(.*?)</td>", rendered, re.DOTALL)
    assert [html.unescape(re.sub(r"</?code>", "", cell)) for cell in cells] == [shown(one), shown(other)]
    assert rendered.endswith("<p>after</p>\n")


@given(_TEXTS)
def test_a_text_does_not_end_the_line_of_a_fold(text: str) -> None:
    rendered = READER.render(folded(code(text), "inside"))
    begun = "<details><summary><code>{}</code></summary>\n<p>inside</p>\n</details>"
    found = re.fullmatch(re.escape(begun).replace(r"\{\}", "(.*)"), rendered)
    assert found is not None
    assert html.unescape(found[1]) == shown(text)


@pytest.mark.parametrize("text", NASTY)
def test_nothing_is_left_that_a_reader_links_or_mentions_before_it_knows_of_code(text: str) -> None:
    """GitHub's filters look away from ``<code>``, its parser's extended autolinks do not."""
    source = code(text).removeprefix("<code>").removesuffix("</code>")
    assert not re.search(r"://|www\.|[@*`|<\[]|#(?!\d+;)", source, re.IGNORECASE)


def test_usual_names_are_readable_in_the_source() -> None:
    assert code("unit-tests_3.11 (linux, x86)") == "<code>unit-tests_3.11 (linux, x86)</code>"
    assert code("") == "<code>–</code>"


def test_a_long_text_is_cut() -> None:
    assert code("x" * 300, 10) == "<code>xxxxxxxxx…</code>"


AWS = "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1&copy;=2#logsV2:log/$252Faws$252Flambda"


@pytest.mark.parametrize(
    "url",
    [AWS, "https://example.org/a(b)c|d`e`f*g*h_i_j", 'https://example.org/x y"<z>[q]\\u|', "https://example.org/é"],
)
def test_an_address_is_one_link_to_itself(url: str) -> None:
    rendered = READER.render(f"| a |\n|---|\n| {link(code('build'), url)} |\n")
    found = re.search(r'<td><a href="([^"]*)"><code>build</code></a></td>', rendered)
    assert found is not None
    there = html.unescape(found[1])
    assert re.sub(r"%[0-9A-F]{2}", "", there) == re.sub(r"%[0-9A-F]{2}", "", MarkdownIt().normalizeLink(url)).translate(
        {ord(c): None for c in "()|`"}
    )


@pytest.mark.parametrize(
    "url",
    [
        *(None, "", "javascript:alert(1)", "http://example.org", "file:///etc/passwd", "https://", "https://[broken"),
        *("https://127.0.0.1:4566/x", "https://localhost/x", "https://user:pw@example.org/", "//example.org"),
    ],
)
def test_what_others_can_not_follow_is_no_link(url: str | None) -> None:
    assert link("text", url) == "text"


@given(st.text() | st.lists(st.sampled_from(["```", "`", "~~~", "\n", "    ", "text", "````` x"])).map("".join))
def test_a_log_never_ends_its_fence(log: str) -> None:
    lines = log_lines(log)
    tokens = READER.parse(f"{fenced(lines)}\n\nafter")
    assert [token.type for token in tokens] == ["fence", "paragraph_open", "inline", "paragraph_close"]
    assert tokens[0].content == "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("log", "lines"),
    [
        ("a\r\nb\r\n\n", ["a", "b"]),
        ("10 %\r20 %\rdone\n", ["done"]),
        ("\x1b[31mred\x1b[0m \x1b]8;;https://evil.example\x07link\x1b]8;;\x1b\\ \x1bPq#0\x1b\\end", ["red link end"]),
        ("bell\x07 and\ttab\x00", ["bell\ufffd and\ttab\ufffd"]),
        ("x" * 1_000, ["x" * (LINE_LIMIT - 1) + "…"]),
    ],
)
def test_the_lines_of_a_log(log: str, lines: list[str]) -> None:
    assert log_lines(log) == lines
