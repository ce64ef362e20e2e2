"""Settings → the services that every room may need: clients, tables, buckets, functions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from execution_engine.clock import SystemClock
from execution_engine.identifiers import RandomIdentifiers
from execution_engine.settings import Settings
from execution_engine.wiring.clients import THREADS, Clients

if TYPE_CHECKING:
    from execution_engine.orders.signals import Signals
    from execution_engine.storage.database import Database
    from execution_engine.storage.done import S3DoneMarkers
    from execution_engine.storage.functions import Functions, OrchestratorWaker
    from execution_engine.storage.keys import ParameterKeys
    from execution_engine.storage.locks import DynamoLocks
    from execution_engine.storage.models import Tables
    from execution_engine.storage.objects import Bucket
    from execution_engine.storage.records import DynamoRecords
    from execution_engine.storage.reports import S3Reports
    from execution_engine.storage.submissions import DynamoSubmissions
    from execution_engine.storage.watchdogs import StepFunctionWatchdogs


class Services:
    """Each is made, and its code imported, when it is first asked for: a function that needs little starts
    in little time."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.settings = Settings.from_environment(environment)
        self.client = Clients(environment)
        self.clock = SystemClock()
        self.identifiers = RandomIdentifiers()

    @cached_property
    def database(self) -> Database:
        from execution_engine.storage.database import Database, SessionConnection

        connection = SessionConnection(
            self.client.session,
            region=self.client.region,
            host=self.client.endpoint("dynamodb"),
            max_pool_connections=THREADS + 2,
        )
        return Database(connection, self.clock)

    @cached_property
    def tables(self) -> Tables:
        from execution_engine.storage.models import TableNames, Tables

        self.settings.need("orders_table", "order_events_table", "locks_table")
        names = TableNames(self.settings.orders_table, self.settings.order_events_table, self.settings.locks_table)
        return Tables.named(names, self.client.region)

    @cached_property
    def records(self) -> DynamoRecords:
        from execution_engine.storage.records import DynamoRecords

        return DynamoRecords(self.database, self.tables)

    @cached_property
    def locks(self) -> DynamoLocks:
        from execution_engine.storage.locks import DynamoLocks

        return DynamoLocks(self.database, self.tables)

    @cached_property
    def submissions(self) -> DynamoSubmissions:
        from execution_engine.storage.submissions import DynamoSubmissions

        return DynamoSubmissions(self.database, self.tables)

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
    def signals(self) -> Signals:
        """Counts where CloudWatch reads along (``POWERTOOLS_METRICS_NAMESPACE``), tells where there is a bus."""
        from execution_engine.signals.listeners import Listeners

        listeners: list[Signals] = []
        if namespace := self.client.environment.get("POWERTOOLS_METRICS_NAMESPACE"):
            from execution_engine.signals.meter import Meter

            service = self.client.environment.get("POWERTOOLS_SERVICE_NAME", "execution-engine")
            listeners.append(Meter(namespace, service))
        if bus := self.settings.event_bus:
            from execution_engine.signals.notifications import Notifications

            listeners.append(Notifications(lambda: self.client("events", brief=True), bus, self.clock))
        return Listeners(listeners)

    @cached_property
    def waker(self) -> OrchestratorWaker:
        from execution_engine.storage.functions import OrchestratorWaker

        self.settings.need("orchestrator_lambda")
        return OrchestratorWaker(self.functions, self.settings.orchestrator_lambda)
