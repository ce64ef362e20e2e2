"""Deletes objects past their bucket's expiry: the embedded S3 keeps lifecycle rules, but applies none."""

from __future__ import annotations

from execution_engine import resources
from execution_engine.local.clients import Clients
from execution_engine.local.names import VALUES

DAY = 86_400


def expire_objects(clients: Clients, now: float) -> int:
    """Removes what is older than its bucket's days; returns how many objects those were."""
    s3 = clients("s3")
    removed = 0
    for bucket in resources.load("buckets", **VALUES).values():
        oldest = now - bucket["expire_days"] * DAY
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket["name"]):
            old = [
                {"Key": entry["Key"]}
                for entry in page.get("Contents", [])
                if entry["LastModified"].timestamp() < oldest
            ]
            if old:
                s3.delete_objects(Bucket=bucket["name"], Delete={"Objects": old, "Quiet": True})
                removed += len(old)
    return removed
