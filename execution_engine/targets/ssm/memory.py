"""What this process knows of attempts, so that it need not ask again. Forgetting any of it costs calls, no more."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from threading import Lock

from execution_engine.targets.ssm.attempt import Attempt
from execution_engine.targets.ssm.launch import Launch

MOST = 1_000
"""Attempts; the one that was longest not asked about is forgotten first."""


@dataclass(slots=True)
class Known:
    """``begun``: the order's own claim is there; ``gathered``: its result is; ``has_turn``: this process is the one
    that makes it; ``delivered``: its environment is deleted; ``released``: nothing is left to do. ``claimed``,
    ``reported``: instances that did, as was seen or heard; ``listed``: those that had reported when it was last
    found that others had not. ``renewed``: when, by the engine's clock, the addresses were last found to be fresh."""

    launch: Launch | None = None
    begun: bool = False
    delivered: bool = False
    gathered: bool = False
    has_turn: bool = False
    released: bool = False
    claimed: set[str] = field(default_factory=set)
    reported: set[str] = field(default_factory=set)
    listed: set[str] = field(default_factory=set)
    renewed: float | None = None


class Memory:
    """Several threads may ask at once."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._known: OrderedDict[Attempt, Known] = OrderedDict()
        self._lock = Lock()

    def of(self, attempt: Attempt) -> Known:
        with self._lock:
            known = self._known.setdefault(attempt, Known())
            self._known.move_to_end(attempt)
            while len(self._known) > self._most:
                self._known.popitem(last=False)
            return known
