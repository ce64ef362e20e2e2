"""What a pass decided, folded into transactions that may stop after any of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from contracts.examples import NOW, a_run, an_event, an_order
from hypothesis import given
from hypothesis import strategies as st

from execution_engine.orders.event import Epochs
from execution_engine.orders.judgement import reserve
from execution_engine.orders.machine import Trigger
from execution_engine.orders.move import Move
from execution_engine.orders.packing import pack
from execution_engine.orders.run import Phase, Tally
from execution_engine.orders.status import Status
from execution_engine.orders.transaction import RunChange, Transaction

RUN = "00000000-0000-4000-8000-000000000001"
RELEASED = frozenset[tuple[str, str]]


def num(place: int) -> str:
    return f"{place:04d}"


def ending(place: int) -> Move:
    return Move(an_order(RUN, num(place), status=Status.RUNNING, attempt=1), Trigger.SUCCEED, {"ended_at": NOW})


def dispatch(place: int, *needs: int) -> Move:
    return reserve(an_order(RUN, num(place), waiting=frozenset(num(need) for need in needs)), NOW)


def packed(
    moves: Sequence[Move],
    releases: Mapping[str, Sequence[str]] | None = None,
    *,
    opening: RunChange | None = None,
    closing: RunChange | None = None,
    starting: bool = False,
) -> list[Transaction]:
    run = a_run(RUN, total=1_000)
    told = an_event(run, "_job", NOW, event_type="job_started", order_num=None)
    return pack(
        run,
        moves,
        releases or {},
        Epochs(NOW, NOW),
        opening=opening or RunChange(),
        opening_events=(told,) if starting else (),
        closing=closing or RunChange(),
    )


def check(transactions: Sequence[Transaction]) -> None:
    """What holds for each, and after each."""
    ended: set[str] = set()
    released: set[tuple[str, str]] = set()
    epochs: list[float] = []
    for one in transactions:
        touched = list(one.touched)
        assert len(touched) == len(set(touched)), "an item twice"
        assert one.actions <= 100
        ended |= {move.order.order_num for move in one.moves if move.target in (Status.SUCCEEDED, Status.FAILED)}
        released |= {(dependent, freed) for dependent, all_freed in one.releases.items() for freed in all_freed}
        for move in one.moves:
            if move.trigger is Trigger.DISPATCH:
                missing = {need for need in move.order.waiting if (move.order.order_num, need) not in released}
                assert not missing, f"{move.order.order_num} is dispatched before its releases from {missing}"
        assert len(one.moves) <= len(one.events)
        epochs += [event.epoch for event in one.events]
        if one.events and one.run is not None:
            assert one.run.last_epoch == one.events[-1].epoch
    assert epochs == sorted(set(epochs))


def test_a_small_pass_is_one_transaction() -> None:
    (one,) = packed([ending(1), dispatch(2, 1)], {"0001": ["0002"]}, closing=RunChange(cursor=5))
    assert [move.order.order_num for move in one.moves] == ["0001", "0002"]
    assert one.releases == {"0002": frozenset({"0001"})}
    assert [(event.order_num, event.event_type) for event in one.events] == [
        ("0001", "succeeded"),
        ("0002", "dispatched"),
    ]
    assert one.run == RunChange(
        tally=Tally(open=-1, in_flight=0, succeeded=1),
        cursor=5,
        last_epoch=one.events[-1].epoch,
        from_epoch=NOW,
    )
    check([one])


def test_nothing_decided_is_nothing_written() -> None:
    assert packed([]) == []


def test_the_runs_beginning_comes_first_and_its_counters_last() -> None:
    start = RunChange(phase=Phase.RUNNING, from_phase=Phase.SUBMITTING)
    transactions = packed(
        [dispatch(place) for place in range(1, 121)], opening=start, closing=RunChange(cursor=120), starting=True
    )
    assert len(transactions) == 3
    phases = [one.run and (one.run.phase, one.run.from_phase, one.run.cursor) for one in transactions]
    assert phases == [(Phase.RUNNING, Phase.SUBMITTING, None), (None, None, None), (None, None, 120)]
    assert transactions[0].events[0].event_type == "job_started"
    assert sum((one.run.tally for one in transactions if one.run), Tally()) == Tally(in_flight=120)
    check(transactions)


def test_releases_that_a_crash_cut_off_from_their_ending_come_first() -> None:
    transactions = packed([dispatch(2, 1)], {"0001": ["0002", "0003"]})
    assert transactions[0].releases == {"0002": frozenset({"0001"}), "0003": frozenset({"0001"})}
    check(transactions)


@pytest.mark.parametrize("width", [10, 97, 98, 99, 100, 500])
def test_one_ending_may_release_any_number(width: int) -> None:
    dependents = range(2, width + 2)
    moves = [ending(1), *(dispatch(place, 1) for place in dependents)]
    transactions = packed(moves, {"0001": [num(place) for place in dependents]})
    check(transactions)
    released = {dependent for one in transactions for dependent in one.releases}
    assert released == {num(place) for place in dependents}
    assert sum(len(one.moves) for one in transactions) == width + 1


@given(
    ended=st.integers(0, 60),
    cut_off=st.integers(0, 5),
    needs=st.lists(st.frozensets(st.integers(0, 64), min_size=1, max_size=6), max_size=60),
    roots=st.integers(0, 60),
    starting=st.booleans(),
)
def test_whatever_is_packed(ended: int, cut_off: int, needs: list[frozenset[int]], roots: int, starting: bool) -> None:
    """Orders 1… end now, 101… ended before a crash; 201… depend on some of both, 301… on none."""
    causes = [*range(1, ended + 1), *range(101, 101 + cut_off)]
    releases: dict[str, list[str]] = {}
    dependents = []
    for place, wanted in enumerate(needs, 201):
        chosen = sorted({causes[one % len(causes)] for one in wanted}) if causes else []
        for cause in chosen:
            releases.setdefault(num(cause), []).append(num(place))
        dependents.append(dispatch(place, *chosen))
    moves = [ending(place) for place in range(1, ended + 1)]
    moves += dependents + [dispatch(place) for place in range(301, 301 + roots)]
    transactions = packed(moves, releases, closing=RunChange(cursor=3), starting=starting)
    check(transactions)
    written = [move for one in transactions for move in one.moves]
    assert written == moves
    found = {(dependent, cause) for one in transactions for dependent, all_ in one.releases.items() for cause in all_}
    assert found == {(dependent, cause) for cause, all_ in releases.items() for dependent in all_}
    assert len(transactions) <= 1 + (2 * len(moves) + len(found) + starting) // 97


def test_a_start_that_is_first_heard_of_with_its_end_is_told_before_it() -> None:
    fast = an_order(RUN, "0001", status=Status.DISPATCHED, attempt=1)
    (one,) = packed([Move(fast, Trigger.SUCCEED, {"exit_code": 0}, Trigger.START)])
    assert [(event.event_type, dict(event.data or {})) for event in one.events] == [
        ("running", {"attempt": 1}),
        ("succeeded", {"attempt": 1, "exit_code": 0}),
    ]
    assert one.events[0].epoch < one.events[1].epoch
    assert one.actions == 4  # the order, its two events, the run


def test_no_transaction_is_too_large_when_every_order_has_two_events() -> None:
    orders = [an_order(RUN, num(place), status=Status.DISPATCHED, attempt=1) for place in range(1, 101)]
    made = packed([Move(order, Trigger.FAIL, {}, Trigger.START) for order in orders])
    assert sum(len(one.events) for one in made) == 200
    assert all(one.actions <= 100 for one in made)
