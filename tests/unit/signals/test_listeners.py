from __future__ import annotations

from contracts.examples import a_run, an_order
from structlog.testing import capture_logs

from execution_engine.orders.order import Order
from execution_engine.orders.run import Run
from execution_engine.orders.transaction import Transaction
from execution_engine.signals.listeners import Listeners

RUN = "00000000-0000-4000-8000-000000000001"


class Listener:
    def __init__(self, failing: bool = False) -> None:
        self.heard: list[str] = []
        self._failing = failing

    def committed(self, transaction: Transaction) -> None:
        self._hear("committed")

    def completed(self, run: Run) -> None:
        self._hear("completed")

    def ended(self, run: Run, epoch: float) -> None:
        self._hear(f"ended {epoch}")

    def ended_from_outside(self, order: Order) -> None:
        self._hear("ended_from_outside")

    def dead_letters(self, count: int) -> None:
        self._hear(f"dead_letters {count}")

    def _hear(self, what: str) -> None:
        self.heard.append(what)
        if self._failing:
            raise OSError(what)


def test_all_hear_all_and_none_stands_in_the_way() -> None:
    bad, good = Listener(failing=True), Listener()
    listeners = Listeners([bad, good])
    with capture_logs() as lines:
        listeners.committed(Transaction(run_id=RUN))
        listeners.completed(a_run(RUN))
        listeners.ended(a_run(RUN), 5.0)
        listeners.ended_from_outside(an_order(RUN))
        listeners.dead_letters(2)
    assert good.heard == ["committed", "completed", "ended 5.0", "ended_from_outside", "dead_letters 2"]
    assert bad.heard == good.heard
    assert [line["error"] for line in lines] == [f"OSError: {what}" for what in bad.heard]
