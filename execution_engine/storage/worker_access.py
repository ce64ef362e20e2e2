"""What a worker may do by its own role (law 12: nothing else): fetch bundles, write where it reports, read its
claim and what is asked of it."""

from __future__ import annotations

from typing import Any

from execution_engine.storage.objects import Bucket

_SMALL = 64 * 1024


class OwnRole:
    """The way in, and the fallback of the way out."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def fetch(self, bucket: str, key: str) -> Any:
        """The body of an object, to be read in pieces."""
        return self._bucket.client.get_object(Bucket=bucket, Key=key)["Body"]

    def read(self, key: str) -> bytes | None:
        """A small object. The role may not list the bucket, so that S3 denies it what is not there; that is raised."""
        return self._bucket.read(key, _SMALL)

    def put_if_absent(self, key: str, body: bytes) -> bool:
        return self._bucket.write_once(key, body)

    def put(self, key: str, body: bytes) -> None:
        self._bucket.write(key, body)
