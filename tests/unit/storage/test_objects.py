"""What ``Bucket`` asks of S3 that no fake can answer for; the rest is in the contracts."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest
from botocore.stub import Stubber
from contracts.aws import Aws

from execution_engine.storage.objects import Bucket


@pytest.fixture
def client() -> Any:
    session = botocore.session.Session()
    session.set_credentials("test", "test")
    return session.create_client("s3", "eu-west-1")


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ({}, {}),
        ({"kms_key": None}, {}),
        ({"kms_key": "alias/engine"}, {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "alias/engine"}),
    ],
)
def test_an_object_is_encrypted_with_the_key_that_was_named(
    client: Any, given: dict[str, Any], asked: dict[str, str]
) -> None:
    expected = {"Bucket": "internal", "Key": "k", "Body": b"{}", "ContentType": "application/json", **asked}
    with Stubber(client) as s3:
        s3.add_response("put_object", {}, expected)
        Bucket(client, "internal").write("k", b"{}", "application/json", **given)
        s3.assert_no_pending_responses()


def test_whoever_reads_it_gets_it_as_it_was_written(aws: Aws) -> None:
    bucket = aws.bucket("internal")
    key = aws.client("kms").create_key()["KeyMetadata"]["Arn"]
    bucket.write("environment", b'{"A": "1"}', "application/json", kms_key=key)
    bucket.write("plain", b"{}")
    assert bucket.read("environment", 100) == b'{"A": "1"}'
    written = {name: aws.client("s3").head_object(Bucket=bucket.name, Key=name) for name in ("environment", "plain")}
    assert (written["environment"]["ServerSideEncryption"], written["environment"]["SSEKMSKeyId"]) == ("aws:kms", key)
    assert "SSEKMSKeyId" not in written["plain"]
    bucket.delete(["environment", "plain"])
