"""Between the engine's values and the tables' rows, both ways. A row that can't be understood names itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from pynamodb.models import Model

from execution_engine.errors import RowUnreadable
from execution_engine.jobs.naming import RUN_NUM, row_key
from execution_engine.orders.event import Event
from execution_engine.orders.order import Order
from execution_engine.orders.run import Phase, Run, Tally
from execution_engine.orders.soundness import order_faults, run_faults
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
    values, faults = order_values(tables, *split_key(raw), raw)
    _refuse(raw, faults)
    return Order(**{**values, "status": Status(values["status"])})


def read_run(tables: Tables, raw: Mapping[str, Any]) -> Run:
    values, faults = run_values(tables, raw)
    _refuse(raw, faults)
    tally = Tally(**{name: values.pop(name) for name in _TALLY_FIELDS})
    status = Status(values["status"]) if "status" in values else None
    return Run(**{**values, "phase": Phase(values["phase"]), "status": status}, run_id=split_key(raw)[0], tally=tally)


def order_values(
    tables: Tables, run_id: str, num: str, raw: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, str]]:
    """An order's attributes as far as they are sound, and what is wrong with the others."""
    values, foreign = _decode(tables.order, raw)
    return _sound(values, {**order_faults(run_id, num, values), **foreign})


def run_values(tables: Tables, raw: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    values, foreign = _decode(tables.run, raw)
    return _sound(values, {**run_faults(values), **foreign})


def split_key(raw: Mapping[str, Any]) -> tuple[str, str]:
    """The run's id and the order's number, by the record's key."""
    run_id, _, num = _key(raw).rpartition(":")
    return run_id, num


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


def _decode(model: type[Model], raw: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """What is there, as the engine has it, and what is not even of its attribute's type."""
    values: dict[str, Any] = {}
    foreign: dict[str, str] = {}
    for name, attribute in model.get_attributes().items():
        found = raw.get(name)
        if name == "pk" or found is None or "NULL" in found:
            continue
        try:
            value = attribute.deserialize(attribute.get_value(found))
        except (ValueError, TypeError, AttributeError) as error:
            foreign[name] = f"is no such type ({type(error).__name__})"
            continue
        if isinstance(value, list):
            value = tuple(value)
        values[name] = frozenset(value) if isinstance(value, set) else value
    return values, foreign


def _sound(values: dict[str, Any], faults: dict[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    return {name: value for name, value in values.items() if name not in faults}, faults


def _refuse(raw: Mapping[str, Any], faults: Mapping[str, str]) -> None:
    if faults:
        raise RowUnreadable(_key(raw), "; ".join(f"{name} {why}" for name, why in faults.items()))


def _key(raw: Mapping[str, Any]) -> str:
    return str(raw.get("pk", {}).get("S", "?"))


def _no_gaps(values: Mapping[str, Any], kind: type) -> None:
    """The model lets a missing attribute pass as None; here only optional ones may be."""
    for field in fields(kind):
        if field.name in values and values[field.name] is None and "None" not in str(field.type):
            raise ValueError(f"it has no {field.name}")
