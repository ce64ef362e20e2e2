"""Creates a bucket as its resource says: expiry, policy, and the functions its events wake."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from execution_engine.local.clients import Clients, unless
from execution_engine.local.names import VALUES


def create_bucket(clients: Clients, bucket: Mapping[str, Any], functions: Mapping[str, str]) -> None:
    """``functions``: the names of the functions by their keys. Running it again changes nothing."""
    s3 = clients("s3")
    name = bucket["name"]
    try:
        s3.create_bucket(Bucket=name)
    except ClientError as error:  # in us-east-1 its owner may say it again, but not after a kill
        unless(error, "BucketAlreadyOwnedByYou")
    expire = {
        "ID": "expire",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "Expiration": {"Days": bucket["expire_days"]},
    }
    s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [expire]})
    if bucket["policy"]:
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps(bucket["policy"]))
    woken = sorted({functions[notification["function"]] for notification in bucket["notifications"]})
    for function in woken:
        _permit(clients, function, name)
    if woken:
        s3.put_bucket_notification_configuration(
            Bucket=name,
            NotificationConfiguration={
                "LambdaFunctionConfigurations": [
                    _notification(notification, functions[notification["function"]])
                    for notification in bucket["notifications"]
                ]
            },
        )


def _permit(clients: Clients, function: str, bucket: str) -> None:
    """S3 may invoke the function for this bucket's events."""
    try:
        clients("lambda").add_permission(
            FunctionName=function,
            StatementId=f"notifications-of-{bucket}",
            Action="lambda:InvokeFunction",
            Principal="s3.amazonaws.com",
            SourceArn=f"arn:aws:s3:::{bucket}",
            SourceAccount=VALUES["account_id"],
        )
    except ClientError as error:
        unless(error, "ResourceConflictException")


def _notification(notification: Mapping[str, Any], function: str) -> dict[str, Any]:
    rules = [
        {"Name": "prefix", "Value": notification["prefix"]},
        {"Name": "suffix", "Value": notification["suffix"]},
    ]
    return {
        "Id": notification["id"],
        "LambdaFunctionArn": f"arn:aws:lambda:{VALUES['region']}:{VALUES['account_id']}:function:{function}",
        "Events": notification["events"],
        "Filter": {"Key": {"FilterRules": rules}},
    }
