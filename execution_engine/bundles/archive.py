"""Packing a folder of code into a zip that is the same, byte by byte, each time."""

from __future__ import annotations

import hashlib
import os
import stat
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from execution_engine.bundles.code_files import list_code
from execution_engine.bundles.limits import DEFAULT_LIMITS, Limits
from execution_engine.bundles.member_names import Parts, text_of
from execution_engine.errors import CodeUnusable

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The one time stamp of all members: the first that a zip can say."""

_UNIX = 3
_CHUNK = 256 * 1024


@dataclass(frozen=True, slots=True)
class Packed:
    """``size``: bytes of the archive; ``files``: files and links in it, folders not counted."""

    sha256: str
    size: int
    files: int


class _DigestingSink:
    """Passes on and digests what is written. It can't seek, so nothing is rewritten behind the digest."""

    def __init__(self, into: BinaryIO) -> None:
        self._into = into
        self._digest = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes | bytearray | memoryview) -> int:
        self._into.write(data)
        self._digest.update(data)
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        self._into.flush()

    def close(self) -> None:
        """The file belongs to the caller."""

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()


def pack_folder(
    folder: Path, into: BinaryIO, limits: Limits = DEFAULT_LIMITS, *, without: Iterable[Path] = ()
) -> Packed:
    """Write ``folder`` as a zip to ``into``, from its current place on, in bounded memory.

    Kept: permission bits, links inside the folder, empty folders. Left out: ``.git``, in a git checkout what
    git ignores, and the files and folders ``without``. Refused with ``CodeUnusable``, the path named: what
    `unpack` would refuse later (sizes, names, links that lead outside), sockets, devices, pipes, and what
    can't be read. After an error ``into`` holds half an archive.
    """
    root = folder.resolve()
    if not root.is_dir():
        raise CodeUnusable(f"{folder} is no folder, so there is no code to pack in it")
    left_out = (path.resolve() for path in without)
    code = list_code(
        root, limits, frozenset(path.relative_to(root).parts for path in left_out if path.is_relative_to(root))
    )
    sink = _DigestingSink(into)
    size = 0
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, strict_timestamps=True) as archive:
        for parts in sorted((*code.folders, *code.files, *code.links)):
            if parts in code.folders:
                archive.writestr(_member(text_of(parts) + "/", stat.S_IFDIR | code.folders[parts]), b"")
            elif parts in code.links:
                target = os.fsencode(code.links[parts])
                archive.writestr(_member(text_of(parts), stat.S_IFLNK | 0o777), target)
                size += len(target)
            else:
                size += _write_file(archive, root, parts, code.files[parts], limits.size - size)
    why = limits.exceeded(size=size, packed=sink.size)
    if why is not None:
        raise CodeUnusable(f"{folder} can't be packed: {why}")
    return Packed(sink.sha256, sink.size, len(code.files) + len(code.links))


def _member(name: str, mode: int) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name, EPOCH)
    member.create_system = _UNIX
    member.external_attr = mode << 16 | (0x10 if stat.S_ISDIR(mode) else 0)
    member.compress_type = zipfile.ZIP_DEFLATED if stat.S_ISREG(mode) else zipfile.ZIP_STORED
    return member


def _write_file(archive: zipfile.ZipFile, root: Path, parts: Parts, mode: int, room: int) -> int:
    """Copy one file as long as it was when opened: one that goes on growing must not be followed for ever."""
    member = _member(text_of(parts), stat.S_IFREG | mode)
    with _opened(root, parts) as source:
        with _blamed_on(root, parts):
            size = left = os.fstat(source.fileno()).st_size
        if size > room:
            raise CodeUnusable(f"{root} is too large: {text_of(parts)!r} has {size:,} bytes and {room:,} are left")
        member.file_size = size  # decides whether the member needs ZIP64
        with archive.open(member, "w") as target:
            while left > 0:
                with _blamed_on(root, parts):
                    chunk = source.read(min(_CHUNK, left))
                if not chunk:
                    break
                target.write(chunk)
                left -= len(chunk)
    return size - left


@contextmanager
def _opened(root: Path, parts: Parts) -> Iterator[BinaryIO]:
    """The file itself: not through a link, nor waiting for the other end of a pipe put there meanwhile."""
    with _blamed_on(root, parts):
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        source = os.fdopen(os.open(os.path.join(root, *parts), flags), "rb")
    with source:
        if not stat.S_ISREG(os.fstat(source.fileno()).st_mode):
            raise CodeUnusable(f"{text_of(parts)!r} in {root} was a file and no longer is; pack again")
        yield source


@contextmanager
def _blamed_on(root: Path, parts: Parts) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CodeUnusable(f"{text_of(parts)!r} in {root} can't be read: {error.strerror}") from error
