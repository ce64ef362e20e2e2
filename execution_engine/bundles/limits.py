"""How large an archive of code may be: the same bounds when packing, checking and unpacking."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """``size``, ``ratio_from`` and ``link_length`` are bytes.

    ``members`` counts files, links and folders, also folders that only a longer name implies. ``ratio`` is
    unpacked size to packed size, asked only of archives that unpack to more than ``ratio_from``: small
    repetitive files compress better than any bomb and hurt nobody.
    """

    members: int = 100_000
    size: int = 2048 * MIB
    ratio: int = 200
    ratio_from: int = 64 * MIB
    link_length: int = 1024

    @property
    def directory_size(self) -> int:
        """The most bytes of central directory that are read into memory: 256 for each allowed member."""
        return max(self.members, 256) * 256

    def exceeded(self, *, members: int = 0, size: int = 0, packed: int | None = None) -> str | None:
        """What is too large, in words; None when all is within bounds."""
        if members > self.members:
            return f"it has more than {self.members:,} members; leave out what the commands don't need"
        if size > self.size:
            return f"it unpacks to more than {self.size:,} bytes; leave out what the commands don't need"
        if packed is not None and size > self.ratio_from and size > self.ratio * packed:
            return (
                f"it unpacks to {size:,} bytes, more than {self.ratio} times its {packed:,} bytes, "
                "as archives made to fill disks do; fetch such data in a command instead"
            )
        return None


DEFAULT_LIMITS = Limits()
