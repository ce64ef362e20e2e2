"""From a path to a job that was found right, and the code that it needs from this machine."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from execution_engine.errors import CodeUnusable, Fault, JobRefused
from execution_engine.jobs.encoding import read_job_file
from execution_engine.jobs.job import Job
from execution_engine.jobs.specification import door_of, parse_job
from execution_engine.targets.registry import known_targets

FILE_LIMIT = 16 * 1024 * 1024
"""Bytes: as YAML, with comments, a job may be far longer than as JSON, but not this long."""


@dataclass(frozen=True, slots=True)
class JobFile:
    """``document`` is what was written, ``job`` what it means."""

    path: Path
    document: dict[str, Any]
    job: Job

    @property
    def without_code(self) -> list[int]:
        """Places (from 0) of the orders that name no code of their own."""
        return [
            place for place, order in enumerate(self.job.orders) if order.git_repo is None and order.s3_location is None
        ]

    @property
    def holds_variables(self) -> bool:
        """Whether the file says what must travel sealed: it may be no part of the code then."""
        return any(order.env_vars for order in self.job.orders)

    def with_code(self, s3_location: str) -> dict[str, Any]:
        """The document, where each order that names no code gets this."""
        needy = set(self.without_code)
        orders = [
            {**order, "s3_location": s3_location} if place in needy else order
            for place, order in enumerate(self.document["orders"])
        ]
        return {**self.document, "orders": orders}


def load(path: Path) -> JobFile:
    """Raises ``JobRefused``: with the reason that there is no document, or with all its faults."""
    document: Any = read_job_file(_text(path))
    job = parse_job(document, door=door_of(document), targets=known_targets())
    return JobFile(path, document, job)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(FILE_LIMIT + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise JobRefused([Fault("", f"the job file {path} can't be read: {why}")]) from error
    if len(data) > FILE_LIMIT:
        raise JobRefused([Fault("", f"the job file {path} is larger than {FILE_LIMIT:,} bytes")])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise JobRefused([Fault("", f"the job file {path} is no UTF-8 at byte {error.start:,}")]) from error


@contextmanager
def packed(folder: Path, *, chosen: bool, without: Iterable[Path] = ()) -> Iterator[tuple[str, BinaryIO]]:
    """The folder as a zip: its sha256 and the archive, to be read from its beginning.

    ``chosen``: the caller named the folder. ``without``: what of it is no code. Raises ``CodeUnusable``,
    with the remedy.
    """
    from execution_engine.bundles.archive import pack_folder

    with tempfile.TemporaryFile() as archive:
        try:
            result = pack_folder(folder, archive, without=without)
        except CodeUnusable as error:
            hint = "" if chosen else " (the job file's folder is the orders' code unless --code DIR names another)"
            raise CodeUnusable(f"{error}{hint}") from error
        archive.seek(0)
        yield result.sha256, cast(BinaryIO, archive)
