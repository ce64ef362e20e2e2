"""``exec.zip`` of an order for instances: its manifest, and the names of its fetched credentials. Nothing secret.

The variables are no part of it: they lie in an object of their own (``naming.environment_key``), encrypted at
rest and deleted once they are delivered. Nor are there callback addresses: these are made for each launch.
"""

from __future__ import annotations

from collections.abc import Iterable

from execution_engine.bundles.manifest import MANIFEST_NAME, SECRET_SOURCES_NAME, Manifest
from execution_engine.bundles.members import read_members, read_names, write_members, write_names


def write_plain(manifest: Manifest, secret_names: Iterable[str]) -> bytes:
    """The bytes of ``exec.zip``; the same arguments give the same bytes.

    ``secret_names``: variables that hold fetched credentials; a name holds no line break.
    """
    return write_members({MANIFEST_NAME: manifest.to_json().encode(), SECRET_SOURCES_NAME: write_names(secret_names)})


def read_plain(data: bytes, sha256: str | None = None) -> tuple[Manifest, tuple[str, ...]]:
    """The manifest and the names, sorted. ``sha256`` in hex, where the order's record names one.

    Raises ``BundleUnreadable``: other bytes than were recorded, a missing or oversized member, no zip.
    """
    members = read_members(data, (MANIFEST_NAME, SECRET_SOURCES_NAME), sha256)
    return Manifest.from_json(members[MANIFEST_NAME]), read_names(members[SECRET_SOURCES_NAME])
