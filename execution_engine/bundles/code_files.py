"""What a folder of code consists of: files, links and folders, looked at without following a link."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from execution_engine.bundles.git_files import paths_in_checkout, walk
from execution_engine.bundles.limits import Limits
from execution_engine.bundles.link_targets import first_fault
from execution_engine.bundles.member_names import GIT_FOLDER, Parts, UnsafeName, parts_of, text_of
from execution_engine.errors import CodeUnusable


@dataclass(slots=True)
class CodeFiles:
    """Everything that goes into an archive; modes are the nine permission bits."""

    folders: dict[Parts, int] = field(default_factory=dict)
    files: dict[Parts, int] = field(default_factory=dict)
    links: dict[Parts, str] = field(default_factory=dict)


def list_code(folder: Path, limits: Limits, without: frozenset[Parts] = frozenset()) -> CodeFiles:
    """What of ``folder`` is code. ``folder`` is absolute and no link itself.

    In a git checkout that is what git does not ignore and what still exists; elsewhere everything; ``.git``
    never, nor what is ``without``, or below it. Raises ``CodeUnusable`` for what can't travel: a socket,
    device or pipe, a link that leads outside, a name that an archive must not hold.
    """
    in_checkout = paths_in_checkout(folder)
    code = CodeFiles()
    for parts in sorted(walk(folder, without) if in_checkout is None else in_checkout):
        if any(parts[: len(one)] == one for one in without):
            continue
        if GIT_FOLDER not in parts and _stands_in_folders(folder, parts, code.folders):
            _take(folder, parts, code)
            count = len(code.folders) + len(code.files) + len(code.links)
            _refuse_if(folder, limits.exceeded(members=count))
    _refuse_unsafe_names(folder, (*code.folders, *code.files, *code.links))
    fault = first_fault(code.links, limits.link_length)
    if fault is not None:
        raise CodeUnusable(
            f"{text_of(fault.link)!r} in {folder} {fault.why}; only links inside the folder can be packed"
        )
    return code


def _refuse_if(folder: Path, why: str | None) -> None:
    if why is not None:
        raise CodeUnusable(f"{folder} is too large: {why}")


def _refuse_unsafe_names(folder: Path, names: Iterable[Parts]) -> None:
    for parts in names:
        try:
            parts_of(text_of(parts))
        except UnsafeName as error:
            raise CodeUnusable(f"{text_of(parts)!r} in {folder} {error}; rename it or leave it out") from error


def _stands_in_folders(folder: Path, parts: Parts, folders: dict[Parts, int]) -> bool:
    """Whether all above ``parts`` are real folders; they are noted in ``folders``.

    Git goes on listing ``a/b`` after ``a`` was replaced by a link, and what is behind a link is not ours.
    """
    for end in range(1, len(parts)):
        above = parts[:end]
        if above in folders:
            continue
        status = _status(folder, above)
        if status is None or not stat.S_ISDIR(status.st_mode):
            return False
        folders[above] = stat.S_IMODE(status.st_mode) & 0o777
    return True


def _status(folder: Path, parts: Parts) -> os.stat_result | None:
    try:
        return os.lstat(os.path.join(folder, *parts))
    except (FileNotFoundError, NotADirectoryError):
        return None  # deleted in the work tree
    except OSError as error:
        raise CodeUnusable(f"{text_of(parts)!r} in {folder} can't be read: {error.strerror}") from error


def _take(folder: Path, parts: Parts, code: CodeFiles) -> None:
    status = _status(folder, parts)
    if status is None:
        return
    mode = stat.S_IMODE(status.st_mode) & 0o777
    if stat.S_ISDIR(status.st_mode):
        code.folders[parts] = mode
    elif stat.S_ISREG(status.st_mode):
        code.files[parts] = mode
    elif stat.S_ISLNK(status.st_mode):
        code.links[parts] = os.readlink(os.path.join(folder, *parts))
    else:
        kind = "socket" if stat.S_ISSOCK(status.st_mode) else "device or pipe"
        raise CodeUnusable(f"{text_of(parts)!r} in {folder} is a {kind}, which can't be packed; remove it")
