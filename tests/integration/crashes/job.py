"""The job whose runs are cut off, and how such a run must end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from integration.crashes.folder import Death
from integration.machine import order

TAKES_LONG = 5
"""Seconds: longer than a heartbeat, so that there is one."""


@dataclass(frozen=True, slots=True)
class End:
    """``attempts``: the fewest and the most."""

    status: str
    reason: str | None
    attempts: tuple[int, int]


def job(name: str, starts: Path, code: str) -> dict[str, Any]:
    """A diamond with an optional order that fails and one that takes long, a chain with events and with an order
    that fails at first, and an order that kills its worker. Each start of an order's commands is a line of
    ``starts``; ``code`` is a location."""
    begin = f'echo "$RUN_ID $ORDER_ID $$" >> {starts}'
    first_time = f'mkdir {starts.parent}/"$RUN_ID-$ORDER_ID" 2> /dev/null'
    told = """printf '{"status": "info", "answer": 42}' > "$AWS_EXE_SYS_EVENTS_DIR/told.json"; echo some output"""
    return {
        "username": name,
        "job_timeout": 900,
        "orders": [
            order("top", begin),
            order("left", begin, f"sleep {TAKES_LONG}", "echo waited", dependencies=["top"]),
            order("right", begin, "exit 3", dependencies=["top"], must_succeed=False),
            order("bottom", begin, "test -s content", dependencies=["left", "right"], s3_location=code),
            order("first", begin, told),
            order("second", begin, f"! {first_time}", dependencies=["first"], retries=2),
            order("third", begin, dependencies=["second"]),
            order("deadly", begin, "kill -KILL $PPID", must_succeed=False),
        ],
    }


_ENDS = {
    "top": End("succeeded", None, (1, 1)),
    "left": End("succeeded", None, (1, 1)),
    "right": End("failed", None, (1, 1)),
    "bottom": End("succeeded", None, (1, 1)),
    "first": End("succeeded", None, (1, 1)),
    "second": End("succeeded", None, (2, 2)),
    "third": End("succeeded", None, (1, 1)),
    "deadly": End("failed", "worker_lost", (1, 1)),
}
_NEEDS = {
    "left": ("top",),
    "right": ("top",),
    "bottom": ("left", "right"),
    "second": ("first",),
    "third": ("second",),
}
_OPTIONAL = frozenset({"right", "deadly"})


def ends(death: Death | None) -> tuple[str, Mapping[str, End]]:
    """The job's status and each order's end. Only a worker that dies between its claim and its result changes
    what comes out."""
    expected = dict(_ENDS)
    lost = lost_order(death)
    if lost == "second":  # perhaps before it failed by itself
        expected[lost] = End("succeeded", None, (2, 3))
    elif lost is not None:
        expected[lost] = End("failed", "worker_lost", (1, 1))
        blocked = set() if lost in _OPTIONAL else {lost}
        for name, needs in _NEEDS.items():
            if blocked.intersection(needs):
                expected[name] = End("failed", "dependency_failed", (0, 0))
                blocked.add(name)
    failed = [name for name, end in expected.items() if end.status == "failed" and name not in _OPTIONAL]
    return "failed" if failed else "succeeded", expected


def lost_order(death: Death | None) -> str | None:
    """Whose worker died after it claimed and before its result was written."""
    if death is None or death.point.part != "worker":
        return None
    claimed, reported = ("url.PUT claim.json" in death.calls, "url.PUT result.json" in death.calls)
    return str(death.event["order_name"]) if claimed and not reported else None


def needs(name: str) -> tuple[str, ...]:
    return _NEEDS.get(name, ())
