"""What a target is made of: everything it may use of the process it is in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from execution_engine.clock import Clock
from execution_engine.identifiers import Identifiers, RandomIdentifiers
from execution_engine.orders.concurrently import Concurrently, in_turn
from execution_engine.settings import Settings


@dataclass(frozen=True, slots=True)
class TargetContext:
    """``client(service)``: a boto3-like client of this deployment's account. ``environment``: the process's, for
    settings of a target that is not the engine's own. ``concurrently``: ``map`` for independent calls of a service."""

    settings: Settings
    environment: Mapping[str, str]
    client: Callable[[str], Any]
    clock: Clock
    identifiers: Identifiers = field(default_factory=RandomIdentifiers)
    concurrently: Concurrently = in_turn
