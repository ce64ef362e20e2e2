"""Takes a job: all of it is queued, or nothing of it is left (law 15)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog

from execution_engine.bundles.manifest import CodePointer
from execution_engine.bundles.sealing import AgeKey, Sealer
from execution_engine.clock import Clock
from execution_engine.errors import Fault, JobRefused, Unsealable
from execution_engine.identifiers import Identifiers
from execution_engine.intake.addresses import CallbackAddresses
from execution_engine.intake.packing import BundlePacker, Habits, Names
from execution_engine.intake.records import first_orders, first_run
from execution_engine.intake.refusals import refuse_what_is_not_possible
from execution_engine.intake.s3_code import FetchedCode, S3Code
from execution_engine.jobs.encoding import submission
from execution_engine.jobs.job import Door, Job, Order
from execution_engine.jobs.naming import (
    RUN_NUM,
    age_key_path,
    bundle_key,
    code_key,
    done_key,
    flow_id,
)
from execution_engine.orders.first_events import first_events
from execution_engine.orders.run import Run, until_next_look
from execution_engine.orders.store import Keys, Records, Reports, Watchdogs
from execution_engine.storage.objects import Bucket

log = structlog.get_logger()

_KEY_OUTLIVES_RUN = 3_600
"""Seconds: nobody may miss the key of a run that ends late."""

Concurrently = Callable[[Callable[[Any], Any], Iterable[Any]], list[Any]]


@dataclass(frozen=True, slots=True)
class Deployment:
    """What this deployment can do and where it keeps things. ``tick`` in seconds."""

    targets: frozenset[str]
    ssm_prefix: str
    done_bucket: str
    tick: int


class Intake:
    def __init__(
        self,
        *,
        records: Records,
        reports: Reports,
        watchdogs: Watchdogs,
        keys: Keys,
        bucket: Bucket,
        code: S3Code,
        sealer: Sealer,
        addresses: CallbackAddresses,
        habits: Habits,
        deployment: Deployment,
        clock: Clock,
        identifiers: Identifiers,
        concurrently: Concurrently,
    ) -> None:
        self._records = records
        self._reports = reports
        self._watchdogs = watchdogs
        self._keys = keys
        self._bucket = bucket
        self._code = code
        self._sealer = sealer
        self._addresses = addresses
        self._habits = habits
        self._deployment = deployment
        self._clock = clock
        self._identifiers = identifiers
        self._concurrently = concurrently

    def submit(self, request: object, *, door: Door, size_limit: int) -> dict[str, str]:
        """The answer of contract section 1; raises ``JobRefused`` with every fault.

        ``size_limit``: bytes of the job as JSON that the way it came by allows.
        """
        asked = submission(request, door=door, size_limit=size_limit)
        if asked.idempotency_key is not None:
            raise JobRefused([Fault("idempotency_key", "is not supported by this version of the engine")])
        job = asked.job
        refuse_what_is_not_possible(job, self._deployment.targets)
        trace_id = asked.trace_id or self._identifiers.trace_id()
        names = Names(self._identifiers.run_id(), trace_id, flow_id(job.username, trace_id, job.flow_label))
        with self._code.fetched(enumerate(job.orders)) as code:
            self._queue(job, names, code)
        log.info("job taken", run_id=names.run_id, trace_id=trace_id, orders=len(job.orders))
        return {
            "status": "ok",
            "run_id": names.run_id,
            "trace_id": names.trace_id,
            "flow_id": names.flow_id,
            "done_endpt": f"s3://{self._deployment.done_bucket}/{done_key(names.run_id)}",
        }

    def _queue(self, job: Job, names: Names, code: Mapping[str, FetchedCode]) -> None:
        run = first_run(job, names, age_key_path(self._deployment.ssm_prefix, names.run_id), self._clock.now())
        try:
            self._records.create_run(run)
            self._watchdogs.start(run.run_id, RUN_NUM, 1, until_next_look(self._deployment.tick, job.job_timeout))
            pointers = self._store_code(run, code)
            digests = self._store_bundles(job, names, run, pointers)
            orders = first_orders(job, run, digests)
            self._records.add_orders(orders, first_events(run, orders))
        except BaseException:
            self._withdraw(job, run, code)
            raise
        try:
            self._reports.signal_start(run.run_id)
        except BaseException:
            # Written all the same, its answer lost? Then the run goes on. Can nobody tell? Then nothing is
            # touched: the job's watchdog will find out.
            if not self._reports.has_result(run.run_id, RUN_NUM, 1):
                self._withdraw(job, run, code)
                raise

    def _store_code(self, run: Run, code: Mapping[str, FetchedCode]) -> dict[str, CodePointer]:
        pointers: dict[str, CodePointer] = {}
        for location, fetched in code.items():
            key = code_key(run.run_id, fetched.sha256)
            if key not in {pointer.key for pointer in pointers.values()}:
                with fetched.path.open("rb") as file:
                    self._bucket.write(key, file, "application/zip")
            pointers[location] = CodePointer(key, fetched.sha256, fetched.size)
        return pointers

    def _store_bundles(self, job: Job, names: Names, run: Run, pointers: Mapping[str, CodePointer]) -> dict[str, str]:
        """The bundles' SHA-256 by order number. The bundles themselves would fill the memory."""
        key = AgeKey.generate()
        self._keys.put(run.sops_key_path, key.identity, run.deadline + _KEY_OUTLIVES_RUN)
        packer = BundlePacker(names, job, self._sealer, self._addresses, self._habits)

        def store(placed: tuple[int, Order]) -> str | Fault:
            index, order = placed
            code = pointers[order.s3_location] if order.s3_location else None
            try:
                bundle = packer.pack(order, order.env_vars, frozenset(), order.sops_key or key.recipient, code)
            except Unsealable as error:
                return Fault(f"orders[{index}].env_vars", str(error))
            self._bucket.write(bundle_key(run.run_id, order.order_num), bundle.data, "application/zip")
            return bundle.sha256

        stored = self._concurrently(store, enumerate(job.orders))
        if faults := [one for one in stored if isinstance(one, Fault)]:
            raise JobRefused(faults)
        return {order.order_num: digest for order, digest in zip(job.orders, stored, strict=True)}

    def _withdraw(self, job: Job, run: Run, code: Mapping[str, FetchedCode]) -> None:
        """Nothing half-submitted is left behind. What fails here is left to the job's watchdog to sweep."""
        keys = [bundle_key(run.run_id, order.order_num) for order in job.orders]
        keys += [code_key(run.run_id, fetched.sha256) for fetched in code.values()]
        with suppress(Exception):
            self._bucket.delete(keys)
            self._keys.delete(run.sops_key_path)
            orders = first_orders(job, run, {})
            self._records.discard(run.run_id, [order.order_num for order in orders], first_events(run, orders))
            log.warning("submission withdrawn", run_id=run.run_id)
