"""An order's log as it was streamed to S3: the objects below its prefix, one after the other (law 11).

Of an SSM order each instance has its own. One that is short lies in the instance's result instead, and so does what
there is to say where nothing ran.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from botocore.exceptions import ClientError

from execution_engine.jobs.naming import instances_prefix, log_prefix, result_key
from execution_engine.orders.report import RESULT_LIMIT, Result, parse_result
from execution_engine.storage.objects import Bucket
from execution_engine.storage.service_errors import code_of

PIECE = 256 * 1024
"""At most so many bytes of a log are in memory at a time."""


class OrderLogs:
    """Of one attempt each, and of one instance where that is named; while it runs a log ends where it has come to."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def instances(self, run_id: str, num: str, attempt: int) -> list[str]:
        """The ids of those that wrote anything, sorted. A call per 1,000 of them."""
        prefix = instances_prefix(run_id, num, attempt)
        pages = self._bucket.client.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket.name, Prefix=prefix, Delimiter="/"
        )
        folders = [one["Prefix"] for page in pages for one in page.get("CommonPrefixes", ())]
        return sorted(folder.removeprefix(prefix).removesuffix("/") for folder in folders)

    def standing(self, run_id: str, num: str, attempt: int) -> dict[str, Result | None]:
        """The results of those that have begun; None of who is still at work. A call per 1,000 objects other than
        logs, and one for each result."""
        prefix = instances_prefix(run_id, num, attempt)
        begun: set[str] = set()
        ended: set[str] = set()
        for key, _ in self._bucket.ages(prefix, "/log/"):
            name, _, kind = key.removeprefix(prefix).partition("/")
            if kind == "result.json":
                ended.add(name)
            elif kind == "claim.json":
                begun.add(name)
        return {
            name: self._result(run_id, num, attempt, name) if name in ended else None for name in sorted(begun | ended)
        }

    def stream(
        self, run_id: str, num: str, attempt: int, start: int = 0, *, instance: str | None = None
    ) -> Iterator[bytes]:
        """From byte ``start`` on, in pieces. A call per 1,000 objects to list them, and one for each."""
        objects = iter(self._bucket.keys(log_prefix(run_id, num, attempt, instance)))
        first = next(objects, None)
        if first is not None:
            yield from self._read(chain([first], objects), start)
        elif instance is not None:
            told = self._result(run_id, num, attempt, instance)
            if told is not None and (rest := told.log.encode()[start:]):
                yield rest

    def end(self, run_id: str, num: str, attempt: int, limit: int, *, instance: str | None = None) -> bytes:
        """The last ``limit`` bytes, or all there are. Of an instance that has ended most often one call."""
        told = None if instance is None else self._result(run_id, num, attempt, instance)
        kept = b"" if told is None else told.log.encode()
        if told is None or told.log_bytes is None or len(kept) < min(limit, told.log_bytes):
            objects = list(self._bucket.keys(log_prefix(run_id, num, attempt, instance)))
            if objects:
                start = max(0, sum(size for _, size in objects) - limit)
                return b"".join(self._read(objects, start))
        return kept[-limit:] if limit > 0 else b""

    def _result(self, run_id: str, num: str, attempt: int, instance: str) -> Result | None:
        data = self._bucket.read(result_key(run_id, num, attempt, instance), RESULT_LIMIT + 1)
        return None if data is None else parse_result(data, run_id=run_id, order_num=num, attempt=attempt)

    def _read(self, objects: Iterable[tuple[str, int]], skip: int) -> Iterator[bytes]:
        for key, size in objects:
            if skip >= size:
                skip -= size
                continue
            yield from self._object(key, skip)
            skip = 0

    def _object(self, key: str, start: int) -> Iterator[bytes]:
        try:
            answer = self._bucket.client.get_object(Bucket=self._bucket.name, Key=key, Range=f"bytes={start}-")
        except ClientError as error:
            if code_of(error) == "NoSuchKey":
                return  # it lived its day since it was listed
            raise
        yield from answer["Body"].iter_chunks(PIECE)
