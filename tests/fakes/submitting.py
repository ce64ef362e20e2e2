"""Intake for real, on the fakes, in front of a platform: jobs are submitted, bundled, swept."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

from fakes.bucket import MemoryBucket
from fakes.calls import Calls
from fakes.platform import TICK, Platform
from fakes.submissions import MemorySubmissions
from fakes.supplies import FakeCredentials, FakeGit
from fakes.wrapping import MemoryWrapping

from execution_engine.bundles.limits import Limits
from execution_engine.errors import BundleUnreadable
from execution_engine.intake.admission import Admission
from execution_engine.intake.intake import Deployment, Intake
from execution_engine.intake.kept_jobs import KeptJobs
from execution_engine.intake.materials import Supply
from execution_engine.intake.packing import Habits
from execution_engine.intake.queueing import Queueing
from execution_engine.intake.s3_code import S3Code
from execution_engine.jobs.job import TARGETS
from execution_engine.jobs.naming import (
    RUN_NUM,
    claim_key,
    control_key,
    events_key,
    heartbeat_key,
    log_prefix,
    result_key,
)
from execution_engine.orders.concurrently import in_turn
from execution_engine.orders.run import Run
from execution_engine.watchdog.sweep import Sweep

HABITS = Habits(grace=5.0, heartbeat=600.0, control_poll=600.0)
"""Real time, to real workers: none lives that long here, so which calls they make does not depend on it."""
URL = "memory:"


class PlainSealer:
    """Variables as they are: SOPS is a process, and no call of a service."""

    def seal_variables(self, variables: Mapping[str, str], recipient: str) -> bytes:
        return json.dumps(dict(variables)).encode()

    @staticmethod
    def unseal_variables(sealed: bytes, identity: str) -> dict[str, str]:
        found = json.loads(sealed)
        if not isinstance(found, dict):
            raise BundleUnreadable("no variables")
        return found


class MemoryAddresses:
    """URLs that name the key they are for."""

    def of_order(self, run_id: str, num: str, attempts: int, seconds: int) -> dict[str, dict[str, Any]]:
        return {str(attempt): self._of_attempt(run_id, num, attempt) for attempt in range(1, attempts + 1)}

    def _of_attempt(self, *ids: Any) -> dict[str, Any]:
        makers = {"claim": claim_key, "result": result_key, "heartbeat": heartbeat_key, "events": events_key}
        return {
            **{name: URL + make(*ids) for name, make in makers.items()},
            "control": URL + control_key(*ids[:2]),
            "log": {"url": URL, "fields": {}, "prefix": log_prefix(*ids)},
        }


class CallersCode:
    """The S3 that callers keep their code in, as a boto3 client."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self.objects: dict[tuple[str, str], bytes] = {}

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        data = self._calls.through("code.get_object", lambda: self.objects[(Bucket, Key)])
        return {"Body": _Body(data), "ContentLength": len(data)}


class _Body(io.BytesIO):
    def iter_chunks(self, size: int) -> Iterator[bytes]:
        while chunk := self.read(size):
            yield chunk


class SubmittingPlatform(Platform):
    def __init__(self, *, habits: Habits = HABITS, **settings: Any) -> None:
        super().__init__(**settings)
        self.bucket = MemoryBucket(self.calls, self.objects)
        self.submissions = MemorySubmissions(self.calls)
        self.callers = CallersCode(self.calls)
        self.kept_jobs = KeptJobs(self.bucket, MemoryWrapping(self.calls), self.clock)  # type: ignore[arg-type]
        self._sweep = Sweep(self.records, self.keys, self.bucket)  # type: ignore[arg-type]
        self.intake = Intake(
            admission=Admission(self.submissions, self.records, self.reports, self.watchdogs, self.clock, TICK),
            queueing=Queueing(
                records=self.records,
                reports=self.reports,
                watchdogs=self.watchdogs,
                keys=self.keys,
                bucket=self.bucket,  # type: ignore[arg-type]
                keep=self.kept_jobs.keep,
                sealer=PlainSealer(),  # type: ignore[arg-type]
                addresses=MemoryAddresses(),  # type: ignore[arg-type]
                habits=habits,
                ssm_prefix="/engine",
                tick=TICK,
                clock=self.clock,
                concurrently=in_turn,
            ),
            supply=Supply(S3Code(self.callers, Limits()), FakeGit, FakeCredentials(), lambda _: None),  # type: ignore[arg-type]
            deployment=Deployment(known=frozenset(TARGETS), targets=frozenset({"lambda"}), done_bucket="done"),
            identifiers=self.identifiers,
            fingerprint=lambda job, salt: f"{salt}:{job!r}",
        )

    def sweep(self, run: Run) -> None:
        super().sweep(run)
        self._sweep(run)

    # For tests

    def runs(self) -> dict[str, Run]:
        """All that have a record, by their ids."""
        return {run_id: self.run(run_id) for run_id, num in self.records.items.all if num == RUN_NUM}

    def left(self, run_id: str) -> list[str]:
        """Whatever there is of a run, wherever it is."""
        rows = [f"row {num}" for run, num in self.records.items.all if run == run_id]
        events = [f"event {event.sk}" for event in self.records.events(run_id)]
        objects = [key for key in self.objects.keys("tmp/") if run_id in key]
        keys = [path for path in self.keys.held if run_id in path]
        locks = [f"lock {key}" for key in self.locks.items.all if run_id in key]
        return [*rows, *events, *objects, *keys, *locks]
