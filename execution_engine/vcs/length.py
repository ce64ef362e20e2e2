"""Markdown that is too long loses its middle, and what is left still reads as it should. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})(.*)", re.DOTALL)
_TOKEN = re.compile(r"<!--|-->|<details\b|</details>", re.IGNORECASE)
_NEAR = 2_000
"""So many characters are given up for a cut between two lines."""


@dataclass(frozen=True, slots=True)
class _Open:
    """What is open at some place of a text: a fence (its first line), so many folds, an HTML comment."""

    fence: str | None = None
    folds: int = 0
    hidden: bool = False

    @property
    def closing(self) -> str:
        closed = " -->\n" if self.hidden else ""
        if self.fence is not None:
            found = _FENCE.match(self.fence)
            assert found is not None
            closed += f"{found[1]}\n"
        return closed + "\n</details>\n" * self.folds

    @property
    def opening(self) -> str:
        folds = "<details><summary>…</summary>\n\n" * self.folds
        return folds + ("" if self.fence is None else f"{self.fence}\n") + ("<!-- " if self.hidden else "")


def fit(text: str, limit: int) -> str:
    """The text itself if it has at most ``limit`` characters (code points). Else its beginning and its end, and a
    note of how much is left out between them; fences, ``<details>`` and HTML comments that the cut goes through are
    closed before it and opened again behind it. Never longer than ``limit``."""
    if len(text) <= limit:
        return text
    room = limit
    while room > 0:
        made = _cut(text, room)
        if len(made) <= limit:
            return made
        room -= len(made) - limit
    return text[: max(0, limit)]  # no room for a note


def _cut(text: str, room: int) -> str:
    """With about ``room`` characters of the text left."""
    head = text[: room // 2]
    start = len(text) - (room - room // 2)
    line = head.rfind("\n") + 1
    if line and len(head) - line <= min(_NEAR, len(head) // 4):
        head = head[:line]
    line = text.find("\n", start) + 1
    if line and line - start <= min(_NEAR, (len(text) - start) // 4):
        start = line
    note = f"*… {start - len(head):,} of {len(text):,} characters are left out here …*"
    begun = head if head.endswith("\n") else f"{head}\n"
    made = f"{begun}{_open(begun).closing}\n{note}\n\n{_open(text[:start]).opening}{text[start:]}"
    left = _open(made).closing
    return f"{made}\n{left}".rstrip("\n") if left else made


def _open(text: str) -> _Open:
    """What is open at the end of a text."""
    fence: str | None = None
    folds, hidden = 0, False
    lines = text.split("\n")
    for line in lines[:-1] if text.endswith("\n") else lines:
        found = None if hidden else _FENCE.match(line)
        if fence is not None:
            opened = _FENCE.match(fence)
            assert opened is not None
            if found is not None and found[1].startswith(opened[1]) and not found[2].strip():
                fence = None
        elif found is not None and not (found[1][0] == "`" and "`" in found[2]):
            fence = line
        else:
            folds, hidden = _tokens(line, folds, hidden)
    return _Open(fence, folds, hidden)


def _tokens(line: str, folds: int, hidden: bool) -> tuple[int, bool]:
    for token in _TOKEN.findall(line):
        if hidden:
            hidden = token != "-->"
        elif token == "<!--":
            hidden = True
        elif token != "-->":
            folds = max(0, folds + (-1 if token.startswith("</") else 1))
    return folds, hidden
