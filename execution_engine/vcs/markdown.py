"""Text from elsewhere inside Markdown: shown as it is, never obeyed. Pure.

GitHub makes no mention, reference or link of what stands inside ``<code>``, ``<pre>`` or a fence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, urlsplit

LINE_LIMIT = 400
"""Characters of a log's line that are shown."""

_MEANT = re.compile(r"(?:(?<=[A-Za-z0-9])_(?=[A-Za-z0-9])|(?<!www)\.|[A-Za-z0-9 /,()+-]|[^\x00-\x7f])", re.IGNORECASE)
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])")
_IN_URL = "/:?#@!$&'*+,;=%~-._"


def code(text: str, limit: int = 200) -> str:
    """A short text as one line of code; right in a table's cell, in a link's text and between HTML tags alike."""
    line = "".join(character if character.isprintable() else " " for character in text).strip() or "–"
    shown = line if len(line) <= limit else line[: limit - 1] + "…"
    return f"<code>{''.join(_escaped(shown))}</code>"


def _escaped(line: str) -> Iterable[str]:
    for place, character in enumerate(line):
        yield character if _MEANT.match(line, place) else f"&#{ord(character)};"


def link(text: str, url: str | None) -> str:
    """``text`` (Markdown already) as a link, if ``url`` is one that others can follow: https, and not to this
    machine."""
    if not url or not _is_public(url):
        return text
    return f"[{text}]({quote(url, safe=_IN_URL).replace('&', '&amp;')})"


def _is_public(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return parts.scheme == "https" and "." in host and not host.startswith("127.") and parts.username is None


def log_lines(log: str) -> list[str]:
    """The lines of a log without what moves a terminal's cursor; of a line that was written over, what was left
    standing."""
    lines = _ESCAPES.sub("", log).replace("\r\n", "\n").rstrip().split("\n")
    shown = [line.rstrip("\r").rpartition("\r")[2] for line in lines]
    cut = [line if len(line) <= LINE_LIMIT else line[: LINE_LIMIT - 1] + "…" for line in shown]
    return ["".join(c if c.isprintable() or c == "\t" else "\ufffd" for c in line) for line in cut]


def fenced(lines: Iterable[str]) -> str:
    """Lines as a block of code, whose fence is longer than any in it."""
    text = "\n".join(lines)
    fence = "`" * (max((len(run) for run in re.findall(r"`{3,}", text)), default=2) + 1)
    return f"{fence}text\n{text}\n{fence}"


def folded(summary: str, text: str) -> str:
    """``text`` (Markdown) behind a line (HTML) that opens it."""
    return f"<details><summary>{summary}</summary>\n\n{text}\n\n</details>"
