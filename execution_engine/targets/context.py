"""What a target is made of: everything it may use of the process it is in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from execution_engine.clock import Clock
from execution_engine.settings import Settings


@dataclass(frozen=True, slots=True)
class TargetContext:
    """``client(service)``: a boto3-like client of this deployment's account. ``environment``: the process's, for
    settings of a target that is not the engine's own."""

    settings: Settings
    environment: Mapping[str, str]
    client: Callable[[str], Any]
    clock: Clock
