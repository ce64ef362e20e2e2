"""What workers report: a claim, a result. Read from objects that anybody may have written, so never trusted.

Whatever is malformed becomes a failed result with the reason ``result_unreadable``: the order ends and says
why, and nothing loops (contract section 3).
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from execution_engine.orders.instance import InstanceOutcome, read_instances
from execution_engine.orders.status import TERMINAL, Reason, Status
from execution_engine.orders.values import count, integer, moment, printable, text

RESULT_LIMIT = 1024 * 1024
"""A result larger than this (bytes) is not read; a worker's own stays below 200 KiB."""

TAIL_LIMIT = 4_000
"""How much of a log's end (characters) an order's record keeps; the log itself is in S3."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Who may run an attempt. A void claim was won by the engine: the attempt will never run."""

    nonce: str
    at: float | None
    void: bool = False
    execution_url: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How an attempt ended."""

    status: Status
    log: str = ""
    exit_code: int | None = None
    reason: str | None = None
    started_at: float | None = None
    ended_at: float | None = None
    log_bytes: int | None = None
    events: int = 0
    execution_url: str | None = None
    instances: tuple[InstanceOutcome, ...] = ()

    @property
    def tail(self) -> str:
        return self.log[-TAIL_LIMIT:]


def unreadable(why: str) -> Result:
    return Result(status=Status.FAILED, reason=str(Reason.RESULT_UNREADABLE), log=f"the result can't be read: {why}")


def parse_claim(data: bytes) -> Claim:
    """A claim as found. A malformed one still is a claim: its object stands in the way of any other."""
    try:
        fields = json.loads(data)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        return Claim(nonce="", at=None)
    return Claim(
        nonce=str(fields.get("nonce", "")),
        at=moment(fields.get("at")),
        void=fields.get("void") is True,
        execution_url=text(fields.get("execution_url"), 2_000),
        reason=text(fields.get("reason"), 200),
    )


def parse_result(data: bytes, *, run_id: str, order_num: str, attempt: int) -> Result:
    """A result as found; ids are optional, but if one is there it must be this attempt's."""
    if len(data) > RESULT_LIMIT:
        return unreadable(f"it is larger than {RESULT_LIMIT} bytes")
    try:
        fields = json.loads(data)
    except (ValueError, RecursionError) as error:
        return unreadable(f"it is no JSON ({type(error).__name__})")
    if not isinstance(fields, dict):
        return unreadable("it is no JSON object")
    for name, expected in (("run_id", run_id), ("order_num", order_num), ("attempt", attempt)):
        if name in fields and fields[name] != expected:
            return unreadable(f"its {name} is another one's")
    try:
        status = Status(str(fields.get("status")))
    except ValueError:
        return unreadable("its status is unknown")
    if status not in TERMINAL:
        return unreadable(f"its status is {status}, which ends nothing")
    reason = text(fields.get("reason"), 200)
    if reason == Reason.DEPENDENCY_FAILED:
        return unreadable("its reason is one that no attempt ends for")
    log = fields.get("log")
    return Result(
        status=status,
        log=printable(log) if isinstance(log, str) else "",
        exit_code=integer(fields.get("exit_code")),
        # Reasons decide how the job ends, and a success needs none.
        reason=None if status is Status.SUCCEEDED else reason,
        started_at=moment(fields.get("started_at")),
        ended_at=moment(fields.get("ended_at")),
        log_bytes=count(fields.get("log_bytes"), 2**53),
        execution_url=text(fields.get("execution_url"), 2_000),
        events=count(fields.get("events"), 10_000) or 0,
        instances=read_instances(fields.get("instances")),
    )
