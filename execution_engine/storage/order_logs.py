"""An order's log as it was streamed to S3: the objects below its prefix, one after the other (law 11)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from botocore.exceptions import ClientError

from execution_engine.jobs.naming import log_prefix
from execution_engine.storage.objects import Bucket

PIECE = 256 * 1024
"""At most so many bytes of a log are in memory at a time."""


class OrderLogs:
    """Of one attempt each; while it runs a log ends where it has come to."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def stream(self, run_id: str, num: str, attempt: int, start: int = 0) -> Iterator[bytes]:
        """From byte ``start`` on, in pieces. A call per 1,000 objects to list them, and one for each."""
        return self._read(self._bucket.keys(log_prefix(run_id, num, attempt)), start)

    def end(self, run_id: str, num: str, attempt: int, limit: int) -> bytes:
        """The last ``limit`` bytes, or all there are."""
        objects = list(self._bucket.keys(log_prefix(run_id, num, attempt)))
        start = max(0, sum(size for _, size in objects) - limit)
        return b"".join(self._read(objects, start))

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
            if error.response.get("Error", {}).get("Code") == "NoSuchKey":
                return  # it lived its day since it was listed
            raise
        yield from answer["Body"].iter_chunks(PIECE)
