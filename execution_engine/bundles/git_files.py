"""Which files of a git checkout are code: what git tracks or would track, not what it ignores."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from execution_engine.bundles.member_names import GIT_FOLDER, Parts
from execution_engine.errors import CodeUnusable

_SECONDS = 120
_LIST = ("ls-files", "-z", "--exclude-standard")


def walk(folder: Path, without: frozenset[Parts] = frozenset()) -> Iterator[Parts]:
    """Every path below ``folder``, folders too, relative to it; nothing named ``.git``, no link followed.

    ``without``: paths that are neither named nor entered.
    """
    pending: list[Parts] = [()]
    while pending:
        above = pending.pop()
        try:
            with os.scandir(os.path.join(folder, *above)) as entries:
                found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
        except OSError as error:
            where = os.path.join(folder, *above)
            raise CodeUnusable(f"the folder {where!r} can't be read: {error.strerror}") from error
        for name, is_folder in found:
            parts = (*above, name)
            if name == GIT_FOLDER or parts in without:
                continue
            yield parts
            if is_folder:
                pending.append(parts)


def paths_in_checkout(folder: Path) -> set[Parts] | None:
    """The paths in ``folder`` that git does not ignore, and its empty folders; None outside a checkout,
    and for a folder that the checkout around it ignores as a whole.

    A submodule, or a checkout inside the checkout, is asked itself. Paths that git still knows but that are
    gone from disk are among them. Never guesses: where there is a repository that git can't read,
    ``CodeUnusable`` is raised, since packing everything would take ignored files along.
    """
    if not any(os.path.lexists(place / GIT_FOLDER) for place in (folder, *folder.parents)):
        return None
    if _is_ignored(folder):
        return None
    listed = _ask_git(folder, *_LIST, "--cached", "--others")
    if listed is None:
        return None
    paths: set[Parts] = set()
    for parts in listed:
        paths.add(parts)
        below = folder.joinpath(*parts)
        if below.is_dir() and not below.is_symlink():
            for inner in _paths_of_submodule(below):
                paths.add(parts + inner)
    return paths | _empty_folders(folder)


def _paths_of_submodule(folder: Path) -> set[Parts]:
    """As a plain folder when it is no repository of its own (any more)."""
    paths = paths_in_checkout(folder) if os.path.lexists(folder / GIT_FOLDER) else None
    return set(walk(folder)) if paths is None else paths


def _empty_folders(folder: Path) -> set[Parts]:
    """Folders with nothing in them, which git does not list, except ignored ones."""
    ignored = frozenset(_ask_git(folder, *_LIST, "--others", "--ignored", "--directory") or ())
    return {parts for parts in walk(folder, without=ignored) if _is_empty_folder(folder.joinpath(*parts))}


def _is_empty_folder(path: Path) -> bool:
    if path.is_symlink() or not path.is_dir():
        return False
    with os.scandir(path) as entries:
        return next(entries, None) is None


def _is_ignored(folder: Path) -> bool:
    """Whether the checkout around ``folder`` ignores it as a whole, so that it is none of that checkout."""
    return _run_git(folder, "check-ignore", "--quiet", ".").returncode == 0


def _ask_git(folder: Path, *arguments: str) -> list[Parts] | None:
    """The paths that git prints; None when git sees no repository around ``folder``."""
    asked = _run_git(folder, *arguments)
    if asked.returncode == 0:
        names = (os.fsdecode(name) for name in asked.stdout.split(b"\0") if name)
        return [tuple(name.rstrip("/").split("/")) for name in names]
    said = asked.stderr.decode(errors="replace").strip()
    if "not a git repository (or any" in said:
        return None
    raise CodeUnusable(f"git can't list the files of {folder} (exit {asked.returncode}): {said}")


def _run_git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    # fsmonitor is a program that a repository's own configuration can name; hooks are too.
    command = ["git", "-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}", *arguments]
    # GIT_DIR and its kin would point git at another repository than the one that is packed.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        return subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except FileNotFoundError as error:
        raise CodeUnusable(f"{folder} is in a git checkout, and git is not installed to read it") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CodeUnusable(f"git could not list the files of {folder}: {type(error).__name__}") from error
