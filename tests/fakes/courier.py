"""What a worker talks to, in memory: presigned URLs, and the bucket by its own role."""

from __future__ import annotations

import io
from collections.abc import Mapping

from fakes.calls import Calls
from fakes.objects import Objects
from fakes.submitting import URL

from execution_engine.worker.courier import UrlRefused


class MemoryCourier:
    """Implements ``worker.courier.Courier`` for URLs that name keys. ``refuses``: all of them are dead."""

    def __init__(self, calls: Calls, objects: Objects, *, refuses: bool = False) -> None:
        self._calls = calls
        self._objects = objects
        self._refuses = refuses

    def put(self, url: str, key: str, body: bytes, timeout: float = 0) -> None:
        self._calls.through("courier.put", lambda: self._objects.put(self._named(url), body))

    def put_if_absent(self, url: str, key: str, body: bytes, timeout: float = 0) -> bool:
        return self._calls.through("courier.put_if_absent", lambda: self._objects.put_once(self._named(url), body))

    def get(self, url: str, key: str, timeout: float = 0) -> bytes | None:
        return self._calls.through("courier.get", lambda: self._objects.get(url.removeprefix(URL)))

    def post(self, url: str, fields: Mapping[str, str], key: str, body: bytes, timeout: float = 0) -> None:
        self._calls.through("courier.post", lambda: self._objects.put(self._named(url + key), body))

    def _named(self, url: str) -> str:
        if self._refuses:
            raise UrlRefused("ExpiredToken")
        return url.removeprefix(URL)


class MemoryRole:
    """Implements ``storage.worker_access.OwnRole``."""

    def __init__(self, calls: Calls, objects: Objects) -> None:
        self._calls = calls
        self._objects = objects

    def fetch(self, bucket: str, key: str) -> io.BytesIO:
        return self._calls.through("role.fetch", lambda: io.BytesIO(self._objects.get(key) or b""))

    def read(self, key: str) -> bytes | None:
        return self._calls.through("role.read", lambda: self._objects.get(key))

    def put_if_absent(self, key: str, body: bytes) -> bool:
        return self._calls.through("role.put_if_absent", lambda: self._objects.put_once(key, body))

    def put(self, key: str, body: bytes) -> None:
        self._calls.through("role.put", lambda: self._objects.put(key, body))
