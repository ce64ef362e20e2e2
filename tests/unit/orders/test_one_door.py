"""In the stores too, an order's status changes by a committed move and by nothing else.

Every method of ``Records`` that writes is listed here; one that is added must say on which side it is.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import suppress

import pytest
from contracts.aws import Aws
from contracts.examples import NOW, an_event, dispatched, moved
from contracts.records_backend import InMemory, OnAws, RecordsBackend, order_of, run_of, stored

from execution_engine.errors import ConditionLost
from execution_engine.orders.machine import Trigger
from execution_engine.orders.move import Move
from execution_engine.orders.order import Order
from execution_engine.orders.run import Phase, Tally
from execution_engine.orders.status import Status
from execution_engine.orders.store import Records
from execution_engine.orders.transaction import RunChange, Transaction

Act = Callable[[RecordsBackend, Order], None]

MAKES_OR_REMOVES = {"add_orders", "create_run", "discard"}
"""A record as a whole: a new one, or none."""

READS = {"read", "inspect"}

REPAIRS = {"repair"}
"""Law 1's one exception (``orders.mending``): a record that can't be read gets a status that it can be read with."""


def _complete(backend: RecordsBackend, order: Order) -> None:
    backend.records.commit(Transaction(run_id=order.run_id, run=RunChange(tally=Tally(open=-2))))
    run = run_of(backend, order.run_id)
    event = an_event(run, "_job", NOW + 9, event_type="job_completed", status="failed", order_num=None)
    backend.records.complete(run, event)


def _commit_without_a_move(backend: RecordsBackend, order: Order) -> None:
    run = run_of(backend, order.run_id)
    change = RunChange(status="failed", phase=Phase.RUNNING, stop="cancelled", cursor=2, tally=Tally(failed=1))
    event = an_event(run, event_type="failed", status="failed", epoch=NOW + 5)
    backend.records.commit(
        Transaction(
            run_id=order.run_id,
            releases={order.order_num: frozenset({"0002"})},
            events=(event,),
            run=change,
        )
    )
    backend.records.commit(Transaction(run_id=order.run_id, events=(event,), appends={order.order_num: (0, 1)}))


OTHER_WRITES: dict[str, Act] = {
    "commit": _commit_without_a_move,
    "relaunched": lambda backend, order: backend.records.relaunched(order, NOW + 5),
    "launched": lambda backend, order: backend.records.launched(order, "succeeded", "https://example.org/failed"),
    "ask_to_stop": lambda backend, order: backend.records.ask_to_stop(order.run_id, "cancelled"),
    "confirm": lambda backend, order: backend.records.confirm(order.run_id),
    "withdraw": lambda backend, order: backend.records.withdraw(order.run_id),
    "complete": _complete,
}


@pytest.fixture(params=["memory", "aws"])
def backend(request: pytest.FixtureRequest, aws: Aws) -> RecordsBackend:
    return InMemory() if request.param == "memory" else OnAws(aws)


def test_every_method_of_the_store_is_known() -> None:
    methods = {name for name, _ in inspect.getmembers(Records, inspect.isfunction) if not name.startswith("_")}
    assert methods == MAKES_OR_REMOVES | READS | REPAIRS | OTHER_WRITES.keys()


@pytest.mark.parametrize("write", sorted(OTHER_WRITES))
@pytest.mark.parametrize("status", [Status.QUEUED, Status.DISPATCHED, Status.RUNNING])
def test_no_other_write_changes_a_status(backend: RecordsBackend, run_id: str, write: str, status: Status) -> None:
    _, order, _ = stored(backend, run_id, first={"status": status, "attempt": 1, "waiting": frozenset({"0002"})})
    with suppress(ConditionLost):  # some are only for orders that are out
        OTHER_WRITES[write](backend, order)
    assert [order_of(backend, run_id, num).status for num in ("0001", "0002")] == [status, Status.QUEUED]


@pytest.mark.parametrize("write", sorted(OTHER_WRITES))
def test_those_writes_do_write(backend: RecordsBackend, run_id: str, write: str) -> None:
    run, order, _ = stored(
        backend,
        run_id,
        run={"phase": Phase.SUBMITTING} if write == "withdraw" else {},
        first={"status": Status.DISPATCHED, "attempt": 1, "waiting": frozenset({"0002"})},
    )
    OTHER_WRITES[write](backend, order)
    assert (order_of(backend, run_id), run_of(backend, run_id)) != (order, run)


def test_a_move_does(backend: RecordsBackend, run_id: str) -> None:
    _, order, _ = stored(backend, run_id)
    backend.records.commit(moved(dispatched(order)))
    assert order_of(backend, run_id).status is Status.DISPATCHED


@pytest.mark.parametrize("status", [Status.SUCCEEDED, Status.FAILED, Status.TIMED_OUT])
@pytest.mark.parametrize("trigger", [Trigger.SUCCEED, Trigger.FAIL, Trigger.TIME_OUT, Trigger.REQUEUE])
def test_what_is_final_stays_so_for_who_read_it_before(
    backend: RecordsBackend, run_id: str, status: Status, trigger: Trigger
) -> None:
    _, order, _ = stored(backend, run_id, first={"status": Status.RUNNING, "attempt": 1})
    late = moved(Move(order, trigger, {"reason": "late"}))
    end = {Status.SUCCEEDED: Trigger.SUCCEED, Status.FAILED: Trigger.FAIL, Status.TIMED_OUT: Trigger.TIME_OUT}[status]
    backend.records.commit(moved(Move(order, end)))
    with pytest.raises(ConditionLost):
        backend.records.commit(late)
    found = order_of(backend, run_id)
    assert (found.status, found.reason) == (status, None)
