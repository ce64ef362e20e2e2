from __future__ import annotations

from contracts.examples import NOW, a_run, an_event, an_order, dispatched

from execution_engine.orders.run import Phase, Tally
from execution_engine.orders.transaction import RunChange, Transaction

RUN = "00000000-0000-4000-8000-000000000001"


def test_two_changes_of_a_run_are_one() -> None:
    first = RunChange(tally=Tally(open=-1), cursor=3, ready_add=frozenset({"0001"}), last_epoch=NOW)
    second = RunChange(
        tally=Tally(open=-1, failed=1),
        ready_add=frozenset({"0002"}),
        ready_remove=frozenset({"0003"}),
        last_epoch=NOW + 1,
    )
    assert first | second == RunChange(
        tally=Tally(open=-2, failed=1),
        cursor=3,
        ready_add=frozenset({"0001", "0002"}),
        ready_remove=frozenset({"0003"}),
        last_epoch=NOW + 1,
    )


def test_nothing_changes_what_it_is_merged_with() -> None:
    change = RunChange(phase=Phase.RUNNING, from_phase=Phase.SUBMITTING, stop="cancelled", stop_cursor=2)
    assert change | RunChange() == change == RunChange() | change


def test_a_value_of_zero_is_a_value() -> None:
    assert (RunChange(cursor=5) | RunChange(cursor=0)).cursor == 0


def test_an_order_that_is_moved_and_released_is_written_once() -> None:
    transaction = Transaction(
        run_id=RUN,
        moves=(dispatched(an_order(RUN)),),
        releases={"0001": frozenset({"0003"}), "0002": frozenset({"0003"})},
        events=(an_event(a_run(RUN)),),
        run=RunChange(cursor=1),
    )
    assert list(transaction.touched) == ["0001", "0002"]
    assert transaction.actions == 4


def test_what_changes_nothing_is_empty() -> None:
    assert Transaction(run_id=RUN).is_empty
    assert Transaction(run_id=RUN, run=RunChange()).is_empty
    assert not Transaction(run_id=RUN, run=RunChange(stop_cursor=0)).is_empty
    assert not Transaction(run_id=RUN, releases={"0001": frozenset({"0002"})}).is_empty
    assert not Transaction(run_id=RUN, events=(an_event(a_run(RUN)),)).is_empty
