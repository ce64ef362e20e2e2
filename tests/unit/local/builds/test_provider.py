"""What a build is given: a process of its own, a role's session, an environment, and a log."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from unit.local.builds.stand import PROJECT

from execution_engine.local.builds.build import Build
from execution_engine.local.builds.container import Container
from execution_engine.local.builds.errors import ProvisioningFailed
from execution_engine.local.builds.in_ministack import trusts
from execution_engine.local.builds.provider import Provider
from execution_engine.local.builds.request import build_request
from execution_engine.local.processes import descendants
from execution_engine.resources import load

PROBE = """
import json, os, subprocess, sys, time
print(json.dumps({"environ": dict(os.environ), "cwd": os.getcwd(), "leads": os.getsid(0) == os.getpid()}), flush=True)
if "HANG" in os.environ:
    child = subprocess.Popen(["sleep", "600"], start_new_session=True)
    print(child.pid, flush=True)
    time.sleep(600)
sys.exit(3)
"""


class Sessions:
    def __init__(self) -> None:
        self.opened: list[tuple[str, str]] = []
        self.closed = 0

    def open(self, role: str, name: str) -> dict[str, str]:
        self.opened.append((role, name))
        return {"AWS_ACCESS_KEY_ID": "of the role"}

    def close(self, credentials: Mapping[str, str]) -> None:
        assert credentials == {"AWS_ACCESS_KEY_ID": "of the role"}
        self.closed += 1


class Given:
    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("logs", "code"):
            (root / name).mkdir()
        (root / "code" / "probe.py").write_text(PROBE)
        self.sessions = Sessions()
        host = {"PATH": os.environ["PATH"], "PYTHONPATH": str(root / "code"), "BUCKET": "the host's"}
        self.provider = Provider(
            self.sessions, host, "http://127.0.0.1:1", root / "builds", root / "logs", 0.3, time.monotonic
        )

    def build(self, **asked: Any) -> Build:
        request = build_request(PROJECT, {"buildspecOverride": buildspec("probe"), **asked})
        log_url = self.provider.log_url("u")
        return Build(
            request, uuid="u", number=3, region="eu-west-1", account="1", initiator="me", log_url=log_url, at=12.5
        )

    @property
    def log(self) -> list[Any]:
        return [json.loads(line) for line in (self.root / "logs" / "u.log").read_text().splitlines()]


def buildspec(module: str) -> str:
    return json.dumps({"phases": {"build": {"commands": [f"python -m {module}"]}}})


@pytest.fixture
def given(tmp_path: Path) -> Given:
    return Given(tmp_path)


def until(true: Callable[[], Any]) -> Any:
    end = time.monotonic() + 120
    while not (found := true()):
        assert time.monotonic() < end, "it did not come to pass in time"
        time.sleep(0.02)
    return found


def ended(container: Container) -> int:
    until(lambda: container.exit_code() is not None)
    until(container.end)
    code = container.exit_code()
    assert code is not None
    container.close()
    return code


def test_a_process_of_its_own_in_a_folder_of_its_own_that_is_gone_afterwards(given: Given) -> None:
    assert ended(given.provider.provide(given.build())) == 3
    (seen,) = given.log
    environ = seen["environ"]
    assert seen["leads"]
    assert Path(environ["TMPDIR"]).is_relative_to(given.root / "builds" / "u")
    assert seen["cwd"] == environ["CODEBUILD_SRC_DIR"]
    assert not list((given.root / "builds").iterdir())
    assert given.sessions.opened == [(PROJECT["serviceRole"], "AWSCodeBuild-u")]
    assert given.sessions.closed == 1
    assert environ["AWS_ACCESS_KEY_ID"] == "of the role"
    assert environ["BUCKET"] == "b"
    assert environ["AWS_ENDPOINT_URL"] == environ["AWS_ENDPOINT_URL_CODEBUILD"] == "http://127.0.0.1:1"
    told = {name: value for name, value in environ.items() if name.startswith("CODEBUILD_BUILD")}
    assert told == {
        "CODEBUILD_BUILD_ARN": "arn:aws:codebuild:eu-west-1:1:build/engine:u",
        "CODEBUILD_BUILD_ID": "engine:u",
        "CODEBUILD_BUILD_IMAGE": "engine",
        "CODEBUILD_BUILD_NUMBER": "3",
        "CODEBUILD_BUILD_SUCCEEDING": "1",
    }
    assert environ["CODEBUILD_START_TIME"] == "12500"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere what lost its parent is not found again")
@pytest.mark.parametrize("told", [True, False], ids=["stopped", "killed"])
def test_it_ends_with_all_that_it_started(given: Given, told: bool) -> None:
    variables = [{"name": "HANG", "value": "1"}]
    container = given.provider.provide(given.build(environmentVariablesOverride=variables))
    child = until(lambda: given.log[1] if len(given.log) > 1 else None)
    until(lambda: container.exit_code() is None and child in container._below)
    if not told:
        os.kill(container.pid, 9)
    else:
        container.end()
    assert ended(container) == (137 if not told else 143)
    assert child not in descendants(0)


def test_no_image_comes_from_nowhere(given: Given) -> None:
    with pytest.raises(ProvisioningFailed, match=r"lookup registry\.invalid: no such host") as caught:
        given.provider.provide(given.build(imageOverride="registry.invalid:5000/a/b:1"))
    assert caught.value.code == "BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE"
    assert not given.sessions.opened


def test_a_buildspec_that_is_none_of_ours_is_not_run(given: Given) -> None:
    with pytest.raises(ProvisioningFailed) as caught:
        given.provider.provide(given.build(buildspecOverride="phases: {build: {commands: [make]}}"))
    assert caught.value.code == "YAML_FILE_ERROR"


@pytest.mark.parametrize("value", ["no-log", "\ud800"], ids=["no-log", "no-text"])
def test_what_can_not_be_started_leaves_nothing(given: Given, value: str) -> None:
    if value == "no-log":
        (given.root / "logs").rmdir()
    with pytest.raises(ProvisioningFailed, match="can't be started"):
        given.provider.provide(given.build(environmentVariablesOverride=[{"name": "A", "value": value}]))
    assert given.sessions.closed == 1
    assert not list((given.root / "builds").iterdir())


def policy(**changes: Any) -> str:
    statement = {"Effect": "Allow", "Principal": {"Service": "codebuild.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return json.dumps({"Statement": [{**statement, **changes}]})


def test_a_role_says_whether_codebuild_may_take_it() -> None:
    assert trusts(policy())
    assert trusts(policy(Principal={"Service": ["x", "codebuild.amazonaws.com"]}, Action=["sts:AssumeRole"]))
    assert trusts(json.dumps(load("trust")["codebuild"]))


@pytest.mark.parametrize(
    "document",
    [
        policy(Effect="Deny"),
        policy(Principal={"AWS": "*"}),
        policy(Principal="*"),
        policy(Action="sts:TagSession"),
        json.dumps(load("trust")["lambda"]),
        "{}",
        "no",
        "[]",
        None,
    ],
)
def test_what_does_not_say_so_is_a_no(document: Any) -> None:
    assert not trusts(document)
