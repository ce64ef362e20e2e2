"""What ``Bucket`` asks of S3 that no fake can answer for; the rest is in the contracts."""

from __future__ import annotations

from datetime import UTC, datetime
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


def listed(at: datetime, *keys: str) -> dict[str, Any]:
    sent = {"date": "Tue, 14 Nov 2023 22:13:20 GMT"}
    return {
        "Contents": [{"Key": key, "LastModified": at} for key in keys],
        "ResponseMetadata": {"HTTPStatusCode": 200, "HTTPHeaders": sent},
    }


def test_ages_are_by_s3s_own_clock_page_by_page(client: Any) -> None:
    first = listed(datetime(2023, 11, 14, 22, 13, 10, tzinfo=UTC), "a", "b")
    second = listed(datetime(2023, 11, 14, 22, 12, 20, tzinfo=UTC), "c")
    asked = {"Bucket": "internal", "Prefix": "p/", "Delimiter": "/log/"}
    with Stubber(client) as s3:
        s3.add_response("list_objects_v2", {**first, "IsTruncated": True, "NextContinuationToken": "x"}, asked)
        s3.add_response("list_objects_v2", second, {**asked, "ContinuationToken": "x"})
        assert list(Bucket(client, "internal").ages("p/", "/log/")) == [("a", 10.0), ("b", 10.0), ("c", 60.0)]


def test_what_is_left_out_is_not_listed(aws: Aws) -> None:
    bucket = aws.bucket("internal")
    keys = [f"p/i/{name}" for name in ("a/claim.json", "a/log/0", "a/log/1", "log/claim.json", "log/log/0")]
    for key in [*keys, "p/claim.json"]:
        bucket.write(key, b"")
    found = dict(bucket.ages("p/i/", "/log/"))
    assert found.keys() == {"p/i/a/claim.json", "p/i/log/claim.json"}
    assert all(0 <= age < 60 for age in found.values())
    bucket.delete([*keys, "p/claim.json"])
    assert list(bucket.ages("p/i/", "/log/")) == []
