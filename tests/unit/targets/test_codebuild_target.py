"""How an order becomes a build. What holds for every target: tests/contracts/targets_contract.py."""

from __future__ import annotations

import json
from typing import Any

import pytest
from contracts.targets_contract import reserved
from fakes.botocore_service import Refusal
from fakes.codebuild import PROJECT, FakeCodeBuild
from fakes.time_and_ids import FakeClock

from execution_engine.errors import LaunchFailed, SettingsError
from execution_engine.settings import Settings
from execution_engine.targets.codebuild_target import CodeBuildTarget, codebuild_target
from execution_engine.targets.context import TargetContext

RUN = "00000000-0000-4000-8000-000000000001"
DAY = 86_400.0


class Stand:
    def __init__(self, *, project: str = PROJECT, start_limit: float = 1_800.0, grace: float = 30.0) -> None:
        self.service = FakeCodeBuild()
        self.target = CodeBuildTarget(
            lambda: self.service.client, project, "internal", start_limit=start_limit, grace=grace
        )

    def asked(self, **order: Any) -> dict[str, Any]:
        self.target.launch(reserved(RUN, **order))
        return self.service.requests[-1].parameters

    def refused(self, **order: Any) -> LaunchFailed:
        with pytest.raises(LaunchFailed) as found:
            self.target.launch(reserved(RUN, **order))
        return found.value


@pytest.mark.parametrize(
    ("timeout", "grace", "minutes"),
    [
        (30, 30, 7),  # 30 + 60 + 300 s are six and a half
        (0.5, 0.1, 6),
        (3_600, 30, 66),
        (DAY, 30, 1_446),
        (2 * DAY, 30, 2_160),
    ],
)
def test_a_build_may_last_a_little_longer_than_its_order(timeout: float, grace: float, minutes: int) -> None:
    assert Stand(grace=grace).asked(timeout=timeout)["timeoutInMinutesOverride"] == minutes


@pytest.mark.parametrize(("start_limit", "minutes"), [(1, 5), (300, 5), (301, 6), (1_800, 30), (DAY, 480)])
def test_a_build_may_queue_as_long_as_its_worker_may_be_late(start_limit: float, minutes: int) -> None:
    assert Stand(start_limit=start_limit).asked()["queuedTimeoutInMinutesOverride"] == minutes


def test_all_that_a_launch_asks_for() -> None:
    asked = Stand().asked()
    assert asked.keys() == {
        "projectName",
        "idempotencyToken",
        "environmentVariablesOverride",
        "timeoutInMinutesOverride",
        "queuedTimeoutInMinutesOverride",
    }
    assert asked["idempotencyToken"] == f"{RUN}-0001-2"
    assert {one["type"] for one in asked["environmentVariablesOverride"]} == {"PLAINTEXT"}
    told = {one["name"]: one["value"] for one in asked["environmentVariablesOverride"]}
    assert json.loads(told["AWS_EXE_SYS_ASSIGNMENT"])["SOPS_KEY_SSM_PATH"] == told["SOPS_KEY_SSM_PATH"]


def test_a_launch_answers_the_builds_id_and_page() -> None:
    stand = Stand()
    execution_id, url = stand.target.launch(reserved(RUN))
    assert list(stand.service.builds) == [execution_id]
    assert url is not None
    assert execution_id.replace(":", "%3A") in url


def test_a_launch_after_the_tokens_time_is_another_build() -> None:
    stand = Stand()
    first = stand.target.launch(reserved(RUN))
    stand.service.now += 300
    assert stand.target.launch(reserved(RUN, launches=2)) != first


def test_a_project_that_does_not_exist_is_named_with_its_setting() -> None:
    refused = Stand(project="elsewhere").refused()
    assert not refused.transient
    assert "project elsewhere (AWS_EXE_SYS_CODEBUILD_PROJECT): ResourceNotFoundException: " in str(refused)


@pytest.mark.parametrize(("launches", "transient"), [(1, False), (2, True)])
def test_only_a_first_launch_that_is_invalid_is_so_for_good(launches: int, transient: bool) -> None:
    stand = Stand()
    stand.service.refuse_with = Refusal("InvalidInputException", "no")
    assert stand.refused(launches=launches).transient is transient


def test_settings_changed_between_two_launches_do_not_end_the_order() -> None:
    stand = Stand()
    stand.target.launch(reserved(RUN))
    changed = CodeBuildTarget(lambda: stand.service.client, PROJECT, "internal", start_limit=60.0, grace=1.0)
    with pytest.raises(LaunchFailed) as refused:
        changed.launch(reserved(RUN, launches=2))
    assert refused.value.transient
    assert len(stand.service.builds) == 1


def test_what_botocore_itself_refuses_to_send_is_final() -> None:
    refused = Stand(project="").refused()
    assert not refused.transient
    assert "order-0001: ParamValidationError" in str(refused)


def test_what_may_not_be_stopped_is_an_error() -> None:
    stand = Stand()
    execution_id, _ = stand.target.launch(reserved(RUN))
    stand.service.refuse_with = Refusal("AccessDeniedException")
    with pytest.raises(Exception, match="AccessDenied"):
        stand.target.stop(reserved(RUN, execution_id=execution_id))


def context(**environment: str) -> tuple[TargetContext, list[str]]:
    asked: list[str] = []

    def client(service: str) -> Any:
        asked.append(service)
        return FakeCodeBuild().client

    settings = Settings.from_environment({f"AWS_EXE_SYS_{name}": value for name, value in environment.items()})
    return TargetContext(settings, {}, client, FakeClock()), asked


def test_without_a_project_there_is_no_such_target() -> None:
    assert codebuild_target(context(INTERNAL_BUCKET="internal")[0]) is None
    assert codebuild_target(context(CODEBUILD_PROJECT="", INTERNAL_BUCKET="internal")[0]) is None


def test_what_else_is_missing_is_named() -> None:
    with pytest.raises(SettingsError, match="AWS_EXE_SYS_INTERNAL_BUCKET is not set"):
        codebuild_target(context(CODEBUILD_PROJECT=PROJECT)[0])


def test_a_client_is_made_when_there_is_something_to_ask() -> None:
    made, asked = context(CODEBUILD_PROJECT=PROJECT, INTERNAL_BUCKET="internal", START_LIMIT="600", GRACE="30")
    target = codebuild_target(made)
    assert target is not None
    target.stop(reserved(RUN))
    assert asked == []
    target.launch(reserved(RUN))
    assert asked == ["codebuild"]
