"""Intake on the fakes: every call of a service counted, and a place to die at."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError
from fakes.bucket import MemoryBucket
from fakes.calls import Calls
from fakes.locks import MemoryLocks
from fakes.objects import Objects
from fakes.platform import TICK
from fakes.records import MemoryRecords
from fakes.reports import MemoryReports
from fakes.services import MemoryDoneMarkers, MemoryKeys, MemoryTarget, MemoryWaker, MemoryWatchdogs
from fakes.submissions import MemorySubmissions
from fakes.supplies import FakeCredentials, FakeGit
from fakes.time_and_ids import FakeClock, SequentialIdentifiers

from execution_engine.bundles.limits import Limits
from execution_engine.intake.admission import Admission
from execution_engine.intake.intake import Deployment, Intake
from execution_engine.intake.materials import Supply
from execution_engine.intake.packing import Habits
from execution_engine.intake.queueing import Queueing
from execution_engine.intake.s3_code import S3Code
from execution_engine.jobs.job import TARGETS, Door, Job
from execution_engine.jobs.naming import kept_job_key
from execution_engine.orders.concurrently import in_turn
from execution_engine.storage.addresses import CallbackAddresses
from execution_engine.watchdog.sweep import Sweep
from execution_engine.watchdog.verdict import Patience
from execution_engine.watchdog.watchdog import Watchdog

BUCKET = "internal"
RUN_ID = "00000000-0000-4000-8000-000000000002"
"""Of the first submission, after its trace's id."""


@cache
def signer() -> Any:
    """Signs; asks nobody."""
    session = botocore.session.Session()
    session.set_credentials("test", "test")
    config = Config(signature_version="s3v4", s3={"addressing_style": "path"})
    return session.create_client("s3", "us-east-1", config=config)


class CallersBuckets:
    """The S3 that callers keep their code in. ``gets`` counts; ``denied`` can't be read."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}
        self.denied: set[tuple[str, str]] = set()
        self.gets: Counter[tuple[str, str]] = Counter()

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        self.gets[(Bucket, Key)] += 1
        if (Bucket, Key) in self.denied:
            raise ClientError({"Error": {"Code": "AccessDenied"}}, "GetObject")
        if (Bucket, Key) not in self.objects:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        data = self.objects[(Bucket, Key)]
        return {"Body": _Body(data), "ContentLength": len(data)}


class _Body(io.BytesIO):
    def iter_chunks(self, size: int) -> Iterator[bytes]:
        while chunk := self.read(size):
            yield chunk


class QuickSealer:
    """Seals nothing, at once. ``sealed`` counts by variables."""

    def __init__(self, error: Exception | None = None) -> None:
        self.sealed: Counter[tuple[tuple[str, str], ...]] = Counter()
        self.error = error

    def seal_variables(self, variables: Mapping[str, str], recipient: str) -> bytes:
        self.sealed[tuple(sorted(variables.items()))] += 1
        if self.error is not None:
            raise self.error
        return hashlib.sha256(json.dumps([dict(variables), recipient]).encode()).digest()


class Stand:
    def __init__(
        self, sealer: Any = None, targets: frozenset[str] = frozenset({"lambda"}), *, kms_key: str = ""
    ) -> None:
        self.calls = Calls()
        self.clock = FakeClock()
        self.objects = Objects(self.clock)
        self.records = MemoryRecords(self.calls)
        self.keys = MemoryKeys(self.calls)
        self.watchdogs = MemoryWatchdogs(self.calls)
        self.reports = MemoryReports(self.calls, self.objects)
        self.waker = MemoryWaker(self.calls)
        self.bucket = MemoryBucket(self.calls, self.objects)
        self.callers = CallersBuckets()
        self.sealer = sealer or QuickSealer()
        self.submissions = MemorySubmissions(self.calls)
        self.git = FakeGit()
        self.credentials = FakeCredentials()
        self.hidden: set[str] = set()
        self.kept: dict[str, Job] = {}
        self.admission = Admission(self.submissions, self.records, self.reports, self.watchdogs, self.clock, TICK)
        self.queueing = Queueing(
            records=self.records,
            reports=self.reports,
            watchdogs=self.watchdogs,
            keys=self.keys,
            bucket=self.bucket,  # type: ignore[arg-type]
            keep=self.keep,
            sealer=self.sealer,
            addresses=CallbackAddresses(signer(), BUCKET),
            habits=Habits(grace=30.0, heartbeat=10.0, control_poll=3.0),
            ssm_prefix="/engine",
            kms_key=kms_key,
            tick=TICK,
            clock=self.clock,
            concurrently=in_turn,
        )
        self.intake = Intake(
            admission=self.admission,
            queueing=self.queueing,
            supply=Supply(S3Code(self.callers, Limits()), lambda: self.git, self.credentials, self.hidden.update),  # type: ignore[arg-type]
            deployment=Deployment(
                known=frozenset(TARGETS), targets=targets, done_bucket="done", encrypts=bool(kms_key)
            ),
            identifiers=SequentialIdentifiers(),
            fingerprint=lambda job, salt: f"{salt}:{job!r}",
        )
        self.watchdog = Watchdog(
            records=self.records,
            reports=self.reports,
            done=MemoryDoneMarkers(self.calls),
            locks=MemoryLocks(self.calls),
            waker=self.waker,
            services=MemoryTarget(self.calls),
            sweep=Sweep(self.records, self.keys, self.bucket),  # type: ignore[arg-type]
            clock=self.clock,
            identifiers=SequentialIdentifiers(),
            patience=Patience(grace=30, heartbeat=10, start_limit=1_800, relaunch_after=120, tick=TICK),
        )

    def keep(self, run_id: str, job: Job) -> None:
        """As ``KeptJobs``."""
        self.calls.through("kept_jobs.keep", lambda: self.objects.put(kept_job_key(run_id), b"sealed"))
        self.kept[run_id] = job

    def submit(self, *orders: dict[str, Any], door: Door = "init", **job: Any) -> dict[str, str]:
        document = {"username": "ann", "orders": list(orders), **job}
        return self.intake.submit({"job": document}, door=door, size_limit=1024 * 1024)

    def left(self) -> dict[str, Any]:
        """Everything that a submission could leave, by what it is."""
        return {
            "rows": sorted(key[1] for key in self.records.items.all),
            "events": sorted(self.records.history),
            "objects": self.objects.keys(),
            "keys": sorted(self.keys.held),
        }


NOTHING: dict[str, Any] = {"rows": [], "events": [], "objects": [], "keys": []}


def order(**fields: Any) -> dict[str, Any]:
    return {"cmds": ["true"], "timeout": 60, "execution_target": "lambda", **fields}


def on_instances(**fields: Any) -> dict[str, Any]:
    """An order of the other door."""
    return {"cmds": ["true"], "timeout": 60, "ssm_targets": {"instance_ids": ["web-1", "web-2"]}, **fields}


def zipped(*names: str) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name in names:
            archive.writestr(zipfile.ZipInfo(name), b"content")
    return written.getvalue()
