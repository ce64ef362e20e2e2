"""What each instance of an attempt writes, and what is written in its place. The first claim and the first result of
each stand, as those of any worker (laws 6, 7)."""

from __future__ import annotations

import json
from typing import Any

from execution_engine.jobs.naming import callback_folder, claim_key, events_key, gathering_key, result_key
from execution_engine.orders.report import RESULT_LIMIT, Claim, parse_claim
from execution_engine.storage.objects import Bucket
from execution_engine.storage.reports import S3Reports
from execution_engine.targets.ssm.attempt import Attempt
from execution_engine.targets.ssm.muster import Muster

VOID_SIZE = 8 * 1024
"""Bytes at least of a void claim; an instance's own is below half of that."""

_SMALL = 64 * 1024
_EVENTS_LIMIT = 2 * 1024 * 1024


class InstanceReports:
    """Every method is one call, ``muster`` one per 1,000 objects. Those of the order itself are its own too."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket
        self._order = S3Reports(bucket)

    def muster(self, attempt: Attempt) -> Muster:
        """Chunks of logs are not listed: an instance may have written thousands."""
        return Muster.of(attempt, self._bucket.ages(callback_folder(*attempt), without="/log/"))

    def claim(self, attempt: Attempt, instance: str) -> Claim | None:
        data = self._bucket.read(claim_key(*attempt, instance), _SMALL)
        return None if data is None else parse_claim(data)

    def result(self, attempt: Attempt, instance: str) -> bytes | None:
        return self._bucket.read(result_key(*attempt, instance), RESULT_LIMIT + 1)

    def events(self, attempt: Attempt, instance: str) -> list[dict[str, Any]]:
        """What the commands reported there; whatever is no list of objects is nothing."""
        data = self._bucket.read(events_key(*attempt, instance), _EVENTS_LIMIT + 1)
        try:
            found = json.loads(data) if data is not None and len(data) <= _EVENTS_LIMIT else None
        except (ValueError, RecursionError):
            found = None
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []

    def void(self, attempt: Attempt, instance: str, nonce: str, reason: str, now: float) -> bool:
        """Wins the instance's claim, so that it never runs the attempt; false if it is taken. It is larger than any
        that an instance writes, so that whoever is told of a claim and its size need not read it."""
        claim = {
            **_named(attempt, instance),
            "nonce": nonce,
            "by": "engine",
            "void": True,
            "reason": reason,
            "at": now,
        }
        return self._bucket.write_once(claim_key(*attempt, instance), json.dumps(claim).encode().ljust(VOID_SIZE))

    def write_result(self, attempt: Attempt, instance: str, result: dict[str, Any]) -> bool:
        document = {**_named(attempt, instance), "by": "engine", **result}
        return self._bucket.write_once(result_key(*attempt, instance), json.dumps(document).encode())

    def begin(self, attempt: Attempt, nonce: str, now: float, execution_url: str | None) -> bool:
        """The order's own claim, for its instances; false if it is there."""
        claim = {
            "run_id": attempt.run_id,
            "order_num": attempt.order_num,
            "attempt": attempt.attempt,
            "nonce": nonce,
            "by": "instance",
            "at": now,
            "execution_url": execution_url,
        }
        return self._bucket.write_once(claim_key(*attempt), json.dumps(claim).encode())

    def take_turn(self, attempt: Attempt, instance: str, now: float) -> bool:
        """Says that whoever heard of this instance makes the order's result; false if somebody else said so."""
        return self._bucket.write_once(gathering_key(*attempt), json.dumps({"instance": instance, "at": now}).encode())

    def write_events(self, attempt: Attempt, events: list[dict[str, Any]]) -> None:
        """The order's own. Whoever gathers them gathers the same."""
        self._bucket.write_once(events_key(*attempt), json.dumps(events).encode())

    def finish(self, attempt: Attempt, result: dict[str, Any]) -> bool:
        """The order's own result; false if it is there."""
        return self._order.write_result(*attempt, result)


def _named(attempt: Attempt, instance: str) -> dict[str, Any]:
    return {
        "run_id": attempt.run_id,
        "order_num": attempt.order_num,
        "attempt": attempt.attempt,
        "instance_id": instance,
    }
