"""Unpacking code that somebody else may have packed: nothing lands outside, and nothing fills the disk."""

from __future__ import annotations

import io
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from execution_engine.bundles.limits import DEFAULT_LIMITS, Limits
from execution_engine.bundles.member_plan import MemberPlan, PlannedFile, plan_members
from execution_engine.errors import BundleUnreadable, CodeUnusable

_CHUNK = 256 * 1024

# What zipfile lets through, beside its own error, when bytes are not what they claim to be.
_MALFORMED = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, ValueError, OverflowError, RuntimeError,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ArchiveSummary:
    """``folders`` counts implied ones too; ``size`` is unpacked, ``packed`` the archive itself, in bytes."""

    files: int
    folders: int
    links: int
    size: int
    packed: int


class _ModestFile(io.FileIO):
    """Refuses one enormous read: zipfile takes the whole central directory at once, before it counts."""

    def __init__(self, path: Path, most: int) -> None:
        super().__init__(path, "r")
        self._most = most

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > self._most:
            raise CodeUnusable(f"the archive lists its members in {size:,} bytes, more than {self._most:,}")
        return super().read(-1 if size is None else size) or b""


def check_archive(path: Path, limits: Limits = DEFAULT_LIMITS) -> ArchiveSummary:
    """Look at an archive without unpacking it: its central directory, and the targets of its links.

    Raises ``CodeUnusable`` and names the member when unpacking it could write outside its folder, make a
    device, fill the disk, or leave anyone in doubt about what is in it.
    """
    with _opened(path, limits) as (_, plan, packed):
        return _summary(plan, packed)


def unpack(path: Path, into: Path, limits: Limits = DEFAULT_LIMITS) -> ArchiveSummary:
    """Check ``path`` and unpack it into the folder ``into``, which is made, or is empty.

    Permission bits come as packed (never setuid, setgid, sticky; files readable, folders usable by their
    owner); an archive without modes gets 0644 and 0755. Links are made last, so nothing is written through
    one. Raises ``BundleUnreadable`` and names the member; what was unpacked until then stays for the caller
    to remove.
    """
    try:
        with _opened(path, limits) as (archive, plan, packed):
            _make_folders(into, plan)
            room = limits.size
            for parts, planned in plan.files.items():
                room -= _write_file(archive, planned, into.joinpath(*parts), room)
            for parts, target in plan.links.items():
                os.symlink(target, into.joinpath(*parts))
            for parts, mode in plan.folders.items():
                into.joinpath(*parts).chmod(0o755 if mode is None else mode)
            return _summary(plan, packed)
    except CodeUnusable as error:
        raise BundleUnreadable(f"code can't be unpacked: {error}") from error
    except OSError as error:
        raise BundleUnreadable(f"code can't be unpacked into {into}: {error}") from error


@contextmanager
def _opened(path: Path, limits: Limits) -> Iterator[tuple[zipfile.ZipFile, MemberPlan, int]]:
    try:
        file = _ModestFile(path, limits.directory_size)
    except OSError as error:
        raise CodeUnusable(f"the archive {path} can't be read: {error.strerror}") from error
    with file, _malformed_means_refused():
        packed = os.fstat(file.fileno()).st_size
        try:
            archive = zipfile.ZipFile(file)
            plan = plan_members(archive, packed, limits)
        except OSError as error:  # an offset that points nowhere
            raise CodeUnusable(f"the archive is no readable zip: {error}") from error
        yield archive, plan, packed


@contextmanager
def _malformed_means_refused() -> Iterator[None]:
    try:
        yield
    except _MALFORMED as error:
        raise CodeUnusable(f"the archive is no readable zip: {error}") from error


def _summary(plan: MemberPlan, packed: int) -> ArchiveSummary:
    return ArchiveSummary(len(plan.files), len(plan.folders), len(plan.links), plan.size, packed)


def _make_folders(into: Path, plan: MemberPlan) -> None:
    into.mkdir(parents=True, exist_ok=True)
    if any(into.iterdir()):
        raise CodeUnusable(f"{into} is not empty, and code is only unpacked into a fresh folder")
    for parts in sorted(plan.folders):
        into.joinpath(*parts).mkdir(mode=0o700)


def _write_file(archive: zipfile.ZipFile, planned: PlannedFile, path: Path, room: int) -> int:
    """Write one file and return its length: what really came, whatever the directory had declared."""
    name, declared = planned.info.filename, planned.info.file_size
    written = 0
    # O_EXCL: on a file system that takes two names for one, the second is refused, not written over.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o600), "wb") as target, archive.open(planned.info) as content:
        while chunk := content.read(_CHUNK):
            written += len(chunk)
            if written > min(declared, room):
                raise CodeUnusable(f"the archive's member {name!r} is larger than it declares")
            target.write(chunk)
        if written != declared:
            raise CodeUnusable(f"the archive's member {name!r} has {written:,} bytes and declares {declared:,}")
        os.fchmod(target.fileno(), planned.mode)
    return written
