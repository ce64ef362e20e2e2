"""Code that callers keep in S3: fetched once a job, checked before anything is started."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from execution_engine.bundles.limits import Limits
from execution_engine.bundles.unpacking import check_archive
from execution_engine.errors import CodeUnusable, Fault, JobRefused
from execution_engine.jobs.job import Order
from execution_engine.storage.objects import Bucket


@dataclass(frozen=True, slots=True)
class FetchedCode:
    """An archive that may be unpacked. ``size`` in bytes, as packed."""

    path: Path
    sha256: str
    size: int


class S3Code:
    def __init__(self, client: Any, limits: Limits) -> None:
        self._client = client
        self._limits = limits

    @contextmanager
    def fetched(self, orders: Iterable[tuple[int, Order]]) -> Iterator[dict[str, FetchedCode]]:
        """The code of these orders by ``s3_location``; the files go when the context ends.

        Raises ``JobRefused`` with a fault for each order whose code can't be had or must not be unpacked.
        """
        with tempfile.TemporaryDirectory(prefix="aws-exe-sys-code-") as folder:
            found: dict[str, FetchedCode] = {}
            why_not: dict[str, str] = {}
            faults = []
            for index, order in orders:
                location = order.s3_location
                if location is None:
                    continue
                if location not in found and location not in why_not:
                    try:
                        found[location] = self._fetch(location, Path(folder) / f"{len(found)}.zip")
                    except CodeUnusable as error:
                        why_not[location] = str(error)
                if location in why_not:
                    faults.append(Fault(f"orders[{index}].s3_location", why_not[location]))
            if faults:
                raise JobRefused(faults)
            yield found

    def _fetch(self, location: str, path: Path) -> FetchedCode:
        bucket, _, key = location.removeprefix("s3://").partition("/")
        digest = hashlib.sha256()
        try:
            with path.open("wb") as file:
                found = Bucket(self._client, bucket).download(key, file, self._limits.size)
        except (ClientError, BotoCoreError) as error:
            code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
            raise CodeUnusable(f"{location} can't be read: {code}; may the engine's intake role read it?") from error
        if not found:
            raise CodeUnusable(f"{location} does not exist")
        try:
            check_archive(path, self._limits)
        except CodeUnusable as error:
            raise CodeUnusable(f"{location} can't be used: {error}") from error
        with path.open("rb") as file:
            while chunk := file.read(1024 * 1024):
                digest.update(chunk)
        return FetchedCode(path, digest.hexdigest(), path.stat().st_size)
