"""Run Command's API: what is taken, refused and shown. Shapes are held against botocore's model by the stand."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from unit.local.commands.stand import ACCOUNT, REGION_NAME, Stand

from execution_engine.local.commands.in_ministack import document_of
from execution_engine.local.instances import Instance


def refusal(call: Any, **asked: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        call(**asked)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def refused(stand: Stand, **asked: Any) -> tuple[str, str]:
    request = {"DocumentName": "say", "Parameters": {"Say": ["hello"]}, "InstanceIds": ["web-1"], **asked}
    status, answer = stand.raw("SendCommand", json.dumps(request).encode())
    assert status == 400
    return answer["__type"], answer["message"]


def test_a_command_is_shown_as_it_was_asked_for(stand: Stand) -> None:
    stand.document()
    asked = {
        "DocumentName": "say",
        "DocumentVersion": "1",
        "InstanceIds": ["web-1", "web-2"],
        "Parameters": {"Say": ["hello"]},
        "TimeoutSeconds": 45,
        "Comment": "greets",
        "MaxErrors": "100%",
    }
    command = stand.client.send_command(**asked)["Command"]
    assert {name: command[name] for name in asked} == asked
    assert (command["MaxConcurrency"], command["TargetCount"], command["Status"]) == ("50", 2, "Pending")
    assert command["ExpiresAfter"] == command["RequestedDateTime"] + 45 + 100
    assert stand.client.list_commands()["Commands"] == [command]
    (first, _) = stand.client.list_command_invocations(CommandId=command["CommandId"])["CommandInvocations"]
    assert (first["InstanceName"], first["DocumentVersion"], first["Comment"]) == ("the web-1", "1", "greets")
    assert first["CommandPlugins"] == []


@pytest.mark.parametrize("ids", [["web-1", "nobody"], ["gone"], ["nobody"]])
def test_one_that_ssm_does_not_know_spoils_the_call(stand: Stand, ids: list[str]) -> None:
    stand.document()
    stand.instances["gone"] = Instance("gone", {}, "terminated")
    code, message = refused(stand, InstanceIds=ids)
    assert (code, ids[-1] in message) == ("InvalidInstanceId", True)
    assert not stand.client.list_commands()["Commands"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"DocumentName": "none"}, "InvalidDocument"),
        ({"DocumentVersion": "2"}, "InvalidDocumentVersion"),
        ({"DocumentHash": "0" * 64}, "InvalidDocument"),
        ({"Parameters": {}}, "InvalidParameters"),
        ({"Parameters": {"Say": ["a"], "Other": ["b"]}}, "InvalidParameters"),
        ({"Parameters": {"Say": ["A"]}}, "InvalidParameters"),
        ({"Parameters": {"Say": ["a\n"]}}, "InvalidParameters"),
        ({"Parameters": {"Say": ["a", "b"]}}, "InvalidParameters"),
        ({"Parameters": {"Say": "a"}}, "InvalidParameters"),
        ({"Parameters": [1]}, "InvalidParameters"),
        ({"InstanceIds": ["web-1", "web-1"]}, "DuplicateInstanceId"),
        ({"InstanceIds": ["web-1"] * 51}, "ValidationException"),
        ({"InstanceIds": []}, "ValidationException"),
        ({"InstanceIds": "web-1"}, "ValidationException"),
        ({"Targets": [{"Key": "tag:Role", "Values": ["web"]}]}, "ValidationException"),
        ({"TimeoutSeconds": 29}, "ValidationException"),
        ({"TimeoutSeconds": 2_592_001}, "ValidationException"),
        ({"TimeoutSeconds": "40"}, "ValidationException"),
        ({"MaxErrors": "-1"}, "ValidationException"),
        ({"MaxConcurrency": "0"}, "ValidationException"),
        ({"OutputS3BucketName": "bucket"}, "ValidationException"),
    ],
)
def test_what_can_not_be_sent_is_refused_as_aws_does(stand: Stand, asked: Any, code: str) -> None:
    stand.document()
    assert refused(stand, **asked)[0] == code
    assert not stand.client.list_commands()["Commands"]


@pytest.mark.parametrize("body", [b"[]", b"{", b"\xff", b"{}", b'{"DocumentName": 1}'])
def test_a_body_that_is_no_request_is_refused(stand: Stand, body: bytes) -> None:
    assert stand.raw("SendCommand", body)[0] == 400


def test_tags_choose_who_has_them_all(stand: Stand) -> None:
    stand.document()
    stand.instances["web-4"] = Instance("web-4", {"Role": "web", "Stage": "prod"})
    stand.instances["db-1"] = Instance("db-1", {"Role": "db", "Stage": "prod"})
    stand.instances["gone"] = Instance("gone", {"Role": "web", "Stage": "prod"}, "terminated")
    role, stage = {"Key": "tag:Role", "Values": ["web", "db"]}, {"Key": "tag:Stage", "Values": ["prod"]}
    assert list(stand.states(stand.send(Targets=[role, stage]))) == ["web-4", "db-1"]
    assert len(stand.states(stand.send(Targets=[role]))) == 5
    none = stand.command(stand.send(Targets=[{"Key": "tag:Role", "Values": ["mail"]}]))
    assert (none["Status"], none["StatusDetails"], none["TargetCount"]) == ("Success", "NoInstancesInTag", 0)


def test_targets_may_be_ids_of_which_the_unknown_can_not_be_reached(stand: Stand) -> None:
    command_id = stand.sent(Targets=[{"Key": "InstanceIds", "Values": ["web-1", "nobody"]}])
    assert stand.states(command_id) == {
        "web-1": ("InProgress", "InProgress"),
        "nobody": ("Failed", "Undeliverable"),
    }


@pytest.mark.parametrize(
    "targets",
    [
        [{"Key": "resource-groups:Name", "Values": ["x"]}],
        [{"Key": "InstanceIds", "Values": ["web-1"]}, {"Key": "tag:Role", "Values": ["web"]}],
        [{"Key": "tag:Role", "Values": []}],
        [{"Key": "tag:Role"}],
        ["web-1"],
        "web-1",
    ],
)
def test_other_targets_are_refused(stand: Stand, targets: Any) -> None:
    stand.document()
    assert refused(stand, InstanceIds=[], Targets=targets)[0] == "ValidationException"


def test_who_has_no_right_to_a_named_instance_sends_nothing(stand: Stand) -> None:
    stand.document()
    arns = []
    stand.instances["mi-1"] = Instance("mi-1")
    stand.may = lambda arn: bool(arns.append(arn)) or not arn.endswith("/web-2")
    code, message = refused(stand, InstanceIds=["mi-1", "web-1", "web-2"])
    assert (code, arns[-1] in message) == ("AccessDeniedException", True)
    assert arns == [
        f"arn:aws:ssm:{REGION_NAME}:{ACCOUNT}:managed-instance/mi-1",
        f"arn:aws:ec2:{REGION_NAME}:{ACCOUNT}:instance/web-1",
        f"arn:aws:ec2:{REGION_NAME}:{ACCOUNT}:instance/web-2",
    ]
    assert not stand.client.list_commands()["Commands"]


def test_who_has_no_right_to_one_that_tags_found_is_told_by_its_status(stand: Stand) -> None:
    stand.may = lambda arn: not arn.endswith("/web-2")
    command_id = stand.sent(InstanceIds=[], Targets=[{"Key": "tag:Role", "Values": ["web"]}])
    assert stand.states(command_id)["web-2"] == ("Failed", "AccessDenied")
    assert stand.scripts.started == ["web-1", "web-3"]


def test_of_an_unknown_command_there_is_nothing_and_nothing_to_cancel(stand: Stand) -> None:
    unknown = "0" * 36
    assert stand.client.list_command_invocations(CommandId=unknown)["CommandInvocations"] == []
    assert stand.client.list_commands(CommandId=unknown)["Commands"] == []
    assert refusal(stand.client.cancel_command, CommandId=unknown)[0] == "InvalidCommandId"
    asked = {"CommandId": unknown, "InstanceId": "web-1"}
    assert refusal(stand.client.get_command_invocation, **asked)[0] == "InvocationDoesNotExist"


def test_whoever_was_not_sent_a_command_has_nothing_of_it(stand: Stand) -> None:
    command_id = stand.sent("web-1")
    asked = {"CommandId": command_id, "InstanceId": "web-2"}
    assert refusal(stand.client.get_command_invocation, **asked)[0] == "InvocationDoesNotExist"
    assert refusal(stand.client.cancel_command, CommandId=command_id, InstanceIds=["web-2"])[0] == "InvalidInstanceId"
    asked = {"CommandId": command_id, "InstanceId": "web-1", "PluginName": "other"}
    assert refusal(stand.client.get_command_invocation, **asked)[0] == "InvalidPluginName"
    assert stand.client.get_command_invocation(**{**asked, "PluginName": "speak"})["PluginName"] == "speak"


def test_what_was_sent_is_listed_by_pages_newest_first(stand: Stand) -> None:
    stand.document()
    sent = [stand.send("web-1", "web-2") for _ in range(3)]
    pages = stand.client.get_paginator("list_commands").paginate(PaginationConfig={"PageSize": 2})
    assert [one["CommandId"] for page in pages for one in page["Commands"]] == sent[::-1]
    found = stand.client.list_command_invocations(InstanceId="web-2", MaxResults=2)
    assert [one["CommandId"] for one in found["CommandInvocations"]] == [sent[2], sent[1]]
    rest = stand.client.list_command_invocations(InstanceId="web-2", MaxResults=2, NextToken=found["NextToken"])
    assert [one["CommandId"] for one in rest["CommandInvocations"]] == [sent[0]]
    assert "NextToken" not in rest
    assert stand.client.list_commands(InstanceId="web-3")["Commands"] == []
    assert refusal(stand.client.list_commands, NextToken="x")[0] == "InvalidNextToken"
    assert stand.raw("ListCommands", b'{"MaxResults": 51}')[1]["__type"] == "ValidationException"


def test_what_was_sent_is_filtered(stand: Stand) -> None:
    first = stand.sent("web-1")
    stand.scripts.of["web-1"].code = 1
    stand.pass_time(10)
    second = stand.send("web-2")

    def found(key: str, value: str) -> list[str]:
        listed = stand.client.list_commands(Filters=[{"key": key, "value": value}])["Commands"]
        return [one["CommandId"] for one in listed]

    assert found("Status", "Failed") == [first]
    assert found("ExecutionStage", "Executing") == [second]
    assert found("ExecutionStage", "Complete") == [first]
    assert found("DocumentName", "other") == []
    assert found("InvokedAfter", "2023-11-14T22:13:25Z") == [second]
    assert found("InvokedBefore", "2023-11-14T22:13:25") == [first]
    assert refusal(found, key="InvokedBefore", value="today")[0] == "ValidationException"
    assert stand.raw("ListCommands", b'{"Filters": [{"key": "x", "value": "y"}]}')[1]["__type"] == "InvalidFilterKey"


def test_instances_are_told_of_by_pages_and_filters(stand: Stand) -> None:
    stand.set_state("web-2", "offline")
    stand.instances["mi-1"] = Instance("mi-1", {"Role": "db"}, "denied")
    stand.instances["gone"] = Instance("gone", {}, "terminated")
    stand.instances.update({f"more-{number}": Instance(f"more-{number}") for number in range(3)})

    def found(**asked: Any) -> list[str]:
        return [
            one["InstanceId"] for one in stand.client.describe_instance_information(**asked)["InstanceInformationList"]
        ]

    def where(key: str, *values: str) -> list[str]:
        return found(Filters=[{"Key": key, "Values": list(values)}])

    everybody = ["web-1", "web-2", "web-3", "mi-1", "more-0", "more-1", "more-2"]
    assert found() == everybody
    pages = stand.client.get_paginator("describe_instance_information").paginate(PaginationConfig={"PageSize": 5})
    assert [len(page["InstanceInformationList"]) for page in pages] == [5, 2]
    assert where("tag:Role", "web", "db") == everybody[:4]
    assert where("InstanceIds", "web-3", "nobody", "gone") == ["web-3"]
    assert where("PingStatus", "ConnectionLost") == ["web-2"]
    assert where("ResourceType", "ManagedInstance") == ["mi-1"]
    assert where("tag-key", "Name") == ["web-1"]
    assert where("PlatformTypes", "Windows") == []
    assert found(InstanceInformationFilterList=[{"key": "PingStatus", "valueSet": ["ConnectionLost"]}]) == ["web-2"]
    assert refusal(found, Filters=[{"Key": "Color", "Values": ["x"]}])[0] == "InvalidFilterKey"
    for asked in (b'{"MaxResults": 4}', b'{"Filters": [{"Key": "tag:Role", "Values": []}]}', b'{"Filters": ["x"]}'):
        assert stand.raw("DescribeInstanceInformation", asked)[1]["__type"] == "ValidationException"


def test_what_is_not_known_goes_elsewhere(stand: Stand) -> None:
    assert not stand.protocol.knows("GetParameter", {})
    assert not stand.protocol.knows("ListTagsForResource", {"ResourceType": "Parameter", "ResourceId": "x"})
    assert not stand.protocol.knows("AddTagsToResource", None)
    assert stand.protocol.knows("AddTagsToResource", {"ResourceType": "Document"})


@pytest.mark.parametrize(
    ("operation", "asked", "document"),
    [
        ("SendCommand", {"DocumentName": "say", "Name": "x"}, "say"),
        ("SendCommand", {"DocumentName": "arn:aws:ssm:r:1:document/say"}, "arn:aws:ssm:r:1:document/say"),
        ("SendCommand", {"DocumentName": ["say"]}, None),
        ("DescribeDocument", {"Name": "say"}, "say"),
        ("DeleteDocument", {}, None),
        ("GetParameter", {"Name": "say"}, None),
        ("ListTagsForResource", {"ResourceType": "Document", "ResourceId": "say"}, "say"),
        ("ListTagsForResource", {"ResourceType": "Parameter", "ResourceId": "say"}, None),
        ("ListCommandInvocations", {"CommandId": "x"}, None),
        ("SendCommand", None, None),
        ("SendCommand", [], None),
    ],
)
def test_which_document_a_request_names(operation: str, asked: Any, document: str | None) -> None:
    assert document_of(operation, asked) == document
