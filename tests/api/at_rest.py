"""Functions that do nothing: behind an API that is fuzzed, what was submitted stays as it is, and no command runs."""

from __future__ import annotations

from typing import Any


def handler(event: dict[str, Any], context: object) -> None:
    """Instead of the orchestrator: no run begins."""


def check(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Instead of a watchdog's tick: it is over."""
    return {**event, "done": True}
