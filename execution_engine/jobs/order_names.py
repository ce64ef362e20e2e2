"""Names for orders that came without one."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

MAX_DERIVED = 60
"""Characters of a name that the engine makes up, with its number."""

_WORDS = 4
_NUMBER_ROOM = len("-9999")


def derived_name(cmds: Iterable[str], git_folder: str | None) -> str:
    """A readable name: the folder's last segment, else the first words of the first command."""
    source = git_folder.rsplit("/", 1)[-1] if git_folder else _first_words(next(iter(cmds), ""))
    slug = re.sub(r"[^A-Za-z0-9._]+", "-", source)[: MAX_DERIVED - _NUMBER_ROOM]
    return slug.strip("-.") or "order"


def _first_words(command: str) -> str:
    for line in command.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            return " ".join(line.split(maxsplit=_WORDS)[:_WORDS])
    return ""


class UniqueNames:
    """Hands out names that nobody has yet: the wanted one, else with -2, -3, … behind it."""

    def __init__(self, taken: Collection[str]) -> None:
        self._taken = set(taken)
        self._last: dict[str, int] = {}

    def unique(self, wanted: str) -> str:
        name = wanted
        while name in self._taken:
            self._last[wanted] = self._last.get(wanted, 1) + 1
            name = f"{wanted}-{self._last[wanted]}"
        self._taken.add(name)
        return name
