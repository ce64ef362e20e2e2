"""What a request holds, by its names: each of the kind that AWS's model says, or refused. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from execution_engine.local.commands.errors import Malformed


def know(asked: Mapping[str, Any], *names: str) -> None:
    """What AWS knows and this stand-in does not is refused rather than ignored. Raises ``Malformed``, as all here."""
    if unknown := sorted(asked.keys() - set(names)):
        raise Malformed(f"Systems Manager on one machine does not know {', '.join(unknown)}")


def text(asked: Mapping[str, Any], name: str) -> str:
    value = asked.get(name)
    if not isinstance(value, str) or not value:
        raise Malformed(f"{name} is required, as a string")
    return value


def text_or_none(asked: Mapping[str, Any], name: str) -> str | None:
    return text(asked, name) if name in asked else None


def texts(asked: Mapping[str, Any], name: str, most: int = 50) -> list[str]:
    """None at all if the request does not name them."""
    value = asked.get(name, [])
    if not isinstance(value, list) or len(value) > most or not all(isinstance(one, str) for one in value):
        raise Malformed(f"{name} must be at most {most} strings")
    return value


def seconds(asked: Mapping[str, Any], name: str, least: int, most: int, otherwise: int) -> int:
    value = asked.get(name, otherwise)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise Malformed(f"{name} must be from {least} to {most}")
    return value


def pairs(asked: Mapping[str, Any], name: str, key: str, value: str) -> list[tuple[str, Any]]:
    """A list of small mappings, as filters and tags are: the two members of each."""
    listed = asked.get(name, [])
    for one in listed if isinstance(listed, list) else [None]:
        if not isinstance(one, dict) or not isinstance(one.get(key), str) or value not in one:
            raise Malformed(f"{name} must be a list of {key} and {value}")
    return [(one[key], one[value]) for one in listed]
