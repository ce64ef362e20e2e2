"""A bucket, as the engine uses one: bounded reads, writes that never replace, absence as an answer."""

from __future__ import annotations

from collections.abc import Iterable
from email.utils import parsedate_to_datetime
from typing import Any, BinaryIO

from botocore.exceptions import ClientError

from execution_engine.errors import CodeUnusable, StoreError
from execution_engine.storage.service_errors import code_of

_ABSENT = {"404", "NoSuchKey", "NotFound"}
_TAKEN = {"412", "PreconditionFailed", "409", "ConditionalRequestConflict"}
_DELETE_LIMIT = 1_000


class Bucket:
    """Every method is one call of S3 unless it says otherwise."""

    def __init__(self, client: Any, name: str) -> None:
        self.client = client
        self.name = name

    def read(self, key: str, limit: int) -> bytes | None:
        """The object's first ``limit`` bytes; None if there is none."""
        try:
            answer = self.client.get_object(Bucket=self.name, Key=key, Range=f"bytes=0-{limit - 1}")
            return bytes(answer["Body"].read(limit))
        except ClientError as error:
            if code_of(error) == "InvalidRange":  # S3's answer to a range of an empty object
                return b""
            if code_of(error) in _ABSENT:
                return None
            raise

    def download(self, key: str, into: BinaryIO, limit: int) -> bool:
        """The whole object, in bounded memory; false if there is none. Raises ``CodeUnusable`` if it is larger
        than ``limit`` bytes."""
        try:
            answer = self.client.get_object(Bucket=self.name, Key=key)
        except ClientError as error:
            if code_of(error) in _ABSENT:
                return False
            raise
        if (size := answer["ContentLength"]) > limit:
            raise CodeUnusable(f"s3://{self.name}/{key} is {size:,} bytes, at most {limit:,} are taken")
        for chunk in answer["Body"].iter_chunks(1024 * 1024):
            into.write(chunk)
        return True

    def write(
        self,
        key: str,
        body: bytes | BinaryIO,
        content_type: str = "application/octet-stream",
        *,
        kms_key: str | None = None,
    ) -> None:
        """``kms_key``: what S3 encrypts it with at rest, by id, ARN or alias; None: as the bucket says. Who reads it
        needs the right to decrypt, too."""
        encryption = {} if kms_key is None else {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key}
        self.client.put_object(Bucket=self.name, Key=key, Body=body, ContentType=content_type, **encryption)

    def write_once(self, key: str, body: bytes, content_type: str = "application/json") -> bool:
        """False if there is an object of that name already; it stays as it is."""
        try:
            self.client.put_object(Bucket=self.name, Key=key, Body=body, ContentType=content_type, IfNoneMatch="*")
        except ClientError as error:
            if code_of(error) in _TAKEN:
                return False
            raise
        return True

    def exists(self, key: str) -> bool:
        return self._head(key) is not None

    def age(self, key: str) -> float | None:
        """Seconds since the object was written, both times by S3's clock; None if there is none."""
        answer = self._head(key)
        if answer is None:
            return None
        sent = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
        return float((sent - answer["LastModified"]).total_seconds())

    def _head(self, key: str) -> dict[str, Any] | None:
        try:
            return dict(self.client.head_object(Bucket=self.name, Key=key))
        except ClientError as error:
            if code_of(error) in _ABSENT:
                return None
            raise

    def keys(self, prefix: str, after: str = "") -> Iterable[tuple[str, int]]:
        """``(key, size)`` in the order of the keys; one call per 1,000."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix, StartAfter=after)
        for page in pages:
            for item in page.get("Contents", ()):
                yield item["Key"], item["Size"]

    def ages(self, prefix: str, without: str) -> Iterable[tuple[str, float]]:
        """``(key, seconds since it was written)``, both times by S3's clock; keys that have ``without`` behind the
        prefix are left out. One call per 1,000; of those left out what begins alike up to there counts once."""
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.name, Prefix=prefix, Delimiter=without
        )
        for page in pages:
            sent = parsedate_to_datetime(page["ResponseMetadata"]["HTTPHeaders"]["date"])
            for item in page.get("Contents", ()):
                yield item["Key"], float((sent - item["LastModified"]).total_seconds())

    def delete(self, keys: Iterable[str]) -> None:
        """What is gone already is success; one call per 1,000."""
        todo = list(keys)
        for start in range(0, len(todo), _DELETE_LIMIT):
            objects = [{"Key": key} for key in todo[start : start + _DELETE_LIMIT]]
            answer = self.client.delete_objects(Bucket=self.name, Delete={"Objects": objects, "Quiet": True})
            if errors := answer.get("Errors"):
                first = errors[0]
                raise StoreError(f"s3://{self.name}/{first['Key']} can't be deleted: {first['Code']}")
