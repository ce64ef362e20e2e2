"""Settings → the rooms of the engine. Nobody else puts them together."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING

from execution_engine.jobs.naming import age_key_path
from execution_engine.wiring.services import Services
from execution_engine.wiring.supply import supply
from execution_engine.wiring.threads import on_threads

if TYPE_CHECKING:
    from execution_engine.history.history import History
    from execution_engine.history.portions import Portions
    from execution_engine.intake.intake import Intake
    from execution_engine.intake.kept_jobs import KeptJobs
    from execution_engine.intake.queueing import Queueing
    from execution_engine.intake.retry import Retry
    from execution_engine.orchestrator.cancellation import Cancellation
    from execution_engine.orchestrator.orchestrator import Orchestrator
    from execution_engine.targets.registry import Targets
    from execution_engine.targets.ssm.gathering import Gathering
    from execution_engine.watchdog.watchdog import Watchdog
    from execution_engine.worker.courier import Courier
    from execution_engine.worker.worker import Worker


class Engine(Services):
    """All rooms of one deployment, by the environment that names it."""

    @cached_property
    def intake(self) -> Intake:
        from execution_engine.intake.admission import Admission
        from execution_engine.intake.intake import Deployment, Intake
        from execution_engine.targets.registry import known_targets

        settings = self.settings
        settings.need("done_bucket")
        return Intake(
            admission=Admission(
                self.submissions, self.records, self.reports, self.watchdogs, self.clock, settings.tick
            ),
            queueing=self._queueing,
            supply=supply(self),
            deployment=Deployment(
                known=known_targets(),
                targets=frozenset(self.targets),
                done_bucket=settings.done_bucket,
                encrypts=bool(settings.kms_key),
            ),
            identifiers=self.identifiers,
        )

    @cached_property
    def _queueing(self) -> Queueing:
        from execution_engine.bundles.sealing import Sealer
        from execution_engine.intake.packing import Habits
        from execution_engine.intake.queueing import Queueing
        from execution_engine.storage.addresses import CallbackAddresses

        settings = self.settings
        settings.need("ssm_prefix")
        return Queueing(
            records=self.records,
            reports=self.reports,
            watchdogs=self.watchdogs,
            keys=self.keys,
            bucket=self.internal,
            keep=self.kept_jobs.keep,
            sealer=Sealer(),
            addresses=CallbackAddresses(self.client("s3"), settings.internal_bucket),
            habits=Habits(settings.grace, settings.heartbeat, settings.control_poll),
            ssm_prefix=settings.ssm_prefix,
            kms_key=settings.kms_key,
            tick=settings.tick,
            clock=self.clock,
            concurrently=on_threads,
        )

    @cached_property
    def kept_jobs(self) -> KeptJobs:
        from execution_engine.intake.kept_jobs import KeptJobs
        from execution_engine.storage.key_wrapping import KmsWrapping
        from execution_engine.targets.registry import known_targets

        key = self.settings.kms_key
        wrapping = KmsWrapping(self.client("kms"), key) if key else None
        return KeptJobs(self.internal, wrapping, self.clock, known_targets())

    @cached_property
    def retry(self) -> Retry:
        from execution_engine.intake.retry import Retry

        return Retry(self.records, self.submissions, self.kept_jobs.load, self.intake, self.clock)

    @cached_property
    def cancellation(self) -> Cancellation:
        from execution_engine.orchestrator.cancellation import Cancellation

        return Cancellation(self.records, self.waker)

    @cached_property
    def targets(self) -> Targets:
        from execution_engine.targets.context import TargetContext
        from execution_engine.targets.registry import Targets

        environment = self.client.environment
        return Targets(TargetContext(self.settings, environment, self.client, self.clock, self.identifiers, on_threads))

    @cached_property
    def gathering(self) -> Gathering | None:
        """For claims and results of instances; None in a deployment that runs nothing on any."""
        if not self.settings.ssm_document:
            return None
        from execution_engine.targets.ssm.target import SsmTarget

        target = self.targets.get("ssm")
        return target.gathering if isinstance(target, SsmTarget) else None

    @cached_property
    def orchestrator(self) -> Orchestrator:
        from execution_engine.orchestrator.finalization import Finalization
        from execution_engine.orchestrator.hearing import Hearing
        from execution_engine.orchestrator.launching import Launching
        from execution_engine.orchestrator.orchestrator import Orchestrator
        from execution_engine.orchestrator.run_lock import RunLock
        from execution_engine.orchestrator.salvage import Salvage
        from execution_engine.orchestrator.stopping import Stopping
        from execution_engine.orders.plan import Limits

        settings = self.settings
        settings.need("ssm_prefix")
        if not self.targets:
            settings.need("worker_lambda")  # or what any other target asks for: one there must be
        stopping = Stopping(self.reports, self.targets, self.clock, self.identifiers)
        return Orchestrator(
            records=self.records,
            reports=self.reports,
            lock=RunLock(self.locks, self.clock, self.identifiers, settings.lease),
            waker=self.waker,
            hearing=Hearing(self.records, self.reports, settings.relaunch_after, on_threads),
            launching=Launching(self.records, self.watchdogs, self.targets, stopping, self.clock, settings.tick),
            stopping=stopping,
            salvage=Salvage(self.records, self.reports, partial(age_key_path, settings.ssm_prefix), self.clock),
            finalization=Finalization(self.records, self.keys, self.done, self.clock, self.signals),
            clock=self.clock,
            identifiers=self.identifiers,
            limits=Limits(max_in_flight=settings.max_in_flight),
            pass_seconds=settings.pass_seconds,
            concurrently=on_threads,
            signals=self.signals,
        )

    @cached_property
    def watchdog(self) -> Watchdog:
        from execution_engine.watchdog.sweep import Sweep
        from execution_engine.watchdog.verdict import Patience
        from execution_engine.watchdog.watchdog import Watchdog

        settings = self.settings
        return Watchdog(
            records=self.records,
            reports=self.reports,
            done=self.done,
            locks=self.locks,
            waker=self.waker,
            services=self.targets,
            sweep=Sweep(self.records, self.keys, self.internal),
            clock=self.clock,
            identifiers=self.identifiers,
            patience=Patience(
                grace=settings.grace,
                heartbeat=settings.heartbeat,
                start_limit=settings.start_limit,
                relaunch_after=settings.relaunch_after,
                tick=settings.tick,
            ),
            signals=self.signals,
        )

    @cached_property
    def _courier(self) -> Courier:
        from execution_engine.worker.pooled_courier import PooledCourier

        return PooledCourier()

    def worker(self, log_url: str | None) -> Worker:
        """``log_url``: where an operator finds what this process prints."""
        import tempfile
        import time
        from pathlib import Path

        from execution_engine.identifiers import share
        from execution_engine.storage.worker_access import OwnRole
        from execution_engine.worker.execution import Surroundings
        from execution_engine.worker.opening import Opening
        from execution_engine.worker.patience import Patience
        from execution_engine.worker.worker import Worker

        patience = Patience(self.clock.sleep, share)
        role = OwnRole(self.internal)
        return Worker(
            Opening(role.fetch, self.keys.get, patience, now=self.clock.now),
            self._courier,
            Surroundings(
                folder=Path(tempfile.gettempdir()),
                host=self.client.environment,
                pass_on=self.settings.pass_env,
                execution_url=log_url,
                log_interval=self.settings.log_interval,
            ),
            clock=self.clock,
            monotonic=time.monotonic,
            identifiers=self.identifiers,
            patience=patience,
            fallback=role,
            read_claim=role.read,
        )

    @cached_property
    def history(self) -> History:
        from execution_engine.history.history import History
        from execution_engine.storage.order_logs import OrderLogs
        from execution_engine.storage.queries import Queries

        return History(Queries(self.database, self.tables), OrderLogs(self.internal))

    @cached_property
    def portions(self) -> Portions:
        from execution_engine.history.portions import Portions
        from execution_engine.storage.queries import Queries

        return Portions(self.history, Queries(self.database, self.tables))
