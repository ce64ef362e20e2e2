"""``storage.objects.Bucket`` in memory, as far as intake, the sweep and the SSM target use one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import BinaryIO

from fakes.calls import Calls
from fakes.objects import Objects


class MemoryBucket:
    name = "internal"

    def __init__(self, calls: Calls, objects: Objects) -> None:
        self._calls = calls
        self.objects = objects
        self.kms_keys: dict[str, str] = {}
        """What an object is encrypted with, where that was said, by its key."""

    def write(
        self,
        key: str,
        body: bytes | BinaryIO,
        content_type: str = "application/octet-stream",
        *,
        kms_key: str | None = None,
    ) -> None:
        data = body if isinstance(body, bytes) else body.read()
        if kms_key is not None:
            self.kms_keys[key] = kms_key
        self._calls.through("bucket.write", lambda: self.objects.put(key, data))

    def write_once(self, key: str, body: bytes, content_type: str = "application/json") -> bool:
        return self._calls.through("bucket.write_once", lambda: self.objects.put_once(key, body))

    def age(self, key: str) -> float | None:
        return self._calls.through("bucket.age", lambda: self.objects.age(key))

    def ages(self, prefix: str, without: str) -> Iterable[tuple[str, float]]:
        def listed() -> list[tuple[str, float]]:
            keys = [key for key in self.objects.keys(prefix) if without not in key[len(prefix) :]]
            return [(key, self.objects.age(key) or 0.0) for key in keys]

        return self._calls.through("bucket.ages", listed)

    def read(self, key: str, limit: int) -> bytes | None:
        found = self._calls.through("bucket.read", lambda: self.objects.get(key))
        return None if found is None else found[:limit]

    def keys(self, prefix: str, after: str = "") -> Iterable[tuple[str, int]]:
        found = self._calls.through("bucket.keys", lambda: self.objects.keys(prefix))
        return [(key, len(self.objects.get(key) or b"")) for key in found if key > after]

    def delete(self, keys: Iterable[str]) -> None:
        todo = list(keys)
        if todo:
            self._calls.through("bucket.delete", lambda: [self.objects.delete(key) for key in todo])
