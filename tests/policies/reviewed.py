"""What no flow on one machine can show to be needed, each with its reason. The only such list.

Whatever stands here is still held against the calls that the code makes (``needs.py``), by the unit tests too.
"""

from __future__ import annotations

from collections.abc import Mapping

_BUILDS_LOG = "CodeBuild writes a build's log with the project's role; on one machine a build's log is a file."
_ENCRYPTS = (
    "S3 asks KMS in the caller's name when an object is put under a key; the embedded AWS encrypts what lies on the "
    "disk by itself and asks no KMS."
)
_OPENS = "S3 asks KMS in the name of whoever signed the address; the embedded AWS asks no KMS."
_STORES = (
    "Parameter Store and Secrets Manager ask KMS in the caller's name where the key is a customer's own; those of "
    "the embedded AWS ask no KMS."
)
_NO_ARN = "The embedded AWS judges this call by no ARN at all, so that no statement about some parameters is heard."
_STATES = "Step Functions invokes the check with the state machine's role; the embedded AWS with none."

REVIEWED: Mapping[tuple[str, str, str], str] = {
    ("build", "WriteItsLog", "logs:CreateLogStream"): _BUILDS_LOG,
    ("build", "WriteItsLog", "logs:PutLogEvents"): _BUILDS_LOG,
    ("control", "HaveS3EncryptVariablesAtRest", "kms:GenerateDataKey"): _ENCRYPTS,
    ("ssm_config", "HaveS3EncryptVariablesAtRest", "kms:GenerateDataKey"): _ENCRYPTS,
    ("orchestrator", "HaveS3OpenWhatUrlsOfEncryptedVariablesGrant", "kms:Decrypt"): _OPENS,
    ("watchdog", "RunTheCheck", "lambda:InvokeFunction"): _STATES,
    **{
        (policy, sid, "kms:Decrypt"): _STORES
        for policy in ("control", "init_job", "ssm_config")
        for sid in ("DecryptTheseParametersThroughParameterStore", "DecryptTheseSecretsThroughSecretsManager")
    },
    **{
        (policy, "ButNoKeyOfAnyRun", f"ssm:{call}"): _NO_ARN
        for policy in ("control", "init_job", "ssm_config")
        for call in ("GetParameters", "GetParametersByPath")
    },
}
"""By policy, statement and action."""

ADDED_BY_TERRAFORM = frozenset(
    {"WriteItsLog", "HandOverDeadLetters", "TakeDeadLetters", "PullItsImage", "LogInToTheRegistry"}
)
"""The Sids of what Terraform gives to roles beside their files; ``infrastructure/modules/definitions/aws_only.json``
says the reason of each beside it."""

OF_RESOURCES = frozenset(
    {
        ("00-bootstrap/main.tf", "Deny"),  # the state bucket, to plain HTTP
        ("01-ecr/main.tf", "Allow"),  # the repository, to Lambda, which pulls functions' images
        ("02-deploy/locals.tf", "Deny"),  # queue and topic, to plain HTTP
        ("02-deploy/main.tf", "Allow"),  # the KMS key, to the account, whose roles' policies decide
        ("02-deploy/messages.tf", "Allow"),  # the topic, to the account
        ("modules/bucket/locals.tf", "Deny"),  # the buckets, to plain HTTP
    }
)
"""Statements in Terraform's own files, by file and effect. All are about who may come to a thing, none about a role."""
