"""The composition root: settings → services. Nobody else makes clients; each is made once a process.

Everything is made when it is first asked for, and imported then too: a function that needs little starts
in little time.
"""

# ruff: noqa: PLC0415 (imports where they are used, for cold starts)

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from execution_engine.clock import SystemClock
from execution_engine.identifiers import RandomIdentifiers
from execution_engine.settings import Settings

if TYPE_CHECKING:
    from execution_engine.history.history import History
    from execution_engine.intake.intake import Intake
    from execution_engine.orchestrator.orchestrator import Orchestrator
    from execution_engine.storage.database import Database
    from execution_engine.storage.done import S3DoneMarkers
    from execution_engine.storage.functions import Functions, OrchestratorWaker
    from execution_engine.storage.keys import ParameterKeys
    from execution_engine.storage.models import Tables
    from execution_engine.storage.objects import Bucket
    from execution_engine.storage.records import DynamoRecords
    from execution_engine.storage.reports import S3Reports
    from execution_engine.storage.watchdogs import StepFunctionWatchdogs
    from execution_engine.watchdog.watchdog import Watchdog
    from execution_engine.worker.worker import Worker

_THREADS = 8


def on_threads(act: Callable[[Any], Any], things: Iterable[Any]) -> list[Any]:
    """``map`` on a few threads; the first error is raised when all have ended, so none is cut off."""
    todo = list(things)
    if len(todo) < 2:
        return [act(one) for one in todo]
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(min(_THREADS, len(todo))) as pool:
        return [future.result() for future in [pool.submit(act, one) for one in todo]]


