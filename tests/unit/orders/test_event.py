from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from contracts.examples import a_run, an_event

from execution_engine.orders.event import Epochs

RUN = "00000000-0000-4000-8000-000000000001"
NOW = 1_700_000_000.123456


def test_epochs_go_up_by_a_microsecond_at_least() -> None:
    epochs = Epochs(0.0, NOW)
    given = [epochs.next() for _ in range(5_000)]
    assert given[0] == NOW
    assert all(later - earlier > 0.9e-6 for earlier, later in pairwise(given))
    assert len({f"{one:.6f}" for one in given}) == 5_000
    assert all(one == round(one, 6) for one in given)


def test_epochs_go_up_when_the_clock_goes_back() -> None:
    behind = Epochs(NOW, NOW - 3_600)
    first, second = behind.next(), behind.next()
    assert (f"{first:.6f}", f"{second:.6f}") == (f"{NOW + 1e-6:.6f}", f"{NOW + 2e-6:.6f}")
    assert behind.last == second


def test_who_goes_on_from_the_last_epoch_gives_none_twice() -> None:
    first = Epochs(0.0, NOW)
    given = [first.next() for _ in range(3)]
    second = Epochs(first.last, NOW)
    given += [second.next() for _ in range(3)]
    assert sorted(set(given)) == given


def test_a_clock_that_moved_on_is_believed() -> None:
    assert Epochs(NOW, NOW + 5).next() == round(NOW + 5, 6)


def test_no_two_events_share_a_key() -> None:
    event = an_event(a_run(RUN), "build", NOW)
    others = [
        event,
        replace(event, order_name="test"),
        replace(event, epoch=NOW + 1e-6),
        replace(event, run_id=RUN[:-1] + "2"),
    ]
    assert len({one.sk for one in others}) == 4
    assert event.sk == f"build:1700000000.123456:{RUN}"


def test_keys_of_one_order_sort_by_time() -> None:
    event = an_event(a_run(RUN), "build", NOW)
    later = [replace(event, epoch=NOW + step) for step in (0, 1e-6, 0.5, 1_000)]
    assert sorted(one.sk for one in later) == [one.sk for one in later]
