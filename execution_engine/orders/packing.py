"""Folds what a pass decided into as few atomic writes as a store takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from execution_engine.orders.event import Epochs, Event
from execution_engine.orders.move import Move
from execution_engine.orders.order import Order
from execution_engine.orders.run import Run, Tally
from execution_engine.orders.status import Status
from execution_engine.orders.transaction import ACTION_LIMIT, RunChange, Transaction

_ROOM = ACTION_LIMIT - 1
"""One action is the run's own record."""

_SIZE = 3 * 1024 * 1024
"""DynamoDB takes 4 MB of items in a transaction."""


@dataclass
class _Draft:
    reserved: int = 0
    moves: dict[str, Move] = field(default_factory=dict)
    releases: dict[str, set[str]] = field(default_factory=dict)

    @property
    def actions(self) -> int:
        released = sum(1 for num in self.releases if num not in self.moves)
        return self.reserved + released + sum(_cost(move) for move in self.moves.values())

    @property
    def size(self) -> int:
        """Bytes of what makes rows large; the rest of a row, and its event, are small."""
        return sum(_size(move.order) for move in self.moves.values())

    def transaction(
        self, run_id: str, epochs: Epochs, change: RunChange, opening_events: tuple[Event, ...]
    ) -> Transaction:
        told = (move_event(move, epochs.next(), step) for move in self.moves.values() for step in move.steps)
        events = opening_events + tuple(told)
        tally = sum((Tally.of_move(move.order, move.after) for move in self.moves.values()), Tally())
        return Transaction(
            run_id=run_id,
            moves=tuple(self.moves.values()),
            releases={num: frozenset(freed) for num, freed in self.releases.items()},
            events=events,
            run=change | RunChange(tally=tally, last_epoch=epochs.last if events else None, from_epoch=epochs.record()),
        )


def _size(order: Order) -> int:
    return 4_096 + sum(len(command.encode()) for command in order.cmds)


def _cost(move: Move) -> int:
    """Actions: the order's row, and an event for each of its steps."""
    return 1 + len(move.steps)


def move_event(move: Move, epoch: float, step: Status | None = None) -> Event:
    """The one event that a status change leaves: its type is the new status (``step``, or the move's end)."""
    order = move.after
    status = step or move.target
    return Event(
        trace_id=order.trace_id,
        order_name=order.order_name,
        epoch=epoch,
        event_type=str(status),
        status=str(status),
        run_id=order.run_id,
        flow_id=order.flow_id,
        order_num=order.order_num,
        data=move.event_data if status is move.target else move.passed_data,
    )


def pack(
    run: Run,
    moves: Iterable[Move],
    releases: Mapping[str, Iterable[str]],
    epochs: Epochs,
    *,
    opening: RunChange,
    opening_events: tuple[Event, ...] = (),
    closing: RunChange,
) -> list[Transaction]:
    """Transactions in an order that may stop after any of them without harm.

    ``moves`` come endings first, dispatches last; ``releases`` maps an order that ended to those that need
    no longer wait on it. An ending is never later than the releases it causes, a release never later than
    the dispatch it allows. ``opening`` changes the run's record with the first of them, ``closing`` with
    the last.
    """
    drafts = [_Draft(reserved=len(opening_events))]

    def room_for(cost: int, size: int = 0) -> _Draft:
        if drafts[-1].actions + cost > _ROOM or drafts[-1].size + size > _SIZE:
            drafts.append(_Draft())
        return drafts[-1]

    moves = list(moves)
    moving = {move.order.order_num for move in moves}
    # Endings that a crash cut off from their releases: nothing else waits for them, so they come first.
    for num in releases.keys() - moving:
        for dependent in releases[num]:
            room_for(1).releases.setdefault(dependent, set()).add(num)
    for move in moves:
        num = move.order.order_num
        room_for(_cost(move), _size(move.order)).moves[num] = move
        for dependent in releases.get(num, ()):
            room_for(1).releases.setdefault(dependent, set()).add(num)

    transactions = []
    for place, draft in enumerate(drafts):
        change = opening if place == 0 else RunChange()
        if place == len(drafts) - 1:
            change = change | closing
        transactions.append(draft.transaction(run.run_id, epochs, change, opening_events if place == 0 else ()))
    return [one for one in transactions if not one.is_empty]
