"""``orders.store.Reports`` in memory, over objects that a test's workers write as real ones do."""

from __future__ import annotations

import json
from typing import Any

from fakes.calls import Calls
from fakes.objects import Objects

from execution_engine.jobs.naming import (
    RUN_NUM,
    claim_key,
    control_key,
    events_key,
    heartbeat_key,
    result_key,
)
from execution_engine.orders.report import Claim, Result, parse_claim, parse_result


class MemoryReports:
    def __init__(self, calls: Calls, objects: Objects) -> None:
        self._calls = calls
        self.objects = objects

    def claim(self, run_id: str, num: str, attempt: int) -> Claim | None:
        def read() -> Claim | None:
            data = self.objects.get(claim_key(run_id, num, attempt))
            return None if data is None else parse_claim(data)

        return self._calls.through("reports.claim", read)

    def result(self, run_id: str, num: str, attempt: int) -> Result | None:
        def read() -> Result | None:
            data = self.objects.get(result_key(run_id, num, attempt))
            return None if data is None else parse_result(data, run_id=run_id, order_num=num, attempt=attempt)

        return self._calls.through("reports.result", read)

    def events(self, run_id: str, num: str, attempt: int) -> list[dict[str, Any]]:
        def read() -> list[dict[str, Any]]:
            found = _json(self.objects.get(events_key(run_id, num, attempt)))
            return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

        return self._calls.through("reports.events", read)

    def has_result(self, run_id: str, num: str, attempt: int) -> bool:
        key = result_key(run_id, num, attempt)
        return self._calls.through("reports.has_result", lambda: self.objects.get(key) is not None)

    def silence(self, run_id: str, num: str, attempt: int) -> float | None:
        heartbeat = heartbeat_key(run_id, num, attempt)
        beat = self._calls.through("reports.silence", lambda: self.objects.age(heartbeat))
        if beat is not None:
            return beat
        claim = self._calls.through("reports.silence", lambda: self.objects.age(claim_key(run_id, num, attempt)))
        beat = self._calls.through("reports.silence", lambda: self.objects.age(heartbeat))
        return claim if beat is None else beat

    def void(self, run_id: str, num: str, attempt: int, nonce: str, reason: str, now: float) -> bool:
        ids = {"run_id": run_id, "order_num": num, "attempt": attempt}
        claim = {**ids, "nonce": nonce, "by": "engine", "void": True, "reason": reason, "at": now}
        return self._write_once("reports.void", claim_key(run_id, num, attempt), claim)

    def write_result(self, run_id: str, num: str, attempt: int, result: dict[str, Any]) -> bool:
        ids = {"run_id": run_id, "order_num": num, "attempt": attempt}
        return self._write_once("reports.write_result", result_key(run_id, num, attempt), {**ids, **result})

    def ask(self, run_id: str, num: str, request: dict[str, Any]) -> None:
        body = json.dumps(request).encode()
        self._calls.through("reports.ask", lambda: self.objects.put(control_key(run_id, num), body))

    def asked(self, run_id: str, num: str, attempt: int) -> dict[str, Any] | None:
        def read() -> dict[str, Any] | None:
            found = _json(self.objects.get(control_key(run_id, num)))
            return found if isinstance(found, dict) and found.get("attempt", attempt) == attempt else None

        return self._calls.through("reports.asked", read)

    def signal_start(self, run_id: str) -> None:
        self._write_once("reports.signal_start", result_key(run_id, RUN_NUM), {"status": "succeeded", "log": ""})

    def _write_once(self, name: str, key: str, document: dict[str, Any]) -> bool:
        body = json.dumps(document).encode()
        return self._calls.through(name, lambda: self.objects.put_once(key, body))


def _json(data: bytes | None) -> Any:
    try:
        return None if data is None else json.loads(data)
    except (ValueError, RecursionError):
        return None
