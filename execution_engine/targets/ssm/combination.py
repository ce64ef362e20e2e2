"""One result out of those of all instances. Pure: whoever combines them says the same."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from execution_engine.orders.custom_events import LIMIT
from execution_engine.orders.instance import InstanceOutcome, told_instances
from execution_engine.orders.report import TAIL_LIMIT, Result, parse_result
from execution_engine.orders.status import Reason, Status
from execution_engine.orders.values import text
from execution_engine.targets.ssm.attempt import Attempt

EVENTS_BYTES = 1024 * 1024
"""Of all instances' events together, as JSON; what is more is left out. Twice that is not read."""

_LEAST_SHARE = 80
"""Characters of each log, however many there are; of 500, each escaped in JSON, half of what is read of a result."""


@dataclass(frozen=True, slots=True)
class Reported:
    """``message``: what SSM, or the engine, says where no worker could."""

    instance: str
    result: Result
    message: str | None = None


def reported(attempt: Attempt, instance: str, data: bytes) -> Reported:
    """``data``: its result as found. What can't be read is a failure, and says so."""
    result = parse_result(data, run_id=attempt.run_id, order_num=attempt.order_num, attempt=attempt.attempt)
    if result.reason == Reason.RESULT_UNREADABLE:
        return Reported(instance, result, text(result.log, 500))
    return Reported(instance, result, text(json.loads(data).get("message"), 500))


def combined(reports: Sequence[Reported], events: int) -> dict[str, Any]:
    """As ``result.json`` holds it. ``events``: how many the order's own object has.

    Of one instance all is as that one says. Of several: succeeded only if all did, failed if any failed; exit code and
    reason are of the first that decides, of one that its own commands ended rather than of any other.
    """
    status = _status([one.result.status for one in reports])
    deciding = [one.result for one in reports if one.result.status is status]
    first = next((one for one in deciding if one.reason is None), deciding[0])
    results = [one.result for one in reports]
    lengths = [one.log_bytes for one in results if one.log_bytes is not None]
    return {
        "status": str(status),
        "log": results[0].log if len(results) == 1 else _log(reports),
        "exit_code": first.exit_code,
        "reason": first.reason,
        "started_at": min((one.started_at for one in results if one.started_at is not None), default=None),
        "ended_at": max((one.ended_at for one in results if one.ended_at is not None), default=None),
        "log_bytes": sum(lengths) if lengths else None,
        "events": events,
        "execution_url": results[0].execution_url if len(results) == 1 else None,
        "instances": told_instances([_outcome(one) for one in reports]),
    }


def combined_events(events: Mapping[str, Sequence[dict[str, Any]]]) -> list[dict[str, Any]]:
    """``events``: by instance, of several. Each gets its ``instance_id`` into the data; where they are more than an
    order may have, the first ones of each are taken."""
    too_many = sum(len(each) for each in events.values()) > LIMIT
    share = max(1, LIMIT // len(events)) if too_many else LIMIT
    told: list[dict[str, Any]] = []
    left = EVENTS_BYTES
    for instance, each in events.items():
        for event in each[:share]:
            data = event.get("data")
            one = {**event, "data": {**(data if isinstance(data, dict) else {}), "instance_id": instance}}
            left -= len(json.dumps(one))
            if left >= 0 and len(told) < LIMIT:
                told.append(one)
    return told


def _status(statuses: Sequence[Status]) -> Status:
    if all(one is Status.SUCCEEDED for one in statuses):
        return Status.SUCCEEDED
    return Status.FAILED if Status.FAILED in statuses else Status.TIMED_OUT


def _outcome(one: Reported) -> InstanceOutcome:
    result = one.result
    return InstanceOutcome(
        instance_id=one.instance,
        status=result.status,
        exit_code=result.exit_code,
        reason=result.reason,
        message=one.message,
        started_at=result.started_at,
        ended_at=result.ended_at,
        log_bytes=result.log_bytes,
    )


def _log(reports: Sequence[Reported]) -> str:
    """In equal shares, so that the order's record, which keeps the end, tells something of each."""
    return "".join(_part(one, TAIL_LIMIT // len(reports)) for one in reports)


def _part(one: Reported, share: int) -> str:
    result = one.result
    exit_code = "" if result.exit_code is None else f", exit {result.exit_code}"
    reason = "" if result.reason is None else f" ({result.reason})"
    head = f"==> {one.instance}: {result.status}{exit_code}{reason} <==\n"
    end = _end(result.log, max(_LEAST_SHARE, share - len(head) - 1))
    return head + end + ("\n" if end and not end.endswith("\n") else "")


def _end(log: str, most: int) -> str:
    """The last characters, begun at a line where there is one to begin at."""
    if len(log) <= most:
        return log
    cut = log[-most:]
    return cut[cut.find("\n", 0, -1) + 1 :]
