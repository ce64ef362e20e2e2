"""What is known of a run whose records were lost with the embedded AWS that kept them: its objects in S3."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from execution_engine.bundles.bundle import Bundle
from execution_engine.clock import Clock
from execution_engine.errors import BundleUnreadable
from execution_engine.jobs.naming import (
    CALLBACK_PREFIX,
    EXEC_PREFIX,
    RUN_NUM,
    Callback,
    bundle_key,
    instances_prefix,
    log_prefix,
    order_num,
    parse_callback,
)
from execution_engine.local.kills import Kill
from execution_engine.local.names import ACCOUNT_ID
from execution_engine.orders.store import Reports
from execution_engine.storage.objects import Bucket

Document = dict[str, Any]

_RUN_ID = re.compile(r"[0-9a-f-]{36}")
_BUNDLE_LIMIT = 64 * 1024 * 1024


class Remains:
    """``lost`` tells with which kill that was lost which was recorded at a moment; below ``objects`` lie the
    buckets' objects as files (with a ``.meta.json`` beside each)."""

    def __init__(
        self,
        bucket: Bucket,
        reports: Reports,
        clock: Clock,
        *,
        lost: Callable[[float], Kill | None],
        objects: Path,
    ) -> None:
        self._bucket = bucket
        self._reports = reports
        self._clock = clock
        self._lost = lost
        self._objects = objects / ACCOUNT_ID / bucket.name

    def of(self, run_id: str) -> Document | None:
        """None unless the run was recorded by an embedded AWS that was killed.

        ``killed``: when it was started, last heard of, and found to be dead; ``submitted``: how many orders the
        run had; ``orders``: those a worker had claimed, with the result if there was one; ``never_started``.
        """
        age = self._bucket.age(bundle_key(run_id, order_num(1))) if _RUN_ID.fullmatch(run_id) else None
        kill = None if age is None else self._lost(self._clock.now() - age)
        if kill is None:
            return None
        keys = [key for key, _ in self._bucket.keys(f"{CALLBACK_PREFIX}/{run_id}/")]
        orders = [order for claimed in _claims(keys) if (order := self._attempt(claimed, keys)) is not None]
        submitted = self._submitted(run_id)
        return {
            "killed": {
                "started_at": kill.started_at,
                "last_heard_at": kill.last_heard_at,
                "noticed_at": kill.noticed_at,
            },
            "submitted": submitted,
            "never_started": submitted - len({order["order_num"] for order in orders}),
            "orders": orders,
        }

    def _submitted(self, run_id: str) -> int:
        return sum(key.endswith("/exec.zip") for key, _ in self._bucket.keys(f"{EXEC_PREFIX}/{run_id}/"))

    def _attempt(self, claimed: Callback, keys: list[str]) -> Document | None:
        """``status`` is null where no result was written: whoever ran it was cut off. ``log`` is the folder of the
        log's pieces, or of the instances that have one each; null if nothing was printed. None for what was claimed
        so that it would never run."""
        ids = (claimed.run_id, claimed.order_num, claimed.attempt)
        claim, result = self._reports.claim(*ids), self._reports.result(*ids)
        if claim is not None and claim.void:
            return None
        spread = any(key.startswith(instances_prefix(*ids)) for key in keys)
        log = instances_prefix(*ids) if spread else log_prefix(*ids)
        return {
            "order_num": claimed.order_num,
            "order_name": self._name(claimed),
            "attempt": claimed.attempt,
            "claimed_at": claim and claim.at,
            "status": result and str(result.status),
            "reason": result and result.reason,
            "exit_code": result and result.exit_code,
            "log": str(self._objects / log) if any(key.startswith(log) for key in keys) else None,
        }

    def _name(self, claimed: Callback) -> str | None:
        data = self._bucket.read(bundle_key(claimed.run_id, claimed.order_num), _BUNDLE_LIMIT)
        try:
            return Bundle.read(data, None).manifest.order_name if data is not None else None
        except BundleUnreadable:
            return None


def _claims(keys: Iterable[str]) -> list[Callback]:
    """One for each attempt, however many instances claimed it."""
    found = [callback for key in keys if (callback := parse_callback(key)) is not None]
    # An order that runs on instances has their claims beside its own; each of them says that it began.
    claims = {replace(one, instance=None) for one in found if one.kind == "claim" and one.order_num != RUN_NUM}
    return sorted(claims, key=lambda claim: (claim.order_num, claim.attempt))
