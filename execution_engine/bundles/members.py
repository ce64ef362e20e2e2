"""The small zip that a bundle is: named members of bounded size, the same bytes for the same contents."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterable, Mapping

from execution_engine.errors import BundleUnreadable

MEMBER_LIMIT = 32 * 1024 * 1024
"""Bytes of one member, unpacked. The largest are sealed variables: a job is at most 6 MB."""

_EPOCH = (1980, 1, 1, 0, 0, 0)
_UNIX = 3


def write_members(members: Mapping[str, bytes]) -> bytes:
    """A zip of these members in their order. Raises ``ValueError`` for one above ``MEMBER_LIMIT``."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, content in members.items():
            if len(content) > MEMBER_LIMIT:
                raise ValueError(f"{name} has {len(content):,} bytes, a bundle's member at most {MEMBER_LIMIT:,}")
            member = zipfile.ZipInfo(name, _EPOCH)
            member.create_system = _UNIX
            member.external_attr = 0o600 << 16
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, content)
    return written.getvalue()


def read_members(data: bytes, names: Iterable[str], sha256: str | None = None) -> dict[str, bytes]:
    """These members by name; others are left alone. ``sha256``: the digest the archive must have, in hex.

    Raises ``BundleUnreadable``: other bytes than were launched, a missing, doubled or oversized member, no zip.
    """
    found = hashlib.sha256(data).hexdigest()
    if sha256 is not None and found != sha256.lower():
        raise BundleUnreadable(f"the bundle's digest is {found}, the launch named {sha256}; submit the job again")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {name: _member(archive, name) for name in names}
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError, OSError) as error:
        raise BundleUnreadable(f"the bundle is no readable zip: {type(error).__name__}: {error}") from error


def write_names(names: Iterable[str]) -> bytes:
    """``secrets.src``: a name a line, sorted, each once. Raises ``ValueError`` for a name with a line break."""
    each = sorted(set(names))
    if any("\n" in name for name in each):
        raise ValueError("the name of a variable holds a line break")
    return "".join(f"{name}\n" for name in each).encode()


def read_names(sources: bytes) -> tuple[str, ...]:
    """What `write_names` wrote. Raises ``BundleUnreadable``."""
    try:
        return tuple(sources.decode().split("\n")[:-1])
    except UnicodeDecodeError as error:
        raise BundleUnreadable(f"the names of fetched credentials are no UTF-8 text (at byte {error.start})") from error


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    places = [info for info in archive.infolist() if info.filename == name]
    if len(places) != 1:
        state = "is missing from" if not places else "is more than once in"
        raise BundleUnreadable(f"{name} {state} the bundle; submit the job again")
    # One byte more than allowed tells, whatever size the archive declares.
    with archive.open(places[0]) as member:
        content = member.read(MEMBER_LIMIT + 1)
    if len(content) > MEMBER_LIMIT:
        raise BundleUnreadable(f"{name} has more than {MEMBER_LIMIT:,} bytes in the bundle")
    return content
