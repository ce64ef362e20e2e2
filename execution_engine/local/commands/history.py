"""What ``Filters`` leave of commands and of what became of them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from execution_engine.local.commands.errors import Malformed, Refused
from execution_engine.local.commands.requests import pairs

_UNFINISHED = ("Pending", "InProgress")


def matching(found: list[dict[str, Any]], asked: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Of SSM's ``Command``s or ``CommandInvocation``s. Raises ``Malformed`` and ``Refused``."""
    for key, value in pairs(asked, "Filters", "key", "value"):
        keep = _filter(key, str(value))
        found = [one for one in found if keep(one)]
    return found


def _filter(key: str, value: str) -> Callable[[dict[str, Any]], bool]:
    if key == "DocumentName":
        return lambda one: one["DocumentName"] == value
    if key == "Status":
        return lambda one: value in (one["Status"], one["StatusDetails"])
    if key == "ExecutionStage":
        return lambda one: (one["Status"] in _UNFINISHED) == (value == "Executing")
    if key == "InvokedAfter":
        return lambda one, moment=_moment(value): one["RequestedDateTime"] >= moment  # type: ignore[misc]
    if key == "InvokedBefore":
        return lambda one, moment=_moment(value): one["RequestedDateTime"] < moment  # type: ignore[misc]
    raise Refused("InvalidFilterKey", f"commands are not filtered by {key}")


def _moment(text: str) -> float:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Malformed(f"{text!r} is no moment: {error}") from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
