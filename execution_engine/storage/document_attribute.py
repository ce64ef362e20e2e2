"""JSON objects in a DynamoDB item."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pynamodb.attributes import Attribute, MapAttribute
from pynamodb.constants import MAP


class DocumentAttribute(Attribute[dict[str, Any]]):
    """Any JSON object as a DynamoDB map. A bare ``MapAttribute`` takes keys for keyword arguments, and one
    of them may be called ``self``."""

    attr_type = MAP

    def serialize(self, value: Mapping[str, Any]) -> Any:
        return MapAttribute().serialize(_storable(value))  # type: ignore[no-untyped-call]

    def deserialize(self, value: Any) -> dict[str, Any]:
        return {name: _plain(one) for name, one in value.items()}


def _storable(value: Any) -> Any:
    """PynamoDB goes by the very type of a value; a word of an enumeration is a text like any other."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return {str(name): _storable(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(one) for one in value]
    return value


def _plain(value: Mapping[str, Any]) -> Any:
    """A value in DynamoDB's JSON as Python has it."""
    ((kind, content),) = value.items()
    if kind == "M":
        return {name: _plain(one) for name, one in content.items()}
    if kind == "L":
        return [_plain(one) for one in content]
    if kind == "N":
        return json.loads(content)
    return None if kind == "NULL" else content
