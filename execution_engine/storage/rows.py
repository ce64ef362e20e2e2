"""Between the engine's values and the tables' rows, both ways. A row that can't be understood names itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from execution_engine.errors import RowUnreadable
from execution_engine.jobs.naming import RUN_NUM, row_key
from execution_engine.orders.event import Event
from execution_engine.orders.order import Order
from execution_engine.orders.run import Phase, Run, Tally
from execution_engine.orders.status import Status
from execution_engine.storage.models import EventRow, OrderRow, RunRow, Tables

EVENT_LIFETIME = 90 * 24 * 3600
"""Seconds that history is kept (contract section 4)."""

_ORDER_FIELDS = [field.name for field in fields(Order)]
_TALLY_FIELDS = [field.name for field in fields(Tally)]
_RUN_FIELDS = [field.name for field in fields(Run) if field.name not in ("run_id", "tally")]


def plain(value: Any) -> Any:
    """A value as a row holds it: no empty sets, lists for tuples."""
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, frozenset):
        return set(value) or None
    if isinstance(value, str):
        return str(value)
    return value


def order_row(tables: Tables, order: Order) -> OrderRow:
    values = {name: plain(getattr(order, name)) for name in _ORDER_FIELDS}
    return tables.order(row_key(order.run_id, order.order_num), **values)


def run_row(tables: Tables, run: Run) -> RunRow:
    values = {name: plain(getattr(run, name)) for name in _RUN_FIELDS}
    return tables.run(row_key(run.run_id, RUN_NUM), **values, **asdict(run.tally))


def event_row(tables: Tables, event: Event) -> EventRow:
    return tables.event(
        event.trace_id,
        event.sk,
        order_name=event.order_name,
        epoch=event.epoch,
        event_type=event.event_type,
        status=event.status,
        run_id=event.run_id,
        flow_id=event.flow_id,
        order_num=event.order_num,
        data=dict(event.data) if event.data is not None else None,
        ttl=int(event.epoch) + EVENT_LIFETIME,
    )


def read_order(tables: Tables, raw: Mapping[str, Any]) -> Order:
    key = _key(raw)
    try:
        row = tables.order.from_raw_data(dict(raw))
        values = {name: getattr(row, name) for name in _ORDER_FIELDS}
        values["status"] = Status(values["status"])
        values["waiting"] = frozenset(values["waiting"] or ())
        for name in ("cmds", "dependencies", "dependents"):
            values[name] = tuple(values[name])
        if key != row_key(values["run_id"], values["order_num"]):
            raise ValueError("its key is another order's")
        _no_gaps(values, Order)
        return Order(**values)
    except (ValueError, TypeError, AttributeError) as error:
        raise RowUnreadable(key, f"{type(error).__name__}: {error}") from error


def read_run(tables: Tables, raw: Mapping[str, Any]) -> Run:
    key = _key(raw)
    try:
        row = tables.run.from_raw_data(dict(raw))
        values = {name: getattr(row, name) for name in _RUN_FIELDS}
        values["phase"] = Phase(values["phase"])
        values["status"] = Status(values["status"]) if values["status"] else None
        values["ready"] = frozenset(values["ready"] or ())
        tally = Tally(**{name: int(getattr(row, name)) for name in _TALLY_FIELDS})
        run_id, _, _ = key.rpartition(":")
        _no_gaps(values, Run)
        return Run(run_id=run_id, tally=tally, **values)
    except (ValueError, TypeError, AttributeError) as error:
        raise RowUnreadable(key, f"{type(error).__name__}: {error}") from error


def read_event(tables: Tables, raw: Mapping[str, Any]) -> Event:
    key = f"{raw.get('trace_id', {}).get('S')}/{raw.get('sk', {}).get('S')}"
    try:
        row = tables.event.from_raw_data(dict(raw))
        names = [field.name for field in fields(Event)]
        values = {name: getattr(row, name) for name in names}
        _no_gaps(values, Event)
        return Event(**values)
    except (ValueError, TypeError, AttributeError) as error:
        raise RowUnreadable(key, f"{type(error).__name__}: {error}") from error


def _key(raw: Mapping[str, Any]) -> str:
    return str(raw.get("pk", {}).get("S", "?"))


def _no_gaps(values: Mapping[str, Any], kind: type) -> None:
    """The model lets a missing attribute pass as None; here only optional ones may be."""
    for field in fields(kind):
        if field.name in values and values[field.name] is None and "None" not in str(field.type):
            raise ValueError(f"it has no {field.name}")
