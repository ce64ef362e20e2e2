from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from execution_engine.vcs.length import fit

NOTE = re.compile(r"\*… ([\d,]+) of ([\d,]+) characters are left out here …\*")
PIECES = [
    *("```\n", "````text\n", "~~~\n", "~~~~\n", "<details><summary>s</summary>\n\n", "\n</details>\n"),
    *("<!-- ", " -->\n", "a line\n", "word ", "\n", "`", "~", "<", "| a | b |\n", "x" * 50, "🌈é\r\n"),
]


def folds(text: str) -> int:
    """How many folds a reader of Markdown is left in at the end."""
    found = 0
    for token in MarkdownIt().parse(text):
        for one in [token, *(token.children or [])]:
            if one.type in ("html_block", "html_inline"):
                seen = re.sub(r"<!--.*?(-->|\Z)", "", one.content, flags=re.DOTALL)
                found += seen.count("<details") - seen.count("</details>")
    return found


def test_what_fits_stays_as_it_is() -> None:
    assert fit("```\nopen", 8) == "```\nopen"


def test_the_middle_goes_and_the_note_says_how_much() -> None:
    text = "".join(f"line {number:04d}\n" for number in range(1_000))
    cut = fit(text, 1_000)
    found = NOTE.search(cut)
    assert found is not None
    left_out, of = (int(number.replace(",", "")) for number in found.groups())
    assert of == len(text)
    head, tail = cut[: found.start()].rstrip("\n"), cut[found.end() :].lstrip("\n")
    assert text.startswith(head + "\n")
    assert text.endswith("\n" + tail)
    assert left_out == len(text) - len(head) - 1 - len(tail)
    assert 800 < len(cut) <= 1_000


def test_one_line_is_cut_too() -> None:
    cut = fit("a" * 5_000 + "b" * 5_000, 1_000)
    assert cut.startswith("a" * 400)
    assert cut.endswith("b" * 400)
    assert len(cut) <= 1_000


def test_a_cut_through_a_fence_in_a_fold_closes_and_opens_both() -> None:
    log = "".join(f"log line {number}\n" for number in range(500))
    text = f"before\n\n<details><summary>log</summary>\n\n````text\n{log}````\n\n</details>\n\nafter **all**\n"
    cut = fit(text, 2_000)
    head, tail = re.split(NOTE.pattern, cut)[0], cut[-900:]
    assert head.rstrip().endswith("````\n\n</details>")
    assert "<details><summary>…</summary>\n\n````text\n" in cut
    assert tail.endswith("````\n\n</details>\n\nafter **all**\n")
    kinds = [token.type for token in MarkdownIt().parse(cut)]
    assert kinds.count("fence") == 2
    assert folds(cut) == 0
    assert "<strong>all</strong>" in MarkdownIt().render(cut)
    assert "<em>… " in MarkdownIt().render(cut)


def test_a_cut_through_a_hidden_part_hides_nothing_else() -> None:
    cut = fit("shown\n<!-- " + "hidden\n" * 500 + " -->\n\nthe end\n", 1_000)
    shown = re.sub(r"<!--.*?-->", "", cut, flags=re.DOTALL)
    assert "hidden" not in shown
    assert NOTE.search(shown)
    assert shown.endswith("the end\n")


def test_a_text_that_was_cut_leaves_nothing_open() -> None:
    cut = fit("<details>\n\n````text\n" + "line\n" * 500, 1_000)
    assert cut.endswith("\n````\n\n</details>")
    assert folds(cut) == 0


@pytest.mark.parametrize("limit", [0, 1, 10, 60])
def test_without_room_for_a_note_the_limit_still_holds(limit: int) -> None:
    assert len(fit("word " * 100, limit)) <= limit


@given(st.lists(st.sampled_from(PIECES), max_size=200).map("".join), st.integers(0, 1_500))
def test_no_text_gets_longer_than_the_limit(text: str, limit: int) -> None:
    cut = fit(text, limit)
    assert len(cut) <= limit
    assert cut == text or len(text) > limit


@given(
    st.lists(st.sampled_from(["plain\n", "word " * 10 + "\n", "| a |\n", "`code`\n"]), min_size=1, max_size=8),
    st.integers(1, 60),
    st.sampled_from(["```", "~~~~"]),
    st.integers(400, 1_200),
)
def test_what_was_balanced_stays_balanced(lines: list[str], times: int, fence: str, limit: int) -> None:
    part = f"\n<details><summary>s</summary>\n\n{fence}\n{''.join(lines)}{fence}\n\n</details>\n\nbetween\n"
    cut = fit(part * times + "the end\n", limit)
    assert folds(cut) == 0
    assert MarkdownIt().render(cut).rstrip().endswith("the end</p>")
