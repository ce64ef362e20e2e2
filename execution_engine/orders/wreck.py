"""A record that can't be read, or is gone: what is left of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_LONGEST = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Wreck:
    """A record that can't be read, or is not there, as far as it goes.

    ``values`` are its sound attributes, ``faults`` what is wrong with the others. ``seen`` is the store's own:
    the record as it was found, which a repair depends on.
    """

    run_id: str
    num: str
    values: Mapping[str, Any]
    faults: Mapping[str, str]
    gone: bool = False
    seen: Any = None

    @property
    def damage(self) -> str:
        """In one line, and bounded, since it goes into the record."""
        if self.gone:
            return "the record was gone"
        return "; ".join(f"{name} {why}" for name, why in self.faults.items())[:_LONGEST]

    def lacks(self, name: str) -> bool:
        """Whether nothing is known of an attribute: what it was, or whether there was any."""
        return self.gone or name in self.faults
