"""Records that can't be read: found as far as they go, and written anew where they are as they were found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from execution_engine.jobs.naming import RUN_NUM, row_key
from execution_engine.orders.order import Order
from execution_engine.orders.run import Run
from execution_engine.orders.wreck import Wreck
from execution_engine.storage.models import Tables
from execution_engine.storage.rows import order_row, order_values, run_row, run_values

Raw = Mapping[str, Any]
"""An item in DynamoDB's JSON."""


def wreck_of(tables: Tables, run_id: str, num: str, raw: Raw | None) -> Wreck | None:
    """None if the record can be read."""
    if raw is None:
        return Wreck(run_id=run_id, num=num, values={}, faults={}, gone=True)
    values, faults = run_values(tables, raw) if num == RUN_NUM else order_values(tables, run_id, num, raw)
    return Wreck(run_id=run_id, num=num, values=values, faults=faults, seen=dict(raw)) if faults else None


def repair_request(tables: Tables, wreck: Wreck, mended: Order | Run) -> dict[str, Any]:
    """An update of what differs, on the condition that every attribute the engine knows is as it was found."""
    row = order_row(tables, mended) if isinstance(mended, Order) else run_row(tables, mended)
    model = type(row)
    wanted: Raw = row.serialize()
    found: Raw = wreck.seen or {}
    names, values, conditions, sets, removes = {}, {}, [], [], []
    for place, name in enumerate(sorted(model.get_attributes().keys() - {"pk"})):
        names[f"#{place}"] = name
        if name in found:
            values[f":f{place}"] = found[name]
            conditions.append(f"#{place} = :f{place}")
        else:
            conditions.append(f"attribute_not_exists(#{place})")
        if wanted.get(name) == found.get(name):
            continue
        if name in wanted:
            values[f":w{place}"] = wanted[name]
            sets.append(f"#{place} = :w{place}")
        else:
            removes.append(f"#{place}")
    changes = [f"{verb} {', '.join(what)}" for verb, what in (("SET", sets), ("REMOVE", removes)) if what]
    return {
        "TableName": model.Meta.table_name,
        "Key": {"pk": {"S": row_key(wreck.run_id, wreck.num)}},
        "UpdateExpression": " ".join(changes),
        "ConditionExpression": " AND ".join(conditions),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }
