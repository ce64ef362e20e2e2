from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from contracts.aws import Aws
from contracts.examples import NOW
from contracts.targets_contract import (
    INSTANCES,
    START_LIMIT,
    FleetContract,
    LookedUpContract,
    NothingToLookUpContract,
)
from fakes.botocore_service import FakeService, Refusal
from fakes.codebuild import PROJECT, TOKEN_SECONDS, FakeCodeBuild
from fakes.fleet import Fleet

from execution_engine.bundles.members import read_members
from execution_engine.jobs.naming import environment_key
from execution_engine.orders.order import Order
from execution_engine.orders.report import Claim, Result
from execution_engine.orders.target import State
from execution_engine.storage.functions import Functions
from execution_engine.storage.objects import Bucket
from execution_engine.targets.codebuild_target import CodeBuildTarget
from execution_engine.targets.lambda_target import LambdaTarget
from execution_engine.targets.ssm.target import SsmTarget

BROKEN = Refusal("InternalFailure", "try again", 500)
FORBIDDEN = Refusal("AccessDeniedException", "is not\nauthorized")


class FakeLambda(FakeService):
    name = "lambda"

    def invoke(self, asked: dict[str, Any]) -> dict[str, Any]:
        assert asked["InvocationType"] == "Event"
        return {"StatusCode": 202}


class Service:
    """``refusals``: what the service answers when it is told how to be."""

    service: FakeService
    throttled: Refusal
    missing = Refusal("ResourceNotFoundException", "there is\nnone")

    @property
    def sent(self) -> list[str]:
        return [request.whole for request in self.service.requests]

    def refuse(self, how: str) -> None:
        refusals = {"throttled": self.throttled, "broken": BROKEN, "forbidden": FORBIDDEN, "missing": self.missing}
        self.service.unreachable = how == "unreachable"
        self.service.refuse_with = refusals.get(how)


class OnLambda(Service):
    throttled = Refusal("TooManyRequestsException", "Rate exceeded", 429)

    def __init__(self) -> None:
        self.service = FakeLambda()
        functions = Functions(self.service.client)
        self.target = LambdaTarget(lambda: functions, "worker", "internal", START_LIMIT)

    @property
    def told(self) -> list[dict[str, Any]]:
        return [json.loads(request.parameters["Payload"]) for request in self.service.requests]


class OnCodeBuild(Service):
    throttled = Refusal("AccountLimitExceededException", "Cannot have more than 5 builds")
    token_seconds = TOKEN_SECONDS

    def __init__(self) -> None:
        self.service: FakeCodeBuild = FakeCodeBuild()
        client = self.service.client
        self.target = CodeBuildTarget(lambda: client, PROJECT, "internal", start_limit=START_LIMIT, grace=30.0)

    @property
    def told(self) -> list[dict[str, Any]]:
        started = [one.parameters for one in self.service.requests if one.operation == "StartBuild"]
        builds = {one["idempotencyToken"]: one["environmentVariablesOverride"] for one in started}
        assert len(builds) == len(self.service.builds), "a build that no request explains"
        variables = [{one["name"]: one["value"] for one in given} for given in builds.values()]
        assert all(set(given) == {"AWS_EXE_SYS_ASSIGNMENT", "SOPS_KEY_SSM_PATH"} for given in variables)
        return [json.loads(given["AWS_EXE_SYS_ASSIGNMENT"]) for given in variables]

    def wait(self, seconds: float) -> None:
        self.service.now += seconds

    def bring(self, execution_id: str, state: State, message: str = "") -> None:
        self.service.go_on(execution_id, "BUILD" if state is State.RUNNING else "PROVISIONING")
        if state is State.ENDED:
            self.service.end(execution_id, "FAILED", ("CLIENT_ERROR", message))

    def forget(self, execution_id: str) -> None:
        self.service.forget(execution_id)


class OnSsm(Service):
    throttled = Refusal("ThrottlingException", "Rate exceeded")
    missing = Refusal("InvalidDocument", "there is\nnone")

    def __init__(self, bucket: Bucket | None = None) -> None:
        self.fleet = Fleet(hears=False, bucket=bucket)
        self.fleet.clock.time = NOW
        self.service = self.fleet.ssm
        self.service.manage(*INSTANCES)

    @property
    def target(self) -> SsmTarget:
        return self.fleet.target

    @property
    def told(self) -> list[dict[str, Any]]:
        """What each command points at."""
        commands = [one.parameters["Parameters"] for one in self.service.requests if one.operation == "SendCommand"]
        found = []
        for one in commands:
            (url,), (sha256,) = one["BundleUrl"], one["BundleSha256"]
            key = urlsplit(url).path.removeprefix("/internal/")
            data = self.fleet.bucket.read(key, 2**25) or b""
            found.append(json.loads(read_members(data, ["launch.json"], sha256)["launch.json"]))
        return found

    def prepare(self, order: Order) -> Order:
        return self.fleet.submitted(order, variables=1)

    def restart(self) -> None:
        self.fleet.restart()

    def begin(self, order: Order, instance: str) -> bool:
        return self.fleet.claim(order, instance) == [True]

    def report(self, order: Order, instance: str, status: str) -> bool:
        return self.fleet.report(order, instance, status)

    def claim(self, order: Order) -> Claim | None:
        return self.fleet.claimed(order)

    def result(self, order: Order) -> Result | None:
        return self.fleet.result(order)

    def kept(self, order: Order) -> list[str]:
        key = environment_key(order.run_id, order.order_num)
        return [key] if self.fleet.bucket.read(key, 10) is not None else []

    def tell_of(self, instance: str, how: str) -> None:
        self.service.bring(instance, {"unreachable": "Undeliverable", "cancelled": "Cancelled"}[how])


class TestLambda(NothingToLookUpContract):
    @pytest.fixture
    def backend(self) -> OnLambda:
        return OnLambda()


class TestCodeBuild(LookedUpContract):
    @pytest.fixture
    def backend(self) -> OnCodeBuild:
        return OnCodeBuild()


class TestSsm(FleetContract):
    @pytest.fixture
    def backend(self) -> OnSsm:
        return OnSsm()


class TestSsmOnS3(FleetContract):
    """The same, its objects in the embedded S3."""

    @pytest.fixture
    def backend(self, aws: Aws) -> OnSsm:
        return OnSsm(aws.bucket("internal"))
