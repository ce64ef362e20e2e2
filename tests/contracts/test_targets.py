from __future__ import annotations

import json
from typing import Any

import pytest
from contracts.targets_contract import START_LIMIT, LookedUpContract, NothingToLookUpContract
from fakes.botocore_service import FakeService, Refusal
from fakes.codebuild import PROJECT, TOKEN_SECONDS, FakeCodeBuild

from execution_engine.orders.target import State
from execution_engine.storage.functions import Functions
from execution_engine.targets.codebuild_target import CodeBuildTarget
from execution_engine.targets.lambda_target import LambdaTarget

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


class TestLambda(NothingToLookUpContract):
    @pytest.fixture
    def backend(self) -> OnLambda:
        return OnLambda()


class TestCodeBuild(LookedUpContract):
    @pytest.fixture
    def backend(self) -> OnCodeBuild:
        return OnCodeBuild()
