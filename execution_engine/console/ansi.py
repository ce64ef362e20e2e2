"""What a terminal would show of a log, as HTML: colours and weights, and nothing that moves a cursor. Pure.

Only ``ESC [ … m`` (ECMA-48, SGR; colours as xterm has them) means anything; other sequences are left out, other
control characters are made visible. Colours are classes (``palette``): the pages allow no inline styles.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import escape

from execution_engine.console.palette import nearest

_ESCAPE = re.compile(
    r"\x1b(?:\[([0-?]*)[ -/]*([@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|[ -/]*[0-~])"
)
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters but for tab and newline, and those that turn the direction of text around."""

_FLAGS = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "inverse", 9: "strike"}
_OFF = {22: ("bold", "dim"), 23: ("italic",), 24: ("underline",), 27: ("inverse",), 29: ("strike",)}


@dataclass(frozen=True, slots=True)
class Style:
    """How the next character looks. Colours are numbers of the 256 of xterm."""

    fg: int | None = None
    bg: int | None = None
    bold: bool = False
    dim: bool = False
    italic: bool = False
    underline: bool = False
    inverse: bool = False
    strike: bool = False

    @property
    def classes(self) -> str:
        fg, bg = (self.bg, self.fg) if self.inverse else (self.fg, self.bg)
        found = [name for name in ("bold", "dim", "italic", "underline", "strike") if getattr(self, name)]
        if fg is not None or self.inverse:
            found.append("f-paper" if fg is None else f"f{fg}")
        if bg is not None or self.inverse:
            found.append("b-ink" if bg is None else f"b{bg}")
        return " ".join(found)

    @property
    def code(self) -> str:
        """The parameters of the sequence that makes this style out of none."""
        codes = [str(code) for code, name in _FLAGS.items() if getattr(self, name)]
        codes += [] if self.fg is None else [f"38;5;{self.fg}"]
        codes += [] if self.bg is None else [f"48;5;{self.bg}"]
        return ";".join(codes)


PLAIN = Style()


def styled(text: str, style: Style = PLAIN) -> tuple[str, Style]:
    """``text`` as HTML, begun in ``style``, and the style it ends in."""
    html: list[str] = []
    at = 0
    for found in _ESCAPE.finditer(text):
        html.append(_span(text[at : found.start()], style))
        at = found.end()
        if found[2] == "m":
            style = changed(style, found[1] or "")
    html.append(_span(text[at:], style))
    return "".join(html), style


def bare(text: str) -> str:
    """Without any sequence."""
    return _ESCAPE.sub("", text)


def visible(text: str) -> str:
    """With a picture in the place of each character that would not be seen as what it is."""
    return _UNSEEN.sub(_picture, text)


def changed(style: Style, parameters: str) -> Style:
    """After a sequence with these parameters; unknown ones change nothing."""
    if len(parameters) > 200:
        return style
    codes = iter([int(code) if code.isascii() and code.isdigit() else 0 for code in re.split("[;:]", parameters)])
    for code in codes:
        style = _change(style, code, codes)
    return style


def _change(style: Style, code: int, rest: Iterator[int]) -> Style:
    if code == 0:
        return PLAIN
    if code in _FLAGS:
        return replace(style, **{_FLAGS[code]: True})
    if code in _OFF:
        return replace(style, **dict.fromkeys(_OFF[code], False))
    if code in (38, 48):
        colour = _colour(rest)
        return style if colour is None else _dyed(style, colour, code == 38)
    if code in (39, 49):
        return _dyed(style, None, code == 39)
    for base, first, ink in ((30, 0, True), (90, 8, True), (40, 0, False), (100, 8, False)):
        if base <= code < base + 8:
            return _dyed(style, code - base + first, ink)
    return style


def _dyed(style: Style, colour: int | None, ink: bool) -> Style:
    return replace(style, fg=colour) if ink else replace(style, bg=colour)


def _colour(rest: Iterator[int]) -> int | None:
    kind = next(rest, None)
    if kind == 5:
        number = next(rest, 256)
        return number if number < 256 else None
    if kind == 2:
        return nearest(min(next(rest, 0), 255), min(next(rest, 0), 255), min(next(rest, 0), 255))
    return None


def _span(text: str, style: Style) -> str:
    if not text:
        return ""
    html = escape(visible(text))
    classes = style.classes
    return f'<span class="{classes}">{html}</span>' if classes else html


def _picture(found: re.Match[str]) -> str:
    """Control characters have pictures in Unicode; what turns text around has none."""
    code = ord(found[0])
    return chr(0x2400 + code) if code < 0x20 else "\u2421" if code == 0x7F else "\ufffd"
