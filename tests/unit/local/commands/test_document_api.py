"""Documents and their versions, as whoever provisions one sees them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.exceptions import ClientError
from unit.local.commands.stand import ACCOUNT, CONTENT, Stand

from execution_engine import resources


def refusal(call: Any, **asked: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**asked)
    return str(caught.value.response["Error"]["Code"])


def content(text: str) -> str:
    return json.dumps({**CONTENT, "description": text})


def test_a_document_is_described_as_it_was_made(stand: Stand) -> None:
    made = stand.document()
    assert stand.client.describe_document(Name="say")["Document"] == made
    assert (made["Status"], made["Owner"], made["SchemaVersion"], made["Description"]) == (
        "Active",
        ACCOUNT,
        "2.2",
        "says something",
    )
    assert (made["DocumentVersion"], made["LatestVersion"], made["DefaultVersion"]) == ("1", "1", "1")
    assert made["Parameters"][1] == {"Name": "Seconds", "Type": "String", "Description": "", "DefaultValue": "100"}
    got = stand.client.get_document(Name="say")
    assert (json.loads(got["Content"]), got["DocumentFormat"]) == (CONTENT, "JSON")
    assert yaml.safe_load(stand.client.get_document(Name="say", DocumentFormat="YAML")["Content"]) == CONTENT


def test_the_engines_own_document_is_one(stand: Stand) -> None:
    made = stand.document("engine", **resources.ssm_document())
    assert [one["Name"] for one in made["Parameters"]] == ["BundleUrl", "BundleSha256", "ExecutionTimeout"]


def test_an_update_is_a_version_that_counts_once_it_is_the_default(stand: Stand) -> None:
    stand.document()
    updated = stand.client.update_document(
        Name="say", Content=content("new"), DocumentVersion="$LATEST", VersionName="n"
    )
    described = updated["DocumentDescription"]
    assert (described["DocumentVersion"], described["LatestVersion"], described["DefaultVersion"]) == ("2", "2", "1")
    assert described["VersionName"] == "n"

    def description(**asked: str) -> str:
        return str(stand.client.describe_document(Name="say", **asked)["Document"]["Description"])

    assert [description(), description(DocumentVersion="$DEFAULT"), description(DocumentVersion="1")] == [
        "says something"
    ] * 3
    assert [description(DocumentVersion="$LATEST"), description(VersionName="n")] == ["new"] * 2
    made = stand.client.update_document_default_version(Name="say", DocumentVersion="2")["Description"]
    assert made == {"Name": "say", "DefaultVersion": "2", "DefaultVersionName": "n"}
    assert description() == "new"
    assert refusal(description, DocumentVersion="3") == "InvalidDocumentVersion"


def test_what_is_there_already_is_not_made_again(stand: Stand) -> None:
    stand.document()
    assert refusal(stand.document) == "DocumentAlreadyExists"
    asked = {"Name": "say", "DocumentVersion": "$LATEST"}
    same = json.dumps(dict(CONTENT))
    assert refusal(stand.client.update_document, Content=same, **asked) == "DuplicateDocumentContent"
    assert refusal(stand.client.update_document, Name="say", Content=content("x"), DocumentVersion="7") == (
        "InvalidDocumentVersion"
    )


def test_what_is_gone_is_gone(stand: Stand) -> None:
    stand.document()
    stand.client.update_document(Name="say", Content=content("new"), DocumentVersion="1")
    asked: dict[str, Any] = {"Name": "say", "DocumentVersion": "1"}
    assert refusal(stand.client.delete_document, **asked) == "InvalidDocumentOperation"
    stand.client.delete_document(**{**asked, "DocumentVersion": "2"})
    assert stand.client.describe_document(Name="say")["Document"]["LatestVersion"] == "1"
    stand.client.delete_document(Name="say")
    for call in ("describe_document", "get_document", "delete_document"):
        assert refusal(getattr(stand.client, call), Name="say") == "InvalidDocument"


def test_documents_outlive_their_server(stand: Stand, tmp_path: Path) -> None:
    stand.document()
    stand.client.add_tags_to_resource(ResourceType="Document", ResourceId="say", Tags=[{"Key": "a", "Value": "b"}])
    stand.client.update_document(Name="say", Content=content("new"), DocumentVersion="1")
    stand.client.update_document_default_version(Name="say", DocumentVersion="2")
    before = stand.client.describe_document(Name="say")
    assert Stand(tmp_path).client.describe_document(Name="say") == before


def test_documents_are_tagged_and_listed(stand: Stand) -> None:
    stand.client.create_document(
        Name="one", Content=content("1"), Tags=[{"Key": "a", "Value": "1"}], TargetType="/AWS::EC2"
    )
    stand.document("two")
    of_one: dict[str, Any] = {"ResourceType": "Document", "ResourceId": "one"}
    stand.client.add_tags_to_resource(**of_one, Tags=[{"Key": "b", "Value": "2"}])
    stand.client.remove_tags_from_resource(**of_one, TagKeys=["a"])
    assert stand.client.list_tags_for_resource(**of_one)["TagList"] == [{"Key": "b", "Value": "2"}]
    assert refusal(stand.client.list_tags_for_resource, **{**of_one, "ResourceId": "none"}) == "InvalidResourceId"
    listed = stand.client.list_documents(MaxResults=1)
    assert [one["Name"] for one in listed["DocumentIdentifiers"]] == ["one"]
    assert listed["DocumentIdentifiers"][0]["TargetType"] == "/AWS::EC2"
    rest = stand.client.list_documents(NextToken=listed["NextToken"])
    assert [one["Name"] for one in rest["DocumentIdentifiers"]] == ["two"]
    own = [{"Key": "Owner", "Values": ["Self"]}, {"Key": "Name", "Values": ["tw"]}]
    assert [one["Name"] for one in stand.client.list_documents(Filters=own)["DocumentIdentifiers"]] == ["two"]
    theirs = [{"Key": "Owner", "Values": ["Amazon"]}]
    assert stand.client.list_documents(Filters=theirs)["DocumentIdentifiers"] == []
    shared = stand.client.describe_document_permission(Name="one", PermissionType="Share")
    assert (shared["AccountIds"], shared["AccountSharingInfoList"]) == ([], [])


def test_a_document_is_named_by_its_arn_too(stand: Stand) -> None:
    stand.document()
    arn = f"arn:aws:ssm:eu-west-1:{ACCOUNT}:document/say"
    assert stand.client.describe_document(Name=arn)["Document"]["Name"] == "say"
    assert stand.command(stand.send("web-1", DocumentName=arn))["DocumentName"] == "say"


@pytest.mark.parametrize("name", ["aws-mine", "AWS", "no", "with space", "x" * 129])
def test_some_names_are_no_documents(stand: Stand, name: str) -> None:
    assert refusal(stand.document, name=name) == "ValidationException"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"schemaVersion": "0.3"}, "InvalidDocumentSchemaVersion"),
        ({"mainSteps": []}, "InvalidDocumentContent"),
        ({"mainSteps": [*CONTENT["mainSteps"], *CONTENT["mainSteps"]]}, "InvalidDocumentContent"),
        ({"mainSteps": [{**CONTENT["mainSteps"][0], "action": "aws:runPowerShellScript"}]}, "InvalidDocumentContent"),
        ({"mainSteps": [{**CONTENT["mainSteps"][0], "onFailure": "exit"}]}, "InvalidDocumentContent"),
        (
            {"mainSteps": [{**CONTENT["mainSteps"][0], "precondition": {"StringEquals": ["platformType", "Windows"]}}]},
            "InvalidDocumentContent",
        ),
        ({"mainSteps": [{**CONTENT["mainSteps"][0], "inputs": {"runCommand": 1}}]}, "InvalidDocumentContent"),
        ({"mainSteps": [{**CONTENT["mainSteps"][0], "inputs": {"runCommand": [1]}}]}, "InvalidDocumentContent"),
        ({"mainSteps": ["x"]}, "InvalidDocumentContent"),
        ({"variables": {}}, "InvalidDocumentContent"),
        ({"parameters": {"a-b": {"type": "String"}}}, "InvalidDocumentContent"),
        ({"parameters": {"a": {"type": "Boolean"}}}, "InvalidDocumentContent"),
        ({"parameters": {"a": {"type": "String", "default": 1}}}, "InvalidDocumentContent"),
        ({"parameters": {"a": {"type": "String", "allowedPattern": "("}}}, "InvalidDocumentContent"),
        ({"parameters": {"a": {"type": "String", "maxChars": "x"}}}, "InvalidDocumentContent"),
        ({"parameters": {"a": {"type": "String", "minItems": 1}}}, "InvalidDocumentContent"),
        ({"parameters": {"a": {"type": "StringList", "interpolationType": "ENV_VAR"}}}, "InvalidDocumentContent"),
        ({"parameters": {"a": "x"}}, "InvalidDocumentContent"),
        ({"description": "x" * 70_000}, "MaxDocumentSizeExceeded"),
    ],
)
def test_what_could_not_be_run_is_no_document(stand: Stand, changes: Any, code: str) -> None:
    assert refusal(stand.document, **changes) == code


@pytest.mark.parametrize("text", ["{", "[]", "x"])
def test_what_is_no_document_at_all(stand: Stand, text: str) -> None:
    assert refusal(stand.client.create_document, Name="mine", Content=text) == "InvalidDocumentContent"


@pytest.mark.parametrize(
    "asked", [{"DocumentType": "Automation"}, {"DocumentFormat": "TEXT"}, {"Requires": [{"Name": "say"}]}]
)
def test_what_is_not_known_here_is_refused(stand: Stand, asked: Any) -> None:
    assert refusal(stand.client.create_document, Name="mine", Content=content("x"), **asked) == "ValidationException"
