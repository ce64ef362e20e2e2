"""``exec.zip``: one order's manifest, sealed variables and sealed callback addresses in one object."""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field

from execution_engine.bundles.manifest import (
    CALLBACKS_NAME,
    MANIFEST_NAME,
    SECRET_SOURCES_NAME,
    SECRETS_NAME,
    Manifest,
)
from execution_engine.errors import BundleUnreadable

_EPOCH = (1980, 1, 1, 0, 0, 0)
_UNIX = 3
MEMBER_LIMIT = 32 * 1024 * 1024
"""Bytes of one member, unpacked. The largest are sealed variables: a job is at most 6 MB."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """``sealed`` is a SOPS document, ``callbacks`` age-encrypted JSON; ``secret_names`` are to be masked."""

    manifest: Manifest
    sealed: bytes = field(repr=False)
    secret_names: tuple[str, ...]
    callbacks: bytes = field(repr=False)

    @classmethod
    def read(cls, data: bytes, sha256: str | None) -> Bundle:
        """Open a bundle. ``sha256`` is what the launch named, in hex; None where nobody could name one.

        Raises ``BundleUnreadable``: other bytes than were launched, a missing or oversized member, no zip.
        """
        found = hashlib.sha256(data).hexdigest()
        if sha256 is not None and found != sha256.lower():
            raise BundleUnreadable(f"the bundle's digest is {found}, the launch named {sha256}; submit the job again")
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                sources = _member(archive, SECRET_SOURCES_NAME).decode()
                return cls(
                    manifest=Manifest.from_json(_member(archive, MANIFEST_NAME)),
                    sealed=_member(archive, SECRETS_NAME),
                    secret_names=tuple(sources.split("\n")[:-1]),
                    callbacks=_member(archive, CALLBACKS_NAME),
                )
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, RuntimeError, OSError) as error:
            raise BundleUnreadable(f"the bundle is no readable zip: {type(error).__name__}: {error}") from error


def write_bundle(manifest: Manifest, sealed: bytes, secret_names: Iterable[str], callbacks: bytes) -> bytes:
    """The bytes of ``exec.zip``; the same arguments give the same bytes.

    ``secret_names``: variables that hold fetched credentials; a name holds no line break.
    """
    names = sorted(set(secret_names))
    if any("\n" in name for name in names):
        raise ValueError("the name of a variable holds a line break")
    members = {
        MANIFEST_NAME: manifest.to_json().encode(),
        SECRETS_NAME: sealed,
        SECRET_SOURCES_NAME: "".join(f"{name}\n" for name in names).encode(),
        CALLBACKS_NAME: callbacks,
    }
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
