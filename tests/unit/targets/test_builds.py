"""What CodeBuild says of a build, told in one line."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.botocore_service import REGION
from fakes.codebuild import ACCOUNT, PHASES, PROJECT, FakeCodeBuild

from execution_engine.orders.target import Found, State
from execution_engine.targets.builds import address, console, found

BUILD = f"{PROJECT}:00000000-0000-4000-8000-000000000001"
PAGE = (
    f"https://{REGION}.console.aws.amazon.com/codesuite/codebuild/{ACCOUNT}/projects/{PROJECT}/build/"
    f"{BUILD.replace(':', '%3A')}/?region={REGION}"
)


def at(phase: str) -> tuple[FakeCodeBuild, dict[str, Any]]:
    service = FakeCodeBuild()
    build = service.start_build({"projectName": PROJECT})["build"]
    service.go_on(build["id"], phase)
    return service, build


def ended(phase: str, status: str, *said: tuple[str, str]) -> str | None:
    service, build = at(phase)
    service.end(build["id"], status, *said)
    told = found(build)
    assert told.state is State.ENDED
    return told.message


@pytest.mark.parametrize("phase", PHASES)
def test_a_worker_can_be_at_work_from_the_build_phase_on(phase: str) -> None:
    waits = PHASES.index(phase) < PHASES.index("BUILD")
    assert found(at(phase)[1]) == Found(State.WAITING if waits else State.RUNNING)


@pytest.mark.parametrize(
    ("phase", "status", "said", "told"),
    [
        (
            "PROVISIONING",
            "FAILED",
            [("BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE", "Unable to pull\n  image  x:\tnot found")],
            "PROVISIONING failed: Unable to pull image x: not found (BUILD_CONTAINER_UNABLE_TO_PULL_IMAGE)",
        ),
        ("QUEUED", "TIMED_OUT", [("", "Build timed out. ")], "QUEUED timed out: Build timed out."),
        ("BUILD", "STOPPED", [], "BUILD was stopped"),
        ("BUILD", "STOPPED", [("", "")], "BUILD was stopped"),
        ("PROVISIONING", "FAULT", [("INTERNAL", "")], "PROVISIONING failed by a fault of CodeBuild: INTERNAL"),
        ("BUILD", "FAILED", [("A", "a"), ("B", "b")], "BUILD failed: a (A); b (B)"),
        ("BUILD", "SUCCEEDED", [], "the build ended as SUCCEEDED, and no phase of it says why"),
    ],
)
def test_an_end_names_its_phase_and_what_is_said_of_it(
    phase: str, status: str, said: list[tuple[str, str]], told: str
) -> None:
    assert ended(phase, status, *said) == told


def test_the_first_phase_that_did_not_end_well_is_told() -> None:
    service, build = at("BUILD")
    service.end(build["id"], "FAILED", ("COMMAND_EXECUTION_ERROR", "exit status 2"))
    build["phases"].append({"phaseType": "POST_BUILD", "phaseStatus": "FAILED", "contexts": [{"message": "later"}]})
    assert found(build).message == "BUILD failed: exit status 2 (COMMAND_EXECUTION_ERROR)"


def test_what_is_said_at_length_is_cut() -> None:
    told = ended("BUILD", "FAILED", ("X", "y" * 5_000))
    assert told is not None
    assert len(told) == 1_000
    assert told.endswith("y…")


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        ({}, Found(State.RUNNING)),
        ({"buildStatus": "IN_PROGRESS", "currentPhase": "QUEUED"}, Found(State.WAITING)),
        (
            {"buildStatus": "TIMED_OUT", "phases": None},
            Found(State.ENDED, "the build timed out, and no phase of it says why"),
        ),
        (
            {"buildStatus": "FAILED", "phases": [{"phaseType": "QUEUED", "phaseStatus": "FAILED", "contexts": None}]},
            Found(State.ENDED, "QUEUED failed"),
        ),
        ({"buildStatus": "FAILED", "buildComplete": False, "currentPhase": "FINALIZING"}, Found(State.RUNNING)),
    ],
)
def test_what_is_left_out_of_an_answer_does_no_harm(build: dict[str, Any], expected: Found) -> None:
    assert found(build) == expected


def test_a_build_without_a_log_yet_is_found_on_its_page() -> None:
    build = at("QUEUED")[1]
    assert "null" in build["logs"]["deepLink"]
    assert address(build) == PAGE


def test_a_build_with_a_log_is_found_there() -> None:
    link = "https://console.aws.amazon.com/cloudwatch/home#logsV2:log-groups/log-group/a/log-events/b"
    assert address({**at("BUILD")[1], "logs": {"deepLink": link}}) == link


@pytest.mark.parametrize("logs", [None, {}, {"deepLink": ""}])
def test_the_page_needs_nothing_but_the_arn(logs: object) -> None:
    assert address({"arn": f"arn:aws:codebuild:{REGION}:{ACCOUNT}:build/{BUILD}", "logs": logs}) == PAGE


@pytest.mark.parametrize("arn", ["", "arn:aws:codebuild:eu-west-1:1:project/x", "arn:aws:s3:::x", "x:y"])
def test_what_is_no_build_has_no_page(arn: str) -> None:
    assert console(arn) is None
    assert address({"arn": arn}) is None
