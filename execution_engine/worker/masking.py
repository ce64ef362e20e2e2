"""Hides secret values in a stream of bytes, wherever the stream is cut.

What comes out is the same for every way of cutting what goes in: at each place the longest form that
matches is replaced, as one pass over the whole would do. Held back is only what could still become a
form, so a log can be followed live.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable

from execution_engine.worker.secret_forms import SHORTEST, forms_of

MASK = b"***"
_HEAD = 4
_MANY = 500
"""From so many needles on it is quicker to look what begins at each byte than to search for each of them."""


class Secrets:
    """The forms of an order's secret values, prepared for searching. Threads may share it.

    Searching is one ``in`` per form (a few milliseconds per MiB for a dozen forms, 20 for 150);
    the regular expression is built only from forms that were found, since an alternation of all
    of them is ten times slower.
    """

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._forms = forms_of(values)
        self._needles = _without_containers(self._forms)
        self._beginnings = frozenset(needle[:SHORTEST] for needle in self._needles)
        self._sorted = sorted(self._forms)
        self._heads = frozenset(form[:_HEAD] for form in self._forms)
        # A quick look first: four classes of bytes cost a tenth of an alternation of all heads.
        places = range(_HEAD if self._heads else 0)
        classes = [b"[%b]" % re.escape(bytes({head[place] for head in self._heads})) for place in places]
        self._like_head = re.compile(b"(?=%b)" % b"".join(classes))
        self._last: tuple[tuple[bytes, ...], re.Pattern[bytes] | None] = ((), None)
        self.longest = max(map(len, self._forms), default=0)

    def __repr__(self) -> str:
        return f"<Secrets: {len(self._forms)} forms>"

    def __bool__(self) -> bool:
        return bool(self._forms)

    def stream(self) -> MaskedStream:
        return MaskedStream(self)

    def mask(self, data: bytes) -> bytes:
        """Mask something that is whole already."""
        pattern = self.pattern_for(data)
        return data if pattern is None else pattern.sub(MASK, data)

    def mask_text(self, text: str) -> str:
        if not self._forms:
            return text
        return self.mask(text.encode("utf-8", "surrogatepass")).decode("utf-8", "replace")

    def pattern_for(self, data: bytes) -> re.Pattern[bytes] | None:
        """What finds every form that occurs in this data, the longest first; None if none does."""
        if not self._may_hold_one(data):
            return None
        found = tuple(form for form in self._forms if form in data)
        if not found:
            return None
        last, pattern = self._last
        if found != last:
            pattern = re.compile(b"|".join(map(re.escape, found)))
            self._last = (found, pattern)
        return pattern

    def _may_hold_one(self, data: bytes) -> bool:
        if len(self._needles) < _MANY:
            return any(needle in data for needle in self._needles)
        beginnings = self._beginnings
        return any(data[at : at + SHORTEST] in beginnings for at in range(len(data) - SHORTEST + 1))

    def open_end(self, data: bytes, start: int) -> int:
        """The first place from ``start`` on from which the rest of ``data`` could grow into a form."""
        end = len(data)
        start = max(start, end - self.longest + 1, 0)
        for like in self._like_head.finditer(data, start):
            at = like.start()
            if data[at : at + _HEAD] in self._heads and self._grows(data[at:]):
                return at
        for at in range(max(start, end - _HEAD + 1), end):
            if self._grows(data[at:]):
                return at
        return end

    def _grows(self, rest: bytes) -> bool:
        """Whether some form starts with ``rest`` and is longer."""
        at = bisect_left(self._sorted, rest)
        if at < len(self._sorted) and self._sorted[at] == rest:
            at += 1
        return at < len(self._sorted) and self._sorted[at].startswith(rest)


class MaskedStream:
    """One stream being masked. Holds back fewer bytes than the longest form has. For one thread."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._held = b""

    @property
    def held(self) -> int:
        """How many bytes are held back."""
        return len(self._held)

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes, give back what is safe to show."""
        secrets = self._secrets
        if not secrets:
            return data
        buffer = self._held + data
        shown = 0
        open_at = secrets.open_end(buffer, 0)
        pattern = secrets.pattern_for(buffer)
        parts: list[bytes] = []
        for match in pattern.finditer(buffer) if pattern else ():
            if match.start() >= open_at:
                break
            parts += (buffer[shown : match.start()], MASK)
            shown = match.end()
            if shown > open_at:
                open_at = secrets.open_end(buffer, shown)
        self._held = buffer[open_at:]
        if not parts:
            return buffer[:open_at] if self._held else buffer
        parts.append(buffer[shown:open_at])
        return b"".join(parts)

    def flush(self) -> bytes:
        """The stream has ended: give back what was held."""
        rest, self._held = self._held, b""
        return self._secrets.mask(rest)


def _without_containers(forms: tuple[bytes, ...]) -> tuple[bytes, ...]:
    """The forms that contain no other: where none of these is, none of the others can be."""
    minimal: list[bytes] = []
    # By how they begin, then by length: a value of thousands of lines takes no time that grows with their square.
    alike: dict[bytes, dict[int, set[bytes]]] = {}
    for form in reversed(forms):
        if not any(
            form[at : at + length] in shorter
            for at in range(len(form) - SHORTEST + 1)
            for length, shorter in alike.get(form[at : at + SHORTEST], {}).items()
        ):
            minimal.append(form)
            alike.setdefault(form[:SHORTEST], {}).setdefault(len(form), set()).add(form)
    return tuple(minimal)
