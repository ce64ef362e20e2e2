from __future__ import annotations

from typing import Any

import pytest
from contracts.aws import Aws
from contracts.locks_contract import Damage, LocksContract
from fakes.calls import Calls
from fakes.locks import MemoryLocks

from execution_engine.jobs.naming import lock_key
from execution_engine.storage.locks import DynamoLocks


class TestInMemory(LocksContract):
    @pytest.fixture
    def locks(self) -> MemoryLocks:
        return MemoryLocks(Calls())

    @pytest.fixture
    def damage(self, locks: MemoryLocks) -> Damage:
        def do(run_id: str, name: str, value: Any) -> None:
            locks.items.all[(run_id,)][name] = value

        return do


class TestOnDynamoDb(LocksContract):
    @pytest.fixture
    def locks(self, aws: Aws) -> DynamoLocks:
        return DynamoLocks(aws.database, aws.tables)

    @pytest.fixture
    def damage(self, aws: Aws) -> Damage:
        def do(run_id: str, name: str, value: Any) -> None:
            aws.client("dynamodb").update_item(
                TableName=aws.names.locks,
                Key={"pk": {"S": lock_key(run_id)}},
                UpdateExpression="SET #name = :value",
                ExpressionAttributeNames={"#name": name},
                ExpressionAttributeValues={":value": {"BOOL": True} if value is True else {"N": str(value)}},
            )

        return do

    @pytest.mark.parametrize("marked_first", [False, True])
    def test_the_item_goes_by_itself(self, locks: DynamoLocks, aws: Aws, run_id: str, marked_first: bool) -> None:
        if marked_first:
            locks.mark(run_id, frozenset({"a"}), 1_000.0)
        else:
            locks.enter(run_id, frozenset({"a"}), "one", 1_000.0, 60.0)
        item = aws.client("dynamodb").get_item(TableName=aws.names.locks, Key={"pk": {"S": lock_key(run_id)}})["Item"]
        assert int(item["ttl"]["N"]) > 1_000 + 24 * 3600
