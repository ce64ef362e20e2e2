"""Code on its way into a file: exactly what was packed, or nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from execution_engine.bundles.manifest import CodePointer
from execution_engine.errors import BundleUnreadable

BLOCK = 1024 * 1024
"""Bytes; as much is in memory at once."""


def save(blocks: Iterable[bytes], pointer: CodePointer, packed: Path, place: str) -> None:
    """Write the archive down and check its size and digest. Raises ``BundleUnreadable``, which names ``place``, and
    whatever the blocks raise; no more is read than was named."""
    digest, length = hashlib.sha256(), 0
    with packed.open("wb") as file:
        for block in blocks:
            length += len(block)
            if length > pointer.size:
                break
            digest.update(block)
            file.write(block)
    if length != pointer.size or digest.hexdigest() != pointer.sha256:
        raise BundleUnreadable(
            f"the code {place} is not what was packed: {length:,} bytes with digest "
            f"{digest.hexdigest()}, {pointer.size:,} bytes were named; submit the job again"
        )
