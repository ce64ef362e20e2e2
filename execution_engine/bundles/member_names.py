"""Which names an archive member may have. Packing and unpacking ask the same question here."""

from __future__ import annotations

import re

Parts = tuple[str, ...]
"""A path inside the code, one component each; ``()`` is the code's own folder."""

GIT_FOLDER = ".git"
"""Never in a bundle: it may hold credentials, and hooks."""

_DRIVE = re.compile(r"[A-Za-z]:")
_PATH_BYTES = 1024
_COMPONENT_BYTES = 255


class UnsafeName(ValueError):
    """Says what is wrong with a name, as the end of a sentence."""


def parts_of(name: str) -> Parts:
    """The components of a member's name, with ``.`` and doubled slashes taken out.

    Raises ``UnsafeName`` for a name that could land outside the folder it is unpacked into, on this system
    or another, or that a file system can't hold.
    """
    if not name:
        raise UnsafeName("has no name")
    if "\0" in name:
        raise UnsafeName("has a NUL character in its name")
    if name.startswith("/"):
        raise UnsafeName("has an absolute path")
    if "\\" in name:
        raise UnsafeName("has a backslash in its name, which some systems take for a folder")
    if _DRIVE.match(name):
        raise UnsafeName("has a drive letter in its path")
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if ".." in parts:
        raise UnsafeName("has '..' in its path")
    try:
        length = len(name.encode())
        longest = max((len(part.encode()) for part in parts), default=0)
    except UnicodeEncodeError:
        raise UnsafeName("has a name that is not UTF-8") from None
    if length > _PATH_BYTES or longest > _COMPONENT_BYTES:
        raise UnsafeName(f"has a name longer than {_PATH_BYTES} bytes, or {_COMPONENT_BYTES} between slashes")
    return parts


def text_of(parts: Parts) -> str:
    return "/".join(parts)
