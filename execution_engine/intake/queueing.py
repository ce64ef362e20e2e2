"""Puts a job where the engine finds it: all of it, or nothing is left (law 15)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import structlog

from execution_engine.bundles.manifest import CodePointer
from execution_engine.bundles.sealing import AgeKey, Sealer
from execution_engine.clock import Clock
from execution_engine.errors import ConditionLost, Fault, JobRefused, SubmissionPending, Unsealable
from execution_engine.intake.credentials.resolved import Resolved
from execution_engine.intake.environments import Environments
from execution_engine.intake.materials import Materials
from execution_engine.intake.packing import BundlePacker, Habits, Names, PackedBundle
from execution_engine.intake.pulse import Progress, unheard
from execution_engine.intake.records import first_orders, first_run
from execution_engine.intake.s3_code import FetchedCode
from execution_engine.intake.stored_code import with_stored_code
from execution_engine.jobs.job import Job, Order
from execution_engine.jobs.naming import RUN_NUM, age_key_path, bundle_key, code_key, environment_key, kept_job_key
from execution_engine.orders.concurrently import Concurrently
from execution_engine.orders.first_events import first_events
from execution_engine.orders.order import Order as QueuedOrder
from execution_engine.orders.run import Run, until_next_look
from execution_engine.orders.store import Keys, Records, Reports, Watchdogs
from execution_engine.storage.addresses import CallbackAddresses
from execution_engine.storage.objects import Bucket

log = structlog.get_logger()

_KEY_OUTLIVES_RUN = 3_600
"""Seconds: nobody may miss the key of a run that ends late."""

_ROWS = 500
"""Orders recorded between two signs of progress."""


class Queueing:
    """``keep(run_id, job)`` keeps the job for a retry. ``kms_key`` encrypts the variables of orders for instances;
    without one these are not taken. ``tick``: seconds between a watchdog's looks."""

    def __init__(
        self,
        *,
        records: Records,
        reports: Reports,
        watchdogs: Watchdogs,
        keys: Keys,
        bucket: Bucket,
        keep: Callable[[str, Job], None],
        sealer: Sealer,
        addresses: CallbackAddresses,
        habits: Habits,
        ssm_prefix: str,
        kms_key: str = "",
        tick: int,
        clock: Clock,
        concurrently: Concurrently,
    ) -> None:
        self._records = records
        self._reports = reports
        self._watchdogs = watchdogs
        self._keys = keys
        self._bucket = bucket
        self._environments = Environments(bucket, kms_key)
        self._keep = keep
        self._sealer = sealer
        self._addresses = addresses
        self._habits = habits
        self._ssm_prefix = ssm_prefix
        self._tick = tick
        self._clock = clock
        self._concurrently = concurrently

    def queue(
        self,
        job: Job,
        names: Names,
        materials: Materials,
        *,
        retry_of: str | None,
        progress: Progress = unheard,
    ) -> None:
        """When this returns the run has begun, or will whatever dies; when it raises, it never does."""
        path = age_key_path(self._ssm_prefix, names.run_id)
        run = first_run(job, names, path, self._clock.now(), retry_of=retry_of)
        try:
            self._records.create_run(run)
            self._watchdogs.start(run.run_id, RUN_NUM, 1, until_next_look(self._tick, job.job_timeout))
            pointers = self._store_code(run, materials.code, progress)
            self._keep(run.run_id, with_stored_code(job, pointers, self._bucket.name))
            digests = self._store_bundles(job, names, run, materials.credentials, pointers, progress)
            self._add_orders(run, first_orders(job, run, digests), progress)
            progress()
        except BaseException:
            self._withdraw(job, run, materials.code)
            raise
        self._begin(job, run, materials.code)

    def has_begun(self, run_id: str) -> bool:
        """Whether the run whose start was signalled was not withdrawn before that by somebody else. From then on
        it can't be."""
        try:
            self._records.confirm(run_id)
        except ConditionLost:
            return False
        return True

    def _begin(self, job: Job, run: Run, code: Mapping[str, FetchedCode]) -> None:
        try:
            self._reports.signal_start(run.run_id)
        except BaseException:
            # Written all the same, its answer lost? Then the run goes on.
            if not self._is_signalled(run):
                self._withdraw(job, run, code)
                raise

    def _is_signalled(self, run: Run) -> bool:
        try:
            return self._reports.has_result(run.run_id, RUN_NUM, 1)
        except Exception as error:
            # Nothing is touched: the job's watchdog will find out.
            raise SubmissionPending(
                f"nobody can tell whether run {run.run_id} begins: S3 does not answer; status {run.run_id} will"
            ) from error

    def _add_orders(self, run: Run, orders: Sequence[QueuedOrder], progress: Progress) -> None:
        events = first_events(run, orders)
        for start in range(0, len(orders), _ROWS):
            progress()
            page = slice(start, start + _ROWS)
            self._records.add_orders(orders[page], events[page])

    def _store_code(self, run: Run, code: Mapping[str, FetchedCode], progress: Progress) -> dict[str, CodePointer]:
        """By order number; equal code is stored once."""
        stored: dict[str, CodePointer] = {}
        for fetched in code.values():
            if fetched.sha256 in stored:
                continue
            progress()
            key = code_key(run.run_id, fetched.sha256)
            with fetched.path.open("rb") as file:
                self._bucket.write(key, file, "application/zip")
            stored[fetched.sha256] = CodePointer(key, fetched.sha256, fetched.size)
        return {num: stored[fetched.sha256] for num, fetched in code.items()}

    def _store_bundles(
        self,
        job: Job,
        names: Names,
        run: Run,
        credentials: Resolved,
        pointers: Mapping[str, CodePointer],
        progress: Progress,
    ) -> dict[str, str]:
        """The bundles' SHA-256 by order number. The bundles themselves would fill the memory."""
        key = AgeKey.generate()
        expires_at = run.deadline + _KEY_OUTLIVES_RUN
        if job.door != "ssm":  # nothing of those is sealed
            # Callers' own keys lie beside it: workers may read what is below runs/, and nothing of anybody else's.
            identities = "\n".join([key.identity, *credentials.age_keys.values()])
            self._keys.put(run.sops_key_path, identities, expires_at)
        packer = BundlePacker(names, job, self._sealer, self._addresses, self._habits, key_expires_at=expires_at)

        def pack(order: Order, code: CodePointer | None) -> PackedBundle:
            own = credentials.of(order)
            if job.door != "ssm":
                return packer.pack(order, own.values, own.secret_names, order.sops_key or key.recipient, code)
            self._environments.keep(run.run_id, order.order_num, own.values)
            return packer.pack_plain(order, own.values, own.secret_names, code)

        def store(placed: tuple[int, Order]) -> str | Fault:
            index, order = placed
            progress()
            try:
                bundle = pack(order, pointers.get(order.order_num))
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
        if job.door == "ssm":
            keys += [environment_key(run.run_id, order.order_num) for order in job.orders]
        keys += {code_key(run.run_id, fetched.sha256) for fetched in code.values()}
        keys.append(kept_job_key(run.run_id))
        with suppress(Exception):
            with suppress(ConditionLost):  # not there yet, or withdrawn by who took the key over
                self._records.withdraw(run.run_id)
            self._bucket.delete(keys)
            self._keys.delete(run.sops_key_path)
            orders = first_orders(job, run, {})
            self._records.discard(run.run_id, [order.order_num for order in orders], first_events(run, orders))
            log.warning("submission withdrawn", run_id=run.run_id)
