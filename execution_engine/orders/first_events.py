"""The first line of each order's history. Also what a sweep of a submission that died looks for."""

from __future__ import annotations

from collections.abc import Iterable

from execution_engine.orders.event import Epochs, Event
from execution_engine.orders.order import Order
from execution_engine.orders.run import Run


def first_events(run: Run, orders: Iterable[Order]) -> list[Event]:
    """``orders`` in the order of the job, all of them: the epochs follow from the places."""
    epochs = Epochs(0.0, run.created_at)
    return [
        Event(
            trace_id=run.trace_id,
            order_name=order.order_name,
            epoch=epochs.next(),
            event_type=str(order.status),
            status=str(order.status),
            run_id=run.run_id,
            flow_id=run.flow_id,
            order_num=order.order_num,
            data={"execution_target": order.execution_target},
        )
        for order in orders
    ]
