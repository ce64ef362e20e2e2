"""The embedded moto: tables and buckets as the resource files say, and the storage room upon them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
from fakes.time_and_ids import FakeClock
from moto import mock_aws
from pynamodb.connection import Connection

from execution_engine import resources
from execution_engine.storage.database import Database
from execution_engine.storage.models import TableNames, Tables
from execution_engine.storage.objects import Bucket

REGION = "us-east-1"
_NAMES = {
    "orders_table": "orders",
    "order_events_table": "order_events",
    "locks_table": "locks",
    "internal_bucket": "internal",
    "done_bucket": "done",
}


@dataclass
class Aws:
    """One a file of tests: what they write is told apart by their runs."""

    names: TableNames = field(
        default_factory=lambda: TableNames(_NAMES["orders_table"], _NAMES["order_events_table"], _NAMES["locks_table"])
    )
    clients: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tables = Tables.named(self.names, REGION)
        self.database = Database(Connection(region=REGION), FakeClock())
        for table in resources.load("tables", **_NAMES).values():
            self._create(table)
        for bucket in resources.load("buckets", **_NAMES).values():
            self.client("s3").create_bucket(Bucket=bucket["name"])

    def client(self, service: str) -> Any:
        if service not in self.clients:
            self.clients[service] = boto3.client(service, region_name=REGION)
        return self.clients[service]

    def bucket(self, name: str) -> Bucket:
        return Bucket(self.client("s3"), _NAMES[f"{name}_bucket"])

    def _create(self, table: dict[str, Any]) -> None:
        indexes = [
            {
                "IndexName": index["name"],
                "KeySchema": _key_schema(index),
                "Projection": {"ProjectionType": index["projection"]},
            }
            for index in table["indexes"]
        ]
        self.client("dynamodb").create_table(
            TableName=table["name"],
            KeySchema=_key_schema(table),
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": kind} for name, kind in table["attributes"].items()
            ],
            BillingMode=table["billing"],
            **({"GlobalSecondaryIndexes": indexes} if indexes else {}),
        )


@contextmanager
def running() -> Iterator[Aws]:
    with mock_aws(config={"core": {"mock_credentials": False}}):  # the tests' own are no real ones
        yield Aws()


def _key_schema(keys: dict[str, Any]) -> list[dict[str, str]]:
    schema = [{"AttributeName": keys["hash_key"], "KeyType": "HASH"}]
    return [*schema, {"AttributeName": keys["range_key"], "KeyType": "RANGE"}] if keys["range_key"] else schema
