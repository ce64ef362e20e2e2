"""Claims, results, heartbeats and control in the internal bucket (laws 6, 7, 9)."""

from __future__ import annotations

import json
from typing import Any

from execution_engine.jobs.naming import (
    RUN_NUM,
    claim_key,
    control_key,
    events_key,
    heartbeat_key,
    result_key,
)
from execution_engine.orders.report import RESULT_LIMIT, Claim, Result, parse_claim, parse_result
from execution_engine.storage.objects import Bucket

_SMALL = 64 * 1024
_EVENTS_LIMIT = 2 * 1024 * 1024


class S3Reports:
    """Implements ``orders.store.Reports``."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def claim(self, run_id: str, num: str, attempt: int) -> Claim | None:
        data = self._bucket.read(claim_key(run_id, num, attempt), _SMALL)
        return None if data is None else parse_claim(data)

    def result(self, run_id: str, num: str, attempt: int) -> Result | None:
        data = self._bucket.read(result_key(run_id, num, attempt), RESULT_LIMIT + 1)
        return None if data is None else parse_result(data, run_id=run_id, order_num=num, attempt=attempt)

    def has_result(self, run_id: str, num: str, attempt: int) -> bool:
        return self._bucket.exists(result_key(run_id, num, attempt))

    def events(self, run_id: str, num: str, attempt: int) -> list[dict[str, Any]]:
        """What the order's commands reported; whatever is no list of objects is nothing."""
        data = self._bucket.read(events_key(run_id, num, attempt), _EVENTS_LIMIT + 1)
        found = _json(data) if data is not None and len(data) <= _EVENTS_LIMIT else None
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    def silence(self, run_id: str, num: str, attempt: int) -> float | None:
        """Up to three calls: before the first heartbeat the claim is the last sign of life, unless a beat came
        while its age was asked for. However long that took, who is beating is never silent."""
        heartbeat = heartbeat_key(run_id, num, attempt)
        beat = self._bucket.age(heartbeat)
        if beat is not None:
            return beat
        claim = self._bucket.age(claim_key(run_id, num, attempt))
        beat = self._bucket.age(heartbeat)
        return claim if beat is None else beat

    def void(self, run_id: str, num: str, attempt: int, nonce: str, reason: str, now: float) -> bool:
        claim = {
            "run_id": run_id,
            "order_num": num,
            "attempt": attempt,
            "nonce": nonce,
            "by": "engine",
            "void": True,
            "reason": reason,
            "at": now,
        }
        return self._bucket.write_once(claim_key(run_id, num, attempt), json.dumps(claim).encode())

    def write_result(self, run_id: str, num: str, attempt: int, result: dict[str, Any]) -> bool:
        document = {"run_id": run_id, "order_num": num, "attempt": attempt, **result}
        return self._bucket.write_once(result_key(run_id, num, attempt), json.dumps(document).encode())

    def ask(self, run_id: str, num: str, request: dict[str, Any]) -> None:
        self._bucket.write(control_key(run_id, num), json.dumps(request).encode(), "application/json")

    def asked(self, run_id: str, num: str, attempt: int) -> dict[str, Any] | None:
        data = self._bucket.read(control_key(run_id, num), _SMALL)
        found = None if data is None else _json(data)
        return found if isinstance(found, dict) and found.get("attempt", attempt) == attempt else None

    def signal_start(self, run_id: str) -> None:
        self._bucket.write_once(result_key(run_id, RUN_NUM), b'{"status": "succeeded", "log": ""}')


def _json(data: bytes) -> Any:
    """None for what is none: whoever may write below a run's prefix may have written anything."""
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None
