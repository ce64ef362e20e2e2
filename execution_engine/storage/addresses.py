"""Where a worker reports, as presigned URLs: single-purpose, short-lived, told to nobody but that worker."""

from __future__ import annotations

from typing import Any

from execution_engine.jobs.naming import (
    claim_key,
    control_key,
    events_key,
    heartbeat_key,
    log_prefix,
    result_key,
)

LOG_CHUNK_LIMIT = 8 * 1024 * 1024
"""Bytes; a worker's chunks are at most half of that."""


class CallbackAddresses:
    """Signs with the rights of whoever makes it, lives no longer than those; making a URL asks nobody.

    ``If-None-Match`` is part of the signature of claims and results: a URL that could replace one does not
    exist (law 7).
    """

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def of_order(self, run_id: str, num: str, attempts: int, seconds: int) -> dict[str, dict[str, Any]]:
        """By attempt, ``"1"`` first."""
        return {str(n): self._of_attempt(run_id, num, n, None, seconds) for n in range(1, attempts + 1)}

    def of_instance(self, run_id: str, num: str, attempt: int, instance: str, seconds: int) -> dict[str, Any]:
        """The same, of one instance of an SSM order; ``control`` is the order's. ``claim_read``: an instance has no
        role to read back a claim with, whose answer was lost."""
        addresses = self._of_attempt(run_id, num, attempt, instance, seconds)
        return {**addresses, "claim_read": self.of_object(claim_key(run_id, num, attempt, instance), seconds)}

    def of_object(self, key: str, seconds: int) -> str:
        """Reads it; if it is encrypted, with the signer's right to decrypt."""
        return self._sign("get_object", key, seconds)

    def _of_attempt(self, run_id: str, num: str, attempt: int, instance: str | None, seconds: int) -> dict[str, Any]:
        ids = (run_id, num, attempt, instance)
        prefix = log_prefix(*ids)
        post = self._client.generate_presigned_post(
            self._bucket,
            prefix + "${filename}",
            Conditions=[["starts-with", "$key", prefix], ["content-length-range", 0, LOG_CHUNK_LIMIT]],
            ExpiresIn=seconds,
        )
        return {
            "claim": self._put(claim_key(*ids), seconds, IfNoneMatch="*"),
            "result": self._put(result_key(*ids), seconds, IfNoneMatch="*"),
            "heartbeat": self._put(heartbeat_key(*ids), seconds),
            "events": self._put(events_key(*ids), seconds),
            "control": self.of_object(control_key(run_id, num), seconds),
            "log": {"url": post["url"], "fields": post["fields"], "prefix": prefix},
        }

    def _put(self, key: str, seconds: int, **signed: str) -> str:
        return self._sign("put_object", key, seconds, **signed)

    def _sign(self, operation: str, key: str, seconds: int, **signed: str) -> str:
        return str(
            self._client.generate_presigned_url(
                operation, Params={"Bucket": self._bucket, "Key": key, **signed}, ExpiresIn=seconds
            )
        )
