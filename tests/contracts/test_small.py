from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from contracts.aws import Aws
from contracts.small_contracts import DoneContract, KeysContract, WatchdogsContract
from fakes.calls import Calls
from fakes.services import MemoryDoneMarkers, MemoryKeys, MemoryWatchdogs

from execution_engine.errors import BundleUnreadable
from execution_engine.jobs.naming import done_key
from execution_engine.storage.done import S3DoneMarkers
from execution_engine.storage.keys import ParameterKeys
from execution_engine.storage.watchdogs import StepFunctionWatchdogs


class KeysInMemory:
    def __init__(self) -> None:
        self.keys = MemoryKeys(Calls())
        self.held = self.keys.held.get


class KeysOnSsm:
    def __init__(self, aws: Aws) -> None:
        self.keys = ParameterKeys(aws.client("ssm"))

    def held(self, path: str) -> str | None:
        try:
            return self.keys.get(path)
        except BundleUnreadable:
            return None


class TestKeysInMemory(KeysContract):
    @pytest.fixture
    def backend(self) -> KeysInMemory:
        return KeysInMemory()


class TestKeysOnSsm(KeysContract):
    @pytest.fixture
    def backend(self, aws: Aws) -> KeysOnSsm:
        return KeysOnSsm(aws)

    def test_a_key_is_encrypted_and_expires_by_itself(self, backend: KeysOnSsm, aws: Aws, run_id: str) -> None:
        path = f"/engine/runs/{run_id}/age-key"
        backend.keys.put(path, "AGE-SECRET-KEY-1", 4_000_000_000.5)
        found = aws.client("ssm").describe_parameters(ParameterFilters=[{"Key": "Name", "Values": [path]}])
        (parameter,) = found["Parameters"]
        assert (parameter["Type"], parameter["Tier"]) == ("SecureString", "Advanced")
        assert "2096-10-02T07:06:40Z" in json.dumps(parameter["Policies"])


class DoneInMemory:
    def __init__(self) -> None:
        self.done = MemoryDoneMarkers(Calls())
        self.document = self.done.documents.get


class DoneOnS3:
    def __init__(self, aws: Aws) -> None:
        self.bucket = aws.bucket("done")
        self.done = S3DoneMarkers(self.bucket)

    def document(self, run_id: str) -> dict[str, Any] | None:
        data = self.bucket.read(done_key(run_id), 100_000)
        return None if data is None else dict(json.loads(data))


class TestDoneInMemory(DoneContract):
    @pytest.fixture
    def backend(self) -> DoneInMemory:
        return DoneInMemory()


class TestDoneOnS3(DoneContract):
    @pytest.fixture
    def backend(self, aws: Aws) -> DoneOnS3:
        return DoneOnS3(aws)


class WatchdogsInMemory:
    def __init__(self) -> None:
        self.watchdogs = MemoryWatchdogs(Calls())

    def inputs(self, run_id: str) -> list[dict[str, Any]]:
        names = ("run_id", "order_num", "attempt", "wait")
        return [dict(zip(names, one, strict=True)) for one in self.watchdogs.started.values() if one[0] == run_id]


class Executions:
    """Step Functions as far as its names go: taken for good, whatever became of the execution."""

    def __init__(self) -> None:
        self.inputs: dict[str, dict[str, Any]] = {}

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> None:
        if name in self.inputs:
            answer = {"Error": {"Code": "ExecutionAlreadyExists", "Message": name}}
            raise ClientError(answer, "StartExecution")
        assert len(name) <= 80, "Step Functions takes names of 80 characters"
        self.inputs[name] = json.loads(input)


class WatchdogsOnStepFunctions:
    def __init__(self) -> None:
        self.client = Executions()
        self.watchdogs = StepFunctionWatchdogs(self.client, "arn:aws:states:us-east-1:1:stateMachine:watchdog")

    def inputs(self, run_id: str) -> list[dict[str, Any]]:
        return [one for one in self.client.inputs.values() if one["run_id"] == run_id]


class TestWatchdogsInMemory(WatchdogsContract):
    @pytest.fixture
    def backend(self) -> WatchdogsInMemory:
        return WatchdogsInMemory()


class TestWatchdogsOnStepFunctions(WatchdogsContract):
    @pytest.fixture
    def backend(self) -> WatchdogsOnStepFunctions:
        return WatchdogsOnStepFunctions()
