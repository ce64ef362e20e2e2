"""Who is told of what has become true, beside the history: whoever counts, whoever waits for news."""

from __future__ import annotations

from typing import Protocol

from execution_engine.orders.order import Order
from execution_engine.orders.run import Run
from execution_engine.orders.transaction import Transaction


class Signals(Protocol):
    """Told after it is written, so that nobody hears of what never came to be. Whoever listens raises nothing: a run
    goes the same way whether it is heard of or not. Who dies in between has told nothing."""

    def committed(self, transaction: Transaction) -> None:
        """These moves were made."""
        ...

    def completed(self, run: Run) -> None:
        """``completed_at`` is in its record. Once a run."""
        ...

    def ended(self, run: Run, epoch: float) -> None:
        """The same, with the epoch of the run's last event; but again each time that the run's end is gone through,
        so that it is told at least once. Before ``done`` is written."""
        ...

    def ended_from_outside(self, order: Order) -> None:
        """A watchdog had to write the result: nobody else would have."""
        ...

    def dead_letters(self, count: int) -> None:
        """So many came in."""
        ...


class Silence:
    """Nobody listens."""

    def committed(self, transaction: Transaction) -> None: ...

    def completed(self, run: Run) -> None: ...

    def ended(self, run: Run, epoch: float) -> None: ...

    def ended_from_outside(self, order: Order) -> None: ...

    def dead_letters(self, count: int) -> None: ...


SILENCE = Silence()
