"""What the engine's own modules use and a Python from 3.9 on may lack, in the form in which they use it."""

from __future__ import annotations

import dataclasses
import enum
import inspect
from typing import Any

SUPPLIED = ("enum.StrEnum", "dataclasses.dataclass(slots)", "dataclasses.dataclass(kw_only)")
"""As vermin names them: enum.StrEnum is of 3.11, the others are of 3.10."""

_WISHES = ("slots", "kw_only")
"""A class is as good without: it takes more room, and lets its fields be given by position."""


def supply() -> None:
    """To be called before any other module of the engine is imported. What is there is left as it is."""
    if not hasattr(enum, "StrEnum"):
        vars(enum)["StrEnum"] = StrEnum
    if not set(_WISHES) <= inspect.signature(dataclasses.dataclass).parameters.keys():
        vars(dataclasses)["dataclass"] = _modest(dataclasses.dataclass)


class StrEnum(str, enum.Enum):  # noqa: UP042 - this is the one that others lack
    """Its members are texts, and are written as such."""

    __str__ = str.__str__
    __format__ = str.__format__  # type: ignore[assignment]


def _modest(dataclass: Any) -> Any:
    def decorate(cls: type | None = None, **options: Any) -> Any:
        return dataclass(cls, **{name: value for name, value in options.items() if name not in _WISHES})

    return decorate
