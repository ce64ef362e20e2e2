"""A stretch of a log as lines of HTML, and where the next one begins. Pure but for the bytes it is handed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from execution_engine.console.ansi import PLAIN, Style, changed, styled
from execution_engine.errors import NotFound

WINDOW = 256 * 1024
"""Bytes of a stretch, at most."""

LONGEST = 8_000
"""Characters of a line that are shown; the log itself has the rest."""

_CURSOR = re.compile(r"(\d{1,15})\.(\d{1,12})\.([0-9;]{0,80})")


@dataclass(frozen=True, slots=True)
class Cursor:
    """The next byte, the number of the line it belongs to, and the style that is on there."""

    byte: int = 0
    line: int = 1
    style: Style = PLAIN

    def __str__(self) -> str:
        return f"{self.byte}.{self.line}.{self.style.code}"


START = Cursor()


def cursor(text: str) -> Cursor:
    """What ``str`` made of one. Raises ``NotFound`` for anything else."""
    found = _CURSOR.fullmatch(text)
    if found is None:
        raise NotFound(f"there is no place {text[:40]!r} in any log: ask without from= for its beginning")
    return Cursor(int(found[1]), int(found[2]), changed(PLAIN, found[3]) if found[3] else PLAIN)


@dataclass(frozen=True, slots=True)
class Window:
    """``html``: whole lines; ``rest``: what there is of a last line that has no end yet. ``more``: whether there are
    bytes beyond, that the next window begins with."""

    html: str
    rest: str
    next: Cursor
    more: bool


def window(pieces: Iterable[bytes], at: Cursor, size: int = WINDOW, prefix: str = "L") -> Window:
    """``pieces`` are the log from byte ``at.byte`` on."""
    data, more = taken(pieces, size)
    end = data.rfind(b"\n") + 1
    if not end and more:
        end = len(data)  # one line, longer than a window: cut here, and it goes on without a number of its own
    html, line, style = [], at.line, at.style
    for raw in _lines(data[:end]):
        shown, style = row(raw, line, style, prefix)
        html.append(shown)
        line += raw.endswith(b"\n")
    rest = row(data[end:], line, style, prefix)[0] if data[end:] else ""
    return Window("".join(html), rest, Cursor(at.byte + end, line, style), more)


def taken(pieces: Iterable[bytes], size: int) -> tuple[bytes, bool]:
    """The first ``size`` bytes, and whether there are more."""
    data = bytearray()
    for piece in pieces:
        data += piece
        if len(data) > size:
            return bytes(data[:size]), True
    return bytes(data), False


def tail(pieces: Iterable[bytes], size: int = WINDOW) -> Cursor:
    """Where the last lines begin, at most ``size`` bytes of them. Reads everything and keeps little."""
    kept, dropped, lines = bytearray(), 0, 0
    for piece in pieces:
        kept += piece
        if len(kept) > 2 * size:
            cut = len(kept) - size
            lines += kept.count(b"\n", 0, cut)
            dropped += cut
            del kept[:cut]
    over = max(0, len(kept) - size)
    if dropped + over:
        start = kept.find(b"\n", over) + 1 or over
        return Cursor(dropped + start, lines + kept.count(b"\n", 0, start) + 1)
    return START


def row(raw: bytes, number: int, style: Style, prefix: str = "L") -> tuple[str, Style]:
    """One line, whose number is a link to it; ``prefix`` tells several logs on one page apart."""
    text = raw.decode("utf-8", "replace").removesuffix("\n").rstrip("\r")
    # Of a line that a progress bar wrote over and over, what was left standing.
    text = text.rpartition("\r")[2]
    cut = ""
    if len(text) > LONGEST:
        cut = f'<i class="cut"> … and {len(text) - LONGEST:,} characters more</i>'
        text = text[:LONGEST]
    html, style = styled(text, style)
    link = f'<a class="n" href="#{prefix}{number}" tabindex="-1" aria-label="line {number}">{number}</a>'
    return f'<div class="l" id="{prefix}{number}">{link}<code>{html}{cut}</code></div>', style


def _lines(data: bytes) -> Iterator[bytes]:
    start = 0
    while start < len(data):
        end = data.find(b"\n", start) + 1 or len(data)
        yield data[start:end]
        start = end
