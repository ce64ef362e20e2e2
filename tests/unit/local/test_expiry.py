from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from execution_engine.local.clients import Clients
from execution_engine.local.expiry import expire_objects
from execution_engine.local.names import VALUES

NOW = 1_000_000.0


class TwoPages:
    """An S3 of which every bucket lists two pages."""

    def __init__(self) -> None:
        self.deleted: list[tuple[str, str]] = []

    def client(self, service_name: Any, **_: Any) -> Any:
        assert service_name == "s3"
        return self

    def get_paginator(self, _: str) -> Any:
        return self

    def paginate(self, Bucket: str) -> Any:
        def entry(key: str, age: float) -> dict[str, Any]:
            return {"Key": key, "LastModified": datetime.fromtimestamp(NOW - age, UTC)}

        yield {"Contents": [entry("old", 86_401), entry("young", 86_399)]}
        yield {"Contents": [entry("older", 172_800)]}
        yield {}

    def delete_objects(self, Bucket: str, Delete: dict[str, Any]) -> None:
        self.deleted += [(Bucket, entry["Key"]) for entry in Delete["Objects"]]


def test_what_is_older_than_a_day_goes_from_both_buckets() -> None:
    s3 = TwoPages()
    assert expire_objects(Clients(s3, "http://127.0.0.1:1"), NOW) == 4
    assert s3.deleted == [
        (str(VALUES[bucket]), key) for bucket in ("internal_bucket", "done_bucket") for key in ("old", "older")
    ]
