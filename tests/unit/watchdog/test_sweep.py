"""What a submission left that died is removed: rows, events, objects, the key; its record last."""

from __future__ import annotations

import pytest
from contracts.examples import a_run, an_order
from fakes.bucket import MemoryBucket
from fakes.calls import Calls, Crash, Side
from fakes.objects import Objects
from fakes.records import MemoryRecords
from fakes.services import MemoryKeys
from fakes.time_and_ids import FakeClock

from execution_engine.jobs.naming import bundle_key, code_key
from execution_engine.orders.first_events import first_events
from execution_engine.orders.run import Phase, Run
from execution_engine.watchdog.sweep import Sweep

RUN = "00000000-0000-4000-8000-000000000001"
OTHER = "00000000-0000-4000-8000-000000000002"


class Stand:
    """A submission of ``total`` orders, of which ``rows`` were written with ``lines`` of history."""

    def __init__(self, total: int, rows: int, lines: int) -> None:
        self.calls = Calls()
        self.records = MemoryRecords(self.calls)
        self.keys = MemoryKeys(self.calls)
        self.objects = Objects(FakeClock())
        self.sweep = Sweep(self.records, self.keys, MemoryBucket(self.calls, self.objects))
        self.run = self._submission(RUN, total, rows, lines)
        self._submission(OTHER, 1, 1, 1)
        self.others = self.left(OTHER)

    def _submission(self, run_id: str, total: int, rows: int, lines: int) -> Run:
        run = a_run(run_id, phase=Phase.SUBMITTING, total=total)
        orders = [an_order(run_id, f"{place:04d}") for place in range(1, total + 1)]
        self.records.create_run(run)
        self.records.add_orders(orders[:rows], first_events(run, orders)[:lines])
        self.keys.put(run.sops_key_path, "key", 0)
        self.objects.put(code_key(run_id, "ab" * 32), b"")
        for order in orders:
            self.objects.put(bundle_key(run_id, order.order_num), b"")
        return run

    def left(self, run_id: str) -> tuple[object, ...]:
        return (
            sorted(key for key in self.records.items.all if key[0] == run_id),
            self.records.events(run_id),
            self.objects.keys(f"tmp/exec/{run_id}/"),
            [path for path in self.keys.held if run_id in path],
        )


@pytest.mark.parametrize(("total", "rows", "lines"), [(1, 0, 0), (3, 2, 0), (3, 3, 2), (260, 260, 260), (260, 130, 0)])
def test_nothing_is_left_and_no_other_run_is_touched(total: int, rows: int, lines: int) -> None:
    stand = Stand(total, rows, lines)
    stand.sweep(stand.run)
    assert stand.left(RUN) == ([], [], [], [])
    assert stand.left(OTHER) == stand.others


def test_a_sweep_that_dies_anywhere_is_done_again_and_finds_the_run() -> None:
    walked = 0
    for side in Side:
        for index in range(1, 100):
            stand = Stand(30, 30, 30)
            with stand.calls.points(stand.calls.crash_at(index, side)):
                try:
                    stand.sweep(stand.run)
                except Crash:
                    walked += 1
                else:
                    break
            if stand.left(RUN) != ([], [], [], []):
                run = stand.records.read(RUN, with_run=True).run
                assert run is not None, "something is left, and nobody would look for it"
                stand.sweep(run)
            assert stand.left(RUN) == ([], [], [], [])
    assert walked >= 12
