from __future__ import annotations

from itertools import pairwise

from contracts.examples import a_run, an_order

from execution_engine.orders.first_events import first_events

RUN = "00000000-0000-4000-8000-000000000001"


def test_each_order_has_one_line_and_their_times_go_up_from_the_runs_beginning() -> None:
    run = a_run(RUN)
    orders = [an_order(RUN, f"{place:04d}") for place in range(1, 200)]
    events = first_events(run, orders)
    assert [(event.order_num, event.event_type, event.status) for event in events] == [
        (order.order_num, "queued", "queued") for order in orders
    ]
    assert events[0].epoch == round(run.created_at, 6)
    assert all(earlier.epoch < later.epoch for earlier, later in pairwise(events))
    assert {event.trace_id for event in events} == {run.trace_id}


def test_the_same_orders_have_the_same_keys_whenever_they_are_asked_for() -> None:
    run = a_run(RUN)
    orders = [an_order(RUN, f"{place:04d}") for place in range(1, 6)]
    later = [an_order(RUN, order.order_num, attempt=1, last_update=run.created_at + 99) for order in orders]
    keys = [event.sk for event in first_events(run, orders)]
    assert [event.sk for event in first_events(run, later)] == keys
    assert [event.sk for event in first_events(run, later[:3])] == keys[:3]
