"""A shop over containers that do as a test says, asked through botocore's own client and model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fakes.botocore_service import FakeService, Refusal
from fakes.time_and_ids import FakeClock, SequentialIdentifiers

from execution_engine.local.api import Caller
from execution_engine.local.builds.build import Build
from execution_engine.local.builds.errors import ProvisioningFailed
from execution_engine.local.builds.protocol import Protocol
from execution_engine.local.builds.shop import Shop

CALLER = Caller("engine-orchestrator/session", "123456789012", "eu-west-1")
PROJECT: Mapping[str, Any] = {
    "name": "engine",
    "source": {"type": "NO_SOURCE", "buildspec": '{"phases": {"build": {"commands": ["python -m engine.build"]}}}'},
    "environment": {
        "type": "LINUX_CONTAINER",
        "image": "engine",
        "computeType": "BUILD_GENERAL1_SMALL",
        "environmentVariables": [{"name": "BUCKET", "value": "b"}, {"name": "TOLD", "value": "by the project"}],
    },
    "serviceRole": "arn:aws:iam::123456789012:role/build",
    "timeoutInMinutes": 60,
}


class FakeContainer:
    """``code``: what its process returned; ``asked``: how often it was to end; ``stubborn``: how many of those it
    outlives."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.code: int | None = None
        self.stubborn = 0
        self.asked = 0
        self.closed = False

    def exit_code(self) -> int | None:
        return self.code

    def end(self) -> bool:
        self.asked += 1
        return self.asked > self.stubborn

    def close(self) -> None:
        self.closed = True


class FakeContainers:
    """By the builds' ids. ``error``: why the next one can't be had."""

    def __init__(self) -> None:
        self.of: dict[str, FakeContainer] = {}
        self.error: Exception | None = None

    def log_url(self, uuid: str) -> str:
        return f"file:///logs/{uuid}.log"

    def provide(self, build: Build) -> FakeContainer:
        if self.error is not None:
            raise self.error
        self.of[build.id] = FakeContainer(1_000 + len(self.of))
        return self.of[build.id]


class Stand(FakeService):
    """What AWS's model does not allow, asked or answered, fails the test."""

    name = "codebuild"

    def __init__(self, **options: Any) -> None:
        super().__init__()
        self.clock = FakeClock()
        self.containers = FakeContainers()
        self.shop = Shop(self.containers, self.clock, SequentialIdentifiers(), **options)
        self._protocol = Protocol(self.shop, {PROJECT["name"]: PROJECT, "other": {**PROJECT, "name": "other"}}.get)

    def start(self, **asked: Any) -> Any:
        return self.client.start_build(**{"projectName": "engine", **asked})["build"]

    def started(self, **asked: Any) -> tuple[str, FakeContainer]:
        """One that got its container."""
        build = self.start(**asked)
        self.shop.tick()
        return build["id"], self.containers.of[build["id"]]

    def look_up(self, build_id: str) -> Any:
        (build,) = self.client.batch_get_builds(ids=[build_id])["builds"]
        return build

    def way(self, build_id: str) -> dict[str, str | None]:
        """Phase → how it ended; None for the current one."""
        return {one["phaseType"]: one.get("phaseStatus") for one in self.look_up(build_id)["phases"]}

    def no_registry(self) -> None:
        self.containers.error = ProvisioningFailed("BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE", "no such host")

    def raw(self, operation: str, body: bytes) -> tuple[int, Any]:
        status, headers, answer = self._protocol.answer(operation, body, CALLER)
        assert headers["Content-Type"] == "application/x-amz-json-1.1"
        return status, json.loads(answer)

    # FakeService's side

    def start_build(self, asked: dict[str, Any]) -> dict[str, Any]:
        return self._do("StartBuild", asked)

    def stop_build(self, asked: dict[str, Any]) -> dict[str, Any]:
        return self._do("StopBuild", asked)

    def batch_get_builds(self, asked: dict[str, Any]) -> dict[str, Any]:
        return self._do("BatchGetBuilds", asked)

    def list_builds(self, asked: dict[str, Any]) -> dict[str, Any]:
        return self._do("ListBuilds", asked)

    def list_builds_for_project(self, asked: dict[str, Any]) -> dict[str, Any]:
        return self._do("ListBuildsForProject", asked)

    def _do(self, operation: str, asked: dict[str, Any]) -> dict[str, Any]:
        status, answer = self.raw(operation, json.dumps(asked).encode())
        if status != 200:
            raise Refusal(answer["__type"], answer["message"], status)
        found: dict[str, Any] = answer
        return found
