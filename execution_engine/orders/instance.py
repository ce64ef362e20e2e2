"""How an attempt of an SSM order ended on one of its instances."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from execution_engine.jobs.row_size import ENDINGS_BYTES
from execution_engine.orders.status import TERMINAL, Status
from execution_engine.orders.values import count, integer, moment, text

MAX_INSTANCES = 500
"""Of one order: all their endings are told in one line of history, which DynamoDB bounds to 400 KB."""

INSTANCE_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,127}")

_LONGEST_REASON = 64
"""Bytes; the engine's own are a third of that."""

_SHORTEST = 16
_AROUND_A_MESSAGE = len(', "message": ""')


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceOutcome:
    """``reason`` as an order's. ``message``: what SSM, or the engine, says where no worker could. Times are seconds
    since the epoch, ``log_bytes`` the length of the instance's own log."""

    instance_id: str
    status: Status
    exit_code: int | None = None
    reason: str | None = None
    message: str | None = None
    started_at: float | None = None
    ended_at: float | None = None
    log_bytes: int | None = None

    def document(self) -> dict[str, Any]:
        """Without what is not known, and without the id: endings are kept by it."""
        values = {
            "status": str(self.status),
            "exit_code": self.exit_code,
            "reason": self.reason,
            "message": self.message,
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "log_bytes": self.log_bytes,
        }
        return {name: value for name, value in values.items() if value is not None}


def told_instances(outcomes: Sequence[InstanceOutcome]) -> dict[str, Any] | None:
    """As records, events and results hold them: by the instance's id; None where there are none.

    Their messages are shortened, where there are many, so that all fit the place that is kept for them in the
    order's record: ``ENDINGS_BYTES``, the ids apart.
    """
    bare = [replace(one, reason=_shortened(one.reason, _LONGEST_REASON), message=None) for one in outcomes]
    left = ENDINGS_BYTES - sum(_size(one) + _AROUND_A_MESSAGE for one in bare)
    share = left // max(1, sum(one.message is not None for one in outcomes))
    told = (replace(short, message=_shortened(one.message, share)) for one, short in zip(outcomes, bare, strict=True))
    return {one.instance_id: one.document() for one in told} or None


def _size(outcome: InstanceOutcome) -> int:
    """In bytes of JSON, which DynamoDB's own count never exceeds."""
    return len(json.dumps(outcome.document(), ensure_ascii=False).encode("utf-8", "replace"))


def _shortened(text: str | None, most: int) -> str | None:
    """To so many bytes of UTF-8; None if that would say nothing any more."""
    whole = (text or "").encode("utf-8", "replace")
    if len(whole) <= most:
        return text
    return whole[: most - 3].decode("utf-8", "ignore") + "…" if most >= _SHORTEST else None


def read_instances(value: Any) -> tuple[InstanceOutcome, ...]:
    """What ``told_instances`` made, in the order of the ids; of what is malformed nothing is taken over."""
    if not isinstance(value, Mapping):
        return ()
    found = [_read(name, one) for name, one in sorted(value.items(), key=lambda item: str(item[0]))]
    return tuple(one for one in found if one is not None)[:MAX_INSTANCES]


def _read(name: Any, value: Any) -> InstanceOutcome | None:
    if not isinstance(name, str) or not INSTANCE_ID.fullmatch(name) or not isinstance(value, Mapping):
        return None
    status = value.get("status")
    if not isinstance(status, str) or status not in {str(one) for one in TERMINAL}:
        return None
    return InstanceOutcome(
        instance_id=name,
        status=Status(status),
        exit_code=integer(value.get("exit_code")),
        reason=text(value.get("reason"), 200),
        message=text(value.get("message"), 500),
        started_at=moment(value.get("started_at")),
        ended_at=moment(value.get("ended_at")),
        log_bytes=count(value.get("log_bytes"), 2**53),
    )
