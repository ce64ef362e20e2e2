"""Zips built by hand, and folders read back, for the tests of this room."""

from __future__ import annotations

import os
import stat
import warnings
import zipfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    """One member as an attacker, or another system, would write it. ``mode`` 0: no Unix mode at all."""

    name: str
    content: bytes = b""
    mode: int = stat.S_IFREG | 0o644
    method: int = zipfile.ZIP_DEFLATED


def link(name: str, target: str) -> Entry:
    return Entry(name, target.encode(), stat.S_IFLNK | 0o777)


def folder(name: str, mode: int = stat.S_IFDIR | 0o755) -> Entry:
    return Entry(name, b"", mode)


def write_zip(path: Path, *entries: Entry) -> Path:
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w") as archive:
        warnings.simplefilter("ignore")  # zipfile itself only warns of duplicate names
        for entry in entries:
            info = zipfile.ZipInfo("x", (1980, 1, 1, 0, 0, 0))
            info.filename = entry.name  # set afterwards, or the constructor would tidy it up
            # The low bits are DOS attributes; without any, zipfile would put a Unix mode of its own.
            info.external_attr = entry.mode << 16 | (0x10 if entry.name.endswith("/") else 0x20)
            info.compress_type = entry.method
            archive.writestr(info, entry.content)
    return path


def replace_bytes(path: Path, old: bytes, new: bytes) -> None:
    """Change headers that zipfile would not write itself; lengths stay as they are."""
    assert len(old) == len(new)
    before = path.read_bytes()
    assert old in before
    path.write_bytes(before.replace(old, new))


def patch_directory(path: Path, name: str, offset: int, value: bytes) -> None:
    """Change a field, ``offset`` bytes into it, of one member's entry in the central directory only."""
    data = bytearray(path.read_bytes())
    start = 0
    while (start := data.find(b"PK\x01\x02", start)) >= 0:
        length = int.from_bytes(data[start + 28 : start + 30], "little")
        if data[start + 46 : start + 46 + length] == name.encode():
            data[start + offset : start + offset + len(value)] = value
            path.write_bytes(data)
            return
        start += 4
    raise AssertionError(f"{name} is not in {path}")


Tree = dict[str, tuple[str, int, bytes]]
"""Path to (``file``, ``folder`` or ``link``; permission bits; content or target)."""


def read_tree(root: Path) -> Tree:
    tree: Tree = {}
    for above, folders, files in os.walk(root):
        for name in folders + files:
            path = Path(above, name)
            status = path.lstat()
            mode = stat.S_IMODE(status.st_mode)
            key = path.relative_to(root).as_posix()
            if path.is_symlink():
                tree[key] = ("link", 0, os.fsencode(os.readlink(path)))
            elif path.is_dir():
                tree[key] = ("folder", mode, b"")
            else:
                tree[key] = ("file", mode, path.read_bytes())
    return tree
