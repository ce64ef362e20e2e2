from __future__ import annotations

import json
from datetime import UTC, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from contracts.aws import Aws
from contracts.reports_contract import ReportsContract
from contracts.results_contract import ResultsContract
from fakes.calls import Calls
from fakes.objects import Objects
from fakes.reports import MemoryReports
from fakes.time_and_ids import FakeClock

from execution_engine.jobs.naming import claim_key, result_key
from execution_engine.storage.objects import Bucket
from execution_engine.storage.reports import S3Reports


class InMemory:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.reports = MemoryReports(Calls(), Objects(self.clock))
        self.put = self.reports.objects.put
        self.wait = self.clock.advance


class LaterS3:
    """A client whose answers carry the date of some time later."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.later: dict[str, float] = {}
        self.now = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def put_object(self, **request: Any) -> Any:
        self.later[request["Key"]] = self.now
        return self._client.put_object(**request)

    def head_object(self, **request: Any) -> Any:
        answer = self._client.head_object(**request)
        since = timedelta(seconds=self.now - self.later[request["Key"]])
        sent = answer["LastModified"].astimezone(UTC) + since
        answer["ResponseMetadata"]["HTTPHeaders"]["date"] = format_datetime(sent, usegmt=True)
        return answer


class OnS3:
    def __init__(self, aws: Aws) -> None:
        self.client = LaterS3(aws.client("s3"))
        self.bucket = Bucket(self.client, aws.bucket("internal").name)
        self.reports = S3Reports(self.bucket)

    def put(self, key: str, body: bytes) -> None:
        self.bucket.write(key, body)

    def wait(self, seconds: float) -> None:
        self.client.now += seconds


class TestInMemory(ReportsContract, ResultsContract):
    @pytest.fixture
    def backend(self) -> InMemory:
        return InMemory()


class TestOnS3(ReportsContract, ResultsContract):
    @pytest.fixture
    def backend(self, aws: Aws) -> OnS3:
        return OnS3(aws)

    def test_what_the_engine_writes_says_whose_it_is(self, backend: OnS3, run_id: str) -> None:
        backend.reports.void(run_id, "0001", 2, "n", "cancelled", 5.0)
        backend.reports.write_result(run_id, "0001", 2, {"status": "failed"})
        ids = {"run_id": run_id, "order_num": "0001", "attempt": 2}
        claim = json.loads(backend.bucket.read(claim_key(run_id, "0001", 2), 10_000) or b"")
        result = json.loads(backend.bucket.read(result_key(run_id, "0001", 2), 10_000) or b"")
        assert claim == {**ids, "nonce": "n", "by": "engine", "void": True, "reason": "cancelled", "at": 5.0}
        assert result == {**ids, "status": "failed"}
