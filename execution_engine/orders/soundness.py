"""What a record must be like to be understood: every attribute by itself. Pure, and the same for every store.

A record that breaks any of it is unreadable: nothing is decided from it until it is repaired (``mending``).
What is well-formed but untrue can't be seen here; the deadlines end what it holds up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from enum import StrEnum
from typing import Any

from execution_engine.jobs.naming import JOB_ORDER_NAME, MAX_ATTEMPTS, MAX_ORDERS
from execution_engine.orders.order import Order
from execution_engine.orders.run import Phase, Run, Tally
from execution_engine.orders.status import Reason, Status
from execution_engine.orders.values import moment

Check = Callable[[Any], bool]

_NUM = re.compile(r"[0-9]{4}")
_LONGEST_NAME = 128


def _whole(least: int, most: int) -> Check:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _one_of(kind: type[StrEnum]) -> Check:
    words = frozenset(map(str, kind))
    return lambda value: isinstance(value, str) and value in words


def _texts(value: Any) -> bool:
    return isinstance(value, tuple) and all(isinstance(one, str) for one in value)


def _nums(value: Any) -> bool:
    of_text = isinstance(value, tuple | frozenset) and all(isinstance(one, str) for one in value)
    return of_text and all(_NUM.fullmatch(one) for one in value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_name(value: Any) -> bool:
    """What becomes part of a key, which a store refuses to be empty or long."""
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME


def _is_moment(value: Any) -> bool:
    return moment(value) is not None


def _is_ttl(value: Any) -> bool:
    return _is_moment(value) and isinstance(value, int)


_count = _whole(0, 2**53)

_ORDER: dict[str, Check] = {
    "run_id": _is_name,
    "order_num": lambda value: isinstance(value, str) and _NUM.fullmatch(value) is not None,
    "trace_id": _is_name,
    "flow_id": _is_text,
    "order_name": lambda value: _is_name(value) and value != JOB_ORDER_NAME,
    "queue_id": _is_text,
    "execution_target": _is_text,
    "cmds": _texts,
    "timeout": lambda value: _is_moment(value) and value > 0,
    "must_succeed": lambda value: isinstance(value, bool),
    "dependencies": _texts,
    "waiting": _nums,
    "dependents": _nums,
    "retries": _whole(0, MAX_ATTEMPTS),
    "ssm_targets": lambda value: isinstance(value, Mapping),
    "ssm_document_name": _is_text,
    "bundle_sha256": _is_text,
    "sops_key_path": _is_text,
    "created_at": _is_moment,
    "last_update": _is_moment,
    "deadline": _is_moment,
    "ttl": _is_ttl,
    "status": _one_of(Status),
    "attempt": _whole(0, MAX_ATTEMPTS),
    "launches": _whole(0, MAX_ATTEMPTS),
    "not_before": _is_moment,
    "dispatched_at": _is_moment,
    "launched_at": _is_moment,
    "started_at": _is_moment,
    "ended_at": _is_moment,
    "reason": _is_text,
    "exit_code": _whole(-(2**63), 2**63),
    "execution_id": _is_text,
    "execution_url": _is_text,
    "log_bytes": _count,
    "log_tail": _is_text,
    "events_written": _count,
    "instances": lambda value: isinstance(value, Mapping) and all(isinstance(one, Mapping) for one in value.values()),
    "damaged": _is_text,
}

_RUN: dict[str, Check] = {
    "trace_id": _is_name,
    "flow_id": _is_text,
    "username": _is_text,
    "phase": _one_of(Phase),
    "total": _whole(1, MAX_ORDERS),
    "created_at": _is_moment,
    "deadline": _is_moment,
    "ttl": _is_ttl,
    "last_epoch": _is_moment,
    "sops_key_path": _is_text,
    **{field.name: _whole(0, MAX_ORDERS) for field in fields(Tally)},
    "cursor": _whole(0, MAX_ORDERS),
    "ready": lambda value: isinstance(value, frozenset) and _nums(value),
    "stop": _one_of(Reason),
    "stop_cursor": _whole(0, MAX_ORDERS),
    "completed_at": _is_moment,
    "status": _one_of(Status),
    "retry_of": _is_text,
    "signalled": lambda value: isinstance(value, bool),
}


def _may_lack(kind: type) -> frozenset[str]:
    """Attributes that a record need not have; a set that is empty is not stored."""
    return frozenset(
        field.name for field in fields(kind) if "None" in str(field.type) or str(field.type).startswith("frozenset")
    )


_ORDER_MAY_LACK = _may_lack(Order)
_RUN_MAY_LACK = _may_lack(Run)


def order_faults(run_id: str, num: str, values: Mapping[str, Any]) -> dict[str, str]:
    """``values``: the attributes that are there, as an ``Order`` would have them."""
    faults = _faults(_ORDER, _ORDER_MAY_LACK, values)
    for name, key in (("run_id", run_id), ("order_num", num)):
        if values.get(name) != key:
            faults.setdefault(name, "is another record's")
    return faults


def run_faults(values: Mapping[str, Any]) -> dict[str, str]:
    """``values``: the attributes that are there, as a ``Run`` and its ``Tally`` would have them."""
    faults = _faults(_RUN, _RUN_MAY_LACK, values)
    goes_on = values.get("phase") in (Phase.SUBMITTING, Phase.RUNNING)
    if goes_on and values.get("completed_at") is not None:
        faults.setdefault("completed_at", "is of a run that is not completed")
    return faults


def _faults(checks: Mapping[str, Check], may_lack: frozenset[str], values: Mapping[str, Any]) -> dict[str, str]:
    faults = {}
    for name, check in checks.items():
        value = values.get(name)
        if value is None:
            if name not in may_lack:
                faults[name] = "is missing"
        elif not check(value):
            faults[name] = "is nothing it may be"
    return faults
