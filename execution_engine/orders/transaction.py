"""What one atomic write changes: moves with their events, dependencies that ended, the run's counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from execution_engine.orders.event import Event
from execution_engine.orders.move import Move
from execution_engine.orders.run import Phase, Tally

ACTION_LIMIT = 100
"""DynamoDB takes at most 100 actions in a transaction, and no item twice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunChange:
    """What becomes of the run's record. ``None`` leaves a field as it is.

    ``tally`` is added to what is there; the rest is set (``stop``: unless it is). ``from_phase`` and
    ``from_epoch`` are conditions: the latter makes the record the fence of all writes, so that who lost the
    lock without knowing it changes nothing.

    DynamoDB can't add to a set and take from it in one update. Where both come together, ``ready_remove`` is
    left undone, which neither loses nor delays anything: ``ready`` only names orders to be read again, and
    whether one may go is decided by its own row, each time. What was left in it too long costs one more read
    in the next pass that has room, and that pass takes it out, unless it adds again. It only ever names orders
    that were ready once.
    """

    tally: Tally = field(default_factory=Tally)
    last_epoch: float | None = None
    cursor: int | None = None
    ready_add: frozenset[str] = frozenset()
    ready_remove: frozenset[str] = frozenset()
    stop: str | None = None
    stop_cursor: int | None = None
    phase: Phase | None = None
    from_phase: Phase | None = None
    from_epoch: float | None = None
    completed_at: float | None = None
    status: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether it only has conditions."""
        return replace(self, from_phase=None, from_epoch=None) == RunChange()

    def __or__(self, other: RunChange) -> RunChange:
        """Both changes at once; where both set a field, the other's stands."""
        merged = {
            name: getattr(self, name) if getattr(other, name) is None else getattr(other, name)
            for name in RunChange.__slots__
        }
        merged["tally"] = self.tally + other.tally
        merged["ready_add"] = self.ready_add | other.ready_add
        merged["ready_remove"] = self.ready_remove | other.ready_remove
        return RunChange(**merged)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """All of it happens, or none of it.

    Each move is written on the condition that the order still has the status and the attempt that the
    move was decided from. ``releases`` maps an order to those it need no longer wait on (idempotent).
    ``appends`` maps an order to how many of its own events were recorded before and after, the condition
    being the former, so that none is recorded twice.
    """

    run_id: str
    moves: tuple[Move, ...] = ()
    releases: Mapping[str, frozenset[str]] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    appends: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    run: RunChange | None = None

    @property
    def is_empty(self) -> bool:
        return not (self.moves or self.releases or self.events) and (self.run is None or self.run.is_empty)

    @property
    def touched(self) -> Iterator[str]:
        """The order numbers whose rows this writes, each once."""
        moved = [move.order.order_num for move in self.moves]
        yield from moved
        yield from (num for num in self.releases if num not in set(moved))

    @property
    def actions(self) -> int:
        return sum(1 for _ in self.touched) + len(self.events) + (self.run is not None)
