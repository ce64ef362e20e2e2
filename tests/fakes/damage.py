"""Every way in which one attribute of a record can be damaged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from fakes.records import MemoryRecords

from execution_engine.orders.order import Order
from execution_engine.orders.run import Run, Tally

GONE = object()

WRONG: dict[str, Any] = {
    "run_id": "00000000-0000-4000-8000-00000000ffff",
    "order_num": "9999",
    "trace_id": "",
    "order_name": "x" * 2_000,
    "cmds": ("true", 1),
    "timeout": 0,
    "dependencies": (None,),
    "waiting": frozenset({"first"}),
    "dependents": ("0001", "next"),
    "retries": -1,
    "created_at": -1.0,
    "last_update": 1e300,
    "deadline": float("nan"),
    "ttl": 1.5,
    "status": "nonsense",
    "attempt": 1_000,
    "launches": 10**6,
    "not_before": -1.0,
    "dispatched_at": 1e12,
    "exit_code": 0.5,
    "log_bytes": -1,
    "events_written": -1,
    "phase": "nonsense",
    "total": 0,
    "last_epoch": -1.0,
    "open": -1,
    "in_flight": 1.5,
    "cursor": -1,
    "ready": frozenset({"first"}),
    "stop": "nonsense",
    "stop_cursor": 10**6,
    "completed_at": 1_700_000_000.0,
}
"""Of the right type, but nothing that the attribute may be."""


@dataclass(frozen=True)
class Damage:
    """One attribute (empty: the whole record) that is gone, or has another value."""

    name: str
    value: Any

    def __str__(self) -> str:
        kind = "gone" if self.value is GONE else "of a wrong type" if isinstance(self.value, bytes) else "wrong"
        return f"{self.name or 'record'} {kind}"

    def do(self, records: MemoryRecords, run_id: str, num: str) -> None:
        key = (run_id, num)
        if not self.name:
            del records.items.all[key]
        elif self.value is GONE:
            records.items.all[key].pop(self.name, None)
        else:
            records.items.all[key] = {**records.items.all[key], self.name: self.value}


THE_WHOLE = Damage("", GONE)


def order_damages() -> Iterator[Damage]:
    yield from _damages([field.name for field in fields(Order)], {"waiting", *_optional(Order)})
    yield THE_WHOLE


def run_damages() -> Iterator[Damage]:
    names = [field.name for field in fields(Run) if field.name not in ("run_id", "tally")]
    yield from _damages([*names, *Tally.__slots__], {"ready", *_optional(Run)})


def _damages(names: list[str], optional: set[str]) -> Iterator[Damage]:
    for name in names:
        if name not in optional:
            yield Damage(name, GONE)
        yield Damage(name, b"\x00")
        if name in WRONG:
            yield Damage(name, WRONG[name])


def _optional(kind: type) -> set[str]:
    """What a record need not have, so that without it nothing is wrong with it."""
    return {field.name for field in fields(kind) if "None" in str(field.type)}
