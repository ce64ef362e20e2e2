"""What one pass over a run decides, as a value: what to ask, watch, write, launch, and what is left over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from execution_engine.orders.move import Move
from execution_engine.orders.order import Order
from execution_engine.orders.run import Run
from execution_engine.orders.status import Reason
from execution_engine.orders.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Limits:
    """``max_in_flight``: orders of a run out at once. ``settle``: endings that one pass follows up before
    it leaves the rest to the next. ``page``: rows read at once. ``pages``: of candidates a pass."""

    max_in_flight: int
    settle: int = 200
    page: int = 100
    pages: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """To be acted on in the order of its fields: mark, ask, watch and write, launch.

    ``leftover``: orders that the next pass must look at because this one did not get to them. ``asks``:
    orders that are out and must be asked to stop. ``dispatches``: as they are once the transactions are
    written. ``run``: likewise. ``more``: the run has work left that no callback will announce.
    """

    leftover: frozenset[str]
    asks: tuple[Order, ...]
    dispatches: tuple[Order, ...]
    transactions: tuple[Transaction, ...]
    run: Run
    more: bool
    stop: str | None

    @property
    def moves(self) -> Iterator[Move]:
        for transaction in self.transactions:
            yield from transaction.moves

    def why_asked(self, order: Order) -> str:
        """The reason why one of ``asks`` is to stop."""
        return str(self.stop if order.damaged is None else Reason.RECORD_UNREADABLE)
