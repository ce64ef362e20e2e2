"""How independent calls of one kind are made: on threads, or one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

Concurrently = Callable[[Callable[[Any], Any], Iterable[Any]], list[Any]]
"""``map``: the answers in the order of the things. What one of them raises is raised."""


def in_turn(act: Callable[[Any], Any], things: Iterable[Any]) -> list[Any]:
    return [act(one) for one in things]
