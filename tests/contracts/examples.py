"""Runs, orders and transactions to try stores with."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

from execution_engine.orders.event import Epochs, Event
from execution_engine.orders.machine import Trigger
from execution_engine.orders.move import Move
from execution_engine.orders.order import Order
from execution_engine.orders.packing import move_event
from execution_engine.orders.run import Phase, Run, Tally
from execution_engine.orders.transaction import RunChange, Transaction

NOW = 1_700_000_000.123456
_runs = count(1)


def new_run_id() -> str:
    """Each test has a run of its own, so that backends need no emptying."""
    return f"00000000-0000-4000-8000-{next(_runs):012d}"


def a_run(run_id: str, **changes: Any) -> Run:
    run = Run(
        run_id=run_id,
        trace_id=f"trace-{run_id}",
        flow_id=f"ann:trace-{run_id}-exec",
        username="ann",
        phase=Phase.RUNNING,
        total=2,
        created_at=NOW,
        deadline=NOW + 3600,
        ttl=int(NOW) + 100_000,
        last_epoch=NOW + 0.000002,
        sops_key_path=f"/engine/runs/{run_id}/age-key",
        tally=Tally(open=2),
    )
    return replace(run, **changes)


def an_order(run_id: str, num: str = "0001", **changes: Any) -> Order:
    order = Order(
        run_id=run_id,
        order_num=num,
        trace_id=f"trace-{run_id}",
        flow_id=f"ann:trace-{run_id}-exec",
        order_name=f"order-{num}",
        queue_id=num,
        execution_target="lambda",
        cmds=("true",),
        timeout=30.5,
        bundle_sha256="ab" * 32,
        sops_key_path=f"/engine/runs/{run_id}/age-key",
        created_at=NOW,
        last_update=NOW,
        deadline=NOW + 3600,
        ttl=int(NOW) + 100_000,
    )
    return replace(order, **changes)


def dispatched(order: Order, attempt: int = 1) -> Move:
    return Move(order, Trigger.DISPATCH, {"attempt": attempt, "launches": 1, "dispatched_at": NOW + 1})


def moved(*moves: Move, run: RunChange | None = None, releases: dict[str, frozenset[str]] | None = None) -> Transaction:
    """What these moves write, with their events and their run's counts."""
    epochs = Epochs(NOW, NOW + 1)
    counted = sum((Tally.of_move(move.order, move.after) for move in moves), Tally())
    return Transaction(
        run_id=moves[0].order.run_id,
        moves=moves,
        releases=releases or {},
        events=tuple(move_event(move, epochs.next()) for move in moves),
        run=(run or RunChange()) | RunChange(tally=counted, last_epoch=epochs.last),
    )


def an_event(run: Run, order_name: str = "order-0001", epoch: float = NOW, **changes: Any) -> Event:
    event = Event(
        trace_id=run.trace_id,
        order_name=order_name,
        epoch=epoch,
        event_type="queued",
        status="queued",
        run_id=run.run_id,
        flow_id=run.flow_id,
        order_num="0001",
    )
    return replace(event, **changes)
