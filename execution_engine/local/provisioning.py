"""Creates in the embedded AWS what the resource files say; running it again changes only what differs.

On one machine the functions run in the interpreter the engine itself runs in, so their code is the
installed package; what is uploaded is a note that says so.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from execution_engine import resources
from execution_engine.local.buckets import create_bucket
from execution_engine.local.clients import Clients, unless
from execution_engine.local.names import KMS_ALIAS, VALUES, Identity
from execution_engine.settings import PREFIX

RUNTIME = "python3.13"
"""A name only: ministack runs every Python function with its own interpreter."""


class Provisioning:
    """Everything the engine needs of AWS, created once per state folder.

    ``tunings`` are further settings of all functions, by their whole name; a tuning wins over a
    setting of the same name. ``handlers`` replaces the handlers of functions, by the function's key.
    """

    def __init__(
        self,
        clients: Clients,
        identity: Identity,
        *,
        tunings: Mapping[str, str],
        handlers: Mapping[str, str],
    ) -> None:
        self._clients = clients
        self._identity = identity
        self._tunings = dict(tunings)
        self._handlers = dict(handlers)

    def apply(self) -> None:
        for table in resources.load("tables", **VALUES).values():
            self._table(table)
        self._key()
        functions = resources.load("functions", **VALUES)
        for key, function in functions["functions"].items():
            self._function(key, function, functions["settings"])
        names = {key: function["name"] for key, function in functions["functions"].items()}
        for bucket in resources.load("buckets", **VALUES).values():
            create_bucket(self._clients, bucket, names)
        self._state_machine()
        for project in resources.load("codebuild", **VALUES).values():
            self._project(project, functions["settings"])
        self._document()

    def settings(self) -> dict[str, str]:
        """All settings by their whole names, as an engine in this very process needs them."""
        known = resources.load("functions", **VALUES)["settings"]
        return {**{PREFIX + name: value for name, value in known.items()}, **self._tunings}

    def _table(self, table: Mapping[str, Any]) -> None:
        dynamodb = self._clients("dynamodb")
        indexes = [
            {
                "IndexName": index["name"],
                "KeySchema": _key_schema(index),
                "Projection": {"ProjectionType": index["projection"]},
            }
            for index in table["indexes"]
        ]
        try:
            dynamodb.create_table(
                TableName=table["name"],
                KeySchema=_key_schema(table),
                AttributeDefinitions=[
                    {"AttributeName": name, "AttributeType": kind} for name, kind in table["attributes"].items()
                ],
                BillingMode=table["billing"],
                **({"GlobalSecondaryIndexes": indexes} if indexes else {}),
            )
        except ClientError as error:
            unless(error, "ResourceInUseException")
            return
        dynamodb.update_time_to_live(
            TableName=table["name"],
            TimeToLiveSpecification={"Enabled": True, "AttributeName": table["ttl"]},
        )

    def _key(self) -> None:
        """Found by its alias, so that there is one only: what another one sealed would never open again."""
        kms = self._clients("kms")
        try:
            kms.describe_key(KeyId=KMS_ALIAS)
        except ClientError as error:
            unless(error, "NotFoundException")
            key = kms.create_key(Description="Seals the jobs that are kept for a retry")["KeyMetadata"]["KeyId"]
            kms.create_alias(AliasName=KMS_ALIAS, TargetKeyId=key)

    def _role(self, name: str, service: str, policy: str) -> str:
        iam = self._clients("iam")
        try:
            arn: str = iam.create_role(
                RoleName=name,
                Path=self._identity.role_path,
                AssumeRolePolicyDocument=json.dumps(resources.load("trust", **VALUES)[service]),
            )["Role"]["Arn"]
        except ClientError as error:
            unless(error, "EntityAlreadyExists")
            arn = iam.get_role(RoleName=name)["Role"]["Arn"]
        document = resources.load(f"policies/{policy}", **VALUES)
        iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document))
        return arn

    def _function(self, key: str, function: Mapping[str, Any], settings: Mapping[str, str]) -> None:
        awslambda = self._clients("lambda")
        configuration = {
            "FunctionName": function["name"],
            "Role": self._role(function["name"], "lambda", function["policy"]),
            "Handler": self._handlers.get(key, function["handler"]),
            "Timeout": function["timeout"],
            "MemorySize": function["memory"],
            "Runtime": RUNTIME,
            "Environment": {
                "Variables": {
                    **{PREFIX + name: settings[name] for name in function["settings"]},
                    **self._tunings,
                }
            },
        }
        try:
            awslambda.create_function(**configuration, Code={"ZipFile": _note()})
        except ClientError as error:
            unless(error, "ResourceConflictException")
            awslambda.update_function_configuration(**configuration)
        awslambda.put_function_event_invoke_config(
            FunctionName=function["name"], MaximumRetryAttempts=function["async_retries"]
        )
        awslambda.put_function_recursion_config(FunctionName=function["name"], RecursiveLoop=function["recursive_loop"])

    def _state_machine(self) -> None:
        states = self._clients("stepfunctions")
        name = str(VALUES["watchdog_state_machine"])
        role = self._role(name, "states", "watchdog")
        definition = json.dumps(resources.load("state_machine", **VALUES))
        try:
            states.create_state_machine(name=name, definition=definition, roleArn=role, type="STANDARD")
        except ClientError as error:
            unless(error, "StateMachineAlreadyExists")
            arn = f"arn:aws:states:{VALUES['region']}:{VALUES['account_id']}:stateMachine:{name}"
            states.update_state_machine(stateMachineArn=arn, definition=definition, roleArn=role)

    def _project(self, project: Mapping[str, Any], settings: Mapping[str, str]) -> None:
        codebuild = self._clients("codebuild")
        variables = {**{PREFIX + name: settings[name] for name in project["settings"]}, **self._tunings}
        configuration = {
            "name": project["name"],
            "source": {"type": project["source"], "buildspec": json.dumps(project["buildspec"])},
            "artifacts": {"type": project["artifacts"]},
            "environment": {
                "type": project["environment_type"],
                "image": project["image"],
                "computeType": project["compute_type"],
                "privilegedMode": project["privileged"],
                "environmentVariables": [{"name": name, "value": value} for name, value in variables.items()],
            },
            "serviceRole": self._role(project["name"], "codebuild", project["policy"]),
            "timeoutInMinutes": project["build_timeout_minutes"],
            "queuedTimeoutInMinutes": project["queued_timeout_minutes"],
        }
        try:
            codebuild.create_project(**configuration)
        except ClientError as error:
            unless(error, "ResourceAlreadyExistsException")
            codebuild.update_project(**configuration)

    def _document(self) -> None:
        """What instances run. A new content is a new version, and the one that is meant when none is named."""
        ssm = self._clients("ssm")
        document = {
            "Name": VALUES["ssm_document"],
            "Content": json.dumps(resources.ssm_document()),
            "DocumentFormat": "JSON",
        }
        try:
            ssm.create_document(**document, DocumentType="Command")
        except ClientError as error:
            unless(error, "DocumentAlreadyExists")
            try:
                version = ssm.update_document(**document, DocumentVersion="$LATEST")["DocumentDescription"]
            except ClientError as same:
                unless(same, "DuplicateDocumentContent")
            else:
                ssm.update_document_default_version(Name=version["Name"], DocumentVersion=version["DocumentVersion"])


def _key_schema(keys: Mapping[str, Any]) -> list[dict[str, str]]:
    schema = [{"AttributeName": keys["hash_key"], "KeyType": "HASH"}]
    if keys["range_key"]:
        schema.append({"AttributeName": keys["range_key"], "KeyType": "RANGE"})
    return schema


def _note() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        # A fixed date, so that the same note is the same code.
        archive.writestr(
            zipfile.ZipInfo("README", (1980, 1, 1, 0, 0, 0)),
            "The code is the execution_engine package of the interpreter that runs this function.\n",
        )
    return content.getvalue()
