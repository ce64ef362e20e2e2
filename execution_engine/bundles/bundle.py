"""``exec.zip``: one order's manifest, sealed variables and sealed callback addresses in one object."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from execution_engine.bundles.manifest import (
    CALLBACKS_NAME,
    MANIFEST_NAME,
    SECRET_SOURCES_NAME,
    SECRETS_NAME,
    Manifest,
)
from execution_engine.bundles.members import read_members, read_names, write_members, write_names

_MEMBERS = (MANIFEST_NAME, SECRETS_NAME, SECRET_SOURCES_NAME, CALLBACKS_NAME)


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
        members = read_members(data, _MEMBERS, sha256)
        return cls(
            manifest=Manifest.from_json(members[MANIFEST_NAME]),
            sealed=members[SECRETS_NAME],
            secret_names=read_names(members[SECRET_SOURCES_NAME]),
            callbacks=members[CALLBACKS_NAME],
        )


def write_bundle(manifest: Manifest, sealed: bytes, secret_names: Iterable[str], callbacks: bytes) -> bytes:
    """The bytes of ``exec.zip``; the same arguments give the same bytes.

    ``secret_names``: variables that hold fetched credentials; a name holds no line break.
    """
    contents = (manifest.to_json().encode(), sealed, write_names(secret_names), callbacks)
    return write_members(dict(zip(_MEMBERS, contents, strict=True)))
