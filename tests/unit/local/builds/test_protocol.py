"""CodeBuild's API: what is taken, refused and shown. Shapes are held against botocore's model by the stand."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from unit.local.builds.stand import CALLER, PROJECT, Stand

from execution_engine.local.builds.protocol import PAGE, build_id, project_of


def refusal(call: Any, **asked: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**asked)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_build_is_what_was_asked_for_over_the_project(stand: Stand) -> None:
    asked = [{"name": "TOLD", "value": "by the request"}, {"name": "NEW", "value": "n", "type": "PLAINTEXT"}]
    build = stand.start(environmentVariablesOverride=asked, timeoutInMinutesOverride=7, imageOverride="image:2")
    assert build["environment"]["environmentVariables"] == [
        {"name": "BUCKET", "value": "b", "type": "PLAINTEXT"},
        {"name": "TOLD", "value": "by the request", "type": "PLAINTEXT"},
        {"name": "NEW", "value": "n", "type": "PLAINTEXT"},
    ]
    assert (build["environment"]["image"], build["timeoutInMinutes"], build["queuedTimeoutInMinutes"]) == (
        "image:2",
        7,
        480,
    )
    assert build["id"].startswith("engine:")
    assert build["arn"] == f"arn:aws:codebuild:{CALLER.region}:{CALLER.account}:build/{build['id']}"
    assert (build["initiator"], build["serviceRole"]) == (CALLER.name, PROJECT["serviceRole"])
    assert [stand.start()["buildNumber"] for _ in range(2)] == [2, 3]


def test_a_build_is_found_by_its_id_and_by_its_arn(stand: Stand) -> None:
    build = stand.start()
    found = stand.client.batch_get_builds(ids=[build["arn"], "engine:none"])
    assert ([one["id"] for one in found["builds"]], found["buildsNotFound"]) == ([build["id"]], ["engine:none"])
    assert stand.client.stop_build(id=build["arn"])["build"]["id"] == build["id"]


def test_what_is_not_there_is_not_found(stand: Stand) -> None:
    for call, asked in (
        (stand.client.start_build, {"projectName": "none"}),
        (stand.client.stop_build, {"id": "engine:none"}),
        (stand.client.list_builds_for_project, {"projectName": "none"}),
    ):
        assert refusal(call, **asked)[0] == "ResourceNotFoundException"


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({"timeoutInMinutesOverride": 4}, "timeoutInMinutesOverride"),
        ({"timeoutInMinutesOverride": 2_161}, "timeoutInMinutesOverride"),
        ({"timeoutInMinutesOverride": True}, "timeoutInMinutesOverride"),
        ({"queuedTimeoutInMinutesOverride": 481}, "queuedTimeoutInMinutesOverride"),
        ({"queuedTimeoutInMinutesOverride": "9"}, "queuedTimeoutInMinutesOverride"),
        ({"imageOverride": 1}, "imageOverride"),
        ({"serviceRoleOverride": "x"}, "serviceRoleOverride"),
        ({"environmentVariablesOverride": {}}, "environmentVariablesOverride"),
        ({"environmentVariablesOverride": [{"name": "A"}]}, "environmentVariablesOverride"),
        ({"environmentVariablesOverride": [{"name": "A=B", "value": ""}]}, "A=B"),
        ({"environmentVariablesOverride": [{"name": "A", "value": "x", "type": "PARAMETER_STORE"}]}, "PLAINTEXT"),
    ],
)
def test_what_can_not_be_done_is_refused_by_name(stand: Stand, asked: Any, names: str) -> None:
    status, answer = stand.raw("StartBuild", json.dumps({"projectName": "engine", **asked}).encode())
    assert (status, answer["__type"]) == (400, "InvalidInputException")
    assert names in answer["message"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'{"projectName": ""}', b'{"projectName": 1}'])
def test_a_body_that_is_no_request_is_refused(stand: Stand, body: bytes) -> None:
    assert stand.raw("StartBuild", body)[0] == 400


@pytest.mark.parametrize("ids", [[], "x", [1], ["x"] * 101])
def test_ids_are_one_to_a_hundred_strings(stand: Stand, ids: Any) -> None:
    status, answer = stand.raw("BatchGetBuilds", json.dumps({"ids": ids}).encode())
    assert (status, answer["__type"]) == (400, "InvalidInputException")


def test_builds_are_listed_by_pages_newest_first() -> None:
    stand = Stand(queue=2 * PAGE)
    started = [stand.start()["id"] for _ in range(PAGE + 1)]
    stand.start(projectName="other")
    pages = list(stand.client.get_paginator("list_builds_for_project").paginate(projectName="engine"))
    assert [one for page in pages for one in page["ids"]] == started[::-1]
    assert stand.client.list_builds_for_project(projectName="engine", sortOrder="ASCENDING")["ids"] == started[:PAGE]
    assert len(stand.client.list_builds()["ids"]) == PAGE
    assert refusal(stand.client.list_builds, nextToken="x")[0] == "InvalidInputException"


@pytest.mark.parametrize(
    ("asked", "project"),
    [
        ({"id": "engine:1"}, "engine"),
        ({"ids": ["engine:1", "arn:aws:codebuild:r:1:build/engine:2"]}, "engine"),
        ({"ids": ["engine:1", "other:1"]}, None),
        ({"ids": []}, None),
        ({"ids": [1]}, None),
        ({"ids": "engine:1"}, None),
        ({"id": ["engine:1"]}, None),
        ({"id": "no-colon"}, None),
        ({}, None),
        ([], None),
    ],
)
def test_whose_builds_a_request_names(asked: Any, project: str | None) -> None:
    assert project_of(asked) == project


def test_an_id_may_be_an_arn() -> None:
    assert build_id("arn:aws:codebuild:r:1:build/p:u") == build_id("p:u") == "p:u"
