from __future__ import annotations

import pytest
from contracts.aws import Aws
from contracts.submissions_contract import NOW, SubmissionsContract, submission
from fakes.calls import Calls
from fakes.submissions import MemorySubmissions

from execution_engine.storage.submissions import DynamoSubmissions


class TestInMemory(SubmissionsContract):
    @pytest.fixture
    def submissions(self) -> MemorySubmissions:
        return MemorySubmissions(Calls())


class TestOnDynamoDb(SubmissionsContract):
    @pytest.fixture
    def submissions(self, aws: Aws) -> DynamoSubmissions:
        return DynamoSubmissions(aws.database, aws.tables)

    def test_the_item_goes_by_itself(self, submissions: DynamoSubmissions, aws: Aws, run_id: str) -> None:
        mine = submission(run_id, "first")
        submissions.claim(mine, NOW)
        item = aws.client("dynamodb").get_item(TableName=aws.names.locks, Key={"pk": {"S": mine.key}})["Item"]
        assert int(item["ttl"]["N"]) == int(mine.expires_at)