class Engine:
    """All services of one deployment, by the environment that names it."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.settings = Settings.from_environment(environment)
        self.clock = SystemClock()
        self.identifiers = RandomIdentifiers()

    # Clients

    @cached_property
    def _session(self) -> Any:
        import botocore.session

        session = botocore.session.Session()
        session.set_config_variable("region", self._environment.get("AWS_REGION") or "us-east-1")
        key = self._environment.get("AWS_ACCESS_KEY_ID")
        if key:
            session.set_credentials(
                key,
                self._environment.get("AWS_SECRET_ACCESS_KEY", ""),
                self._environment.get("AWS_SESSION_TOKEN"),
            )
        return session

    def client(self, service: str) -> Any:
        """botocore's retries and back-off; path-style and SigV4 throughout, which presigning relies on."""
        clients: dict[str, Any] = self.__dict__.setdefault("_clients", {})
        if service not in clients:
            from botocore.config import Config

            config = Config(
                signature_version="s3v4" if service == "s3" else None,
                s3={"addressing_style": "path"} if self._endpoint(service) else None,
                retries={"mode": "standard", "total_max_attempts": 5},
                connect_timeout=5,
                read_timeout=70,
                max_pool_connections=_THREADS + 2,
            )
            clients[service] = self._session.create_client(
                service, config=config, endpoint_url=self._endpoint(service)
            )
        return clients[service]

    def _endpoint(self, service: str) -> str | None:
        own = self._environment.get(f"AWS_ENDPOINT_URL_{service.upper()}")
        return own or self._environment.get("AWS_ENDPOINT_URL")

    # Storage

    @cached_property
    def database(self) -> Database:
        from pynamodb.connection import Connection

        from execution_engine.storage.database import Database

        connection = Connection(
            region=self._environment.get("AWS_REGION") or "us-east-1",
            host=self._endpoint("dynamodb"),
            max_pool_connections=_THREADS + 2,
            aws_access_key_id=self._environment.get("AWS_ACCESS_KEY_ID"),
            aws_secret_access_key=self._environment.get("AWS_SECRET_ACCESS_KEY"),
            aws_session_token=self._environment.get("AWS_SESSION_TOKEN"),
        )
        return Database(connection, self.clock)

    @cached_property
    def tables(self) -> Tables:
        from execution_engine.storage.models import TableNames, Tables

        self.settings.need("orders_table", "order_events_table", "locks_table")
        names = TableNames(
            self.settings.orders_table, self.settings.order_events_table, self.settings.locks_table
        )
        return Tables.named(names, self._environment.get("AWS_REGION") or "us-east-1")

    @cached_property
    def records(self) -> DynamoRecords:
        from execution_engine.storage.records import DynamoRecords

        return DynamoRecords(self.database, self.tables)

    @cached_property
    def internal(self) -> Bucket:
        from execution_engine.storage.objects import Bucket

        self.settings.need("internal_bucket")
        return Bucket(self.client("s3"), self.settings.internal_bucket)

    @cached_property
    def done_bucket(self) -> Bucket:
        from execution_engine.storage.objects import Bucket

        self.settings.need("done_bucket")
        return Bucket(self.client("s3"), self.settings.done_bucket)

    @cached_property
    def reports(self) -> S3Reports:
        from execution_engine.storage.reports import S3Reports

        return S3Reports(self.internal)

    @cached_property
    def done(self) -> S3DoneMarkers:
        from execution_engine.storage.done import S3DoneMarkers

        return S3DoneMarkers(self.done_bucket)

    @cached_property
    def keys(self) -> ParameterKeys:
        from execution_engine.storage.keys import ParameterKeys

        return ParameterKeys(self.client("ssm"))

    @cached_property
    def watchdogs(self) -> StepFunctionWatchdogs:
        from execution_engine.storage.watchdogs import StepFunctionWatchdogs

        self.settings.need("watchdog_sfn")
        return StepFunctionWatchdogs(self.client("stepfunctions"), self.settings.watchdog_sfn)

    @cached_property
    def functions(self) -> Functions:
        from execution_engine.storage.functions import Functions

        return Functions(self.client("lambda"))

    @cached_property
    def waker(self) -> OrchestratorWaker:
        from execution_engine.storage.functions import OrchestratorWaker

        self.settings.need("orchestrator_lambda")
        return OrchestratorWaker(self.functions, self.settings.orchestrator_lambda)

    # Rooms

    @cached_property
    def intake(self) -> Intake:
        from execution_engine.bundles.limits import Limits
        from execution_engine.bundles.sealing import Sealer
        from execution_engine.intake.addresses import CallbackAddresses
        from execution_engine.intake.intake import Deployment, Intake
        from execution_engine.intake.packing import Habits
        from execution_engine.intake.s3_code import S3Code

        settings = self.settings
        settings.need("ssm_prefix", "done_bucket", "worker_lambda")
        return Intake(
            records=self.records,
            reports=self.reports,
            watchdogs=self.watchdogs,
            keys=self.keys,
            bucket=self.internal,
            code=S3Code(self.client("s3"), Limits(size=settings.code_limit)),
            sealer=Sealer(),
            addresses=CallbackAddresses(self.client("s3"), settings.internal_bucket),
            habits=Habits(settings.grace, settings.heartbeat, settings.control_poll),
            deployment=Deployment(
                targets=frozenset({"lambda"}),
                ssm_prefix=settings.ssm_prefix,
                done_bucket=settings.done_bucket,
                tick=settings.tick,
            ),
            clock=self.clock,
            identifiers=self.identifiers,
            concurrently=on_threads,
        )

    @cached_property
    def orchestrator(self) -> Orchestrator:
        from execution_engine.orchestrator.finalization import Finalization
        from execution_engine.orchestrator.hearing import Hearing
        from execution_engine.orchestrator.orchestrator import Orchestrator, Pace
        from execution_engine.orchestrator.run_lock import RunLock
        from execution_engine.orchestrator.stopping import Stopping
        from execution_engine.orchestrator.targets.lambda_target import LambdaTarget
        from execution_engine.orders.plan import Limits
        from execution_engine.storage.locks import DynamoLocks

        settings = self.settings
        settings.need("worker_lambda")
        worker = LambdaTarget(
            self.functions, settings.worker_lambda, settings.internal_bucket, settings.start_limit
        )
        return Orchestrator(
            records=self.records,
            reports=self.reports,
            lock=RunLock(
                DynamoLocks(self.database, self.tables), self.clock, self.identifiers, settings.lease
            ),
            watchdogs=self.watchdogs,
            waker=self.waker,
            targets={"lambda": worker},
            hearing=Hearing(self.records, self.reports, settings.relaunch_after, on_threads),
            stopping=Stopping(self.reports, self.clock, self.identifiers),
            finalization=Finalization(self.records, self.keys, self.done, self.clock),
            clock=self.clock,
            identifiers=self.identifiers,
            limits=Limits(max_in_flight=settings.max_in_flight),
            pace=Pace(tick=settings.tick, pass_seconds=settings.pass_seconds),
            concurrently=on_threads,
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
            waker=self.waker,
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
        )
