"""Runs git within bounds of time and disk, and ends all of it when one is passed."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from execution_engine.intake.sources.git_faults import GitFailed, TooLarge, TooSlow

_LOOK = 0.1
_COST = 10
"""A look at the disk may take a tenth of the time: the next one waits so many times as long as it took."""

_OUTPUT = 256 * 1024


@dataclass(frozen=True, slots=True)
class Bounds:
    """``seconds`` for a repository altogether; ``size``: bytes that it may take on disk, objects and files."""

    seconds: float
    size: int


@dataclass(frozen=True, slots=True)
class Said:
    """What a git process printed, at most 256 KiB each (of errors the last ones)."""

    ok: bool
    out: str
    err: str


class GitProcess:
    """Runs git in ``folder``, which nobody else uses; all that it writes is below it.

    ``what`` is fetched, for messages. ``until`` is a reading of ``now``, in seconds.
    """

    def __init__(
        self,
        what: str,
        folder: Path,
        environment: Mapping[str, str],
        bounds: Bounds,
        until: float,
        now: Callable[[], float],
        git: str = "git",
    ) -> None:
        self._what = what
        self._folder = folder
        self._environment = environment
        self._bounds = bounds
        self._until = until
        self._now = now
        self._git = git

    def run(self, *arguments: str) -> Said:
        """Raises ``TooSlow`` and ``TooLarge`` when a bound is passed, ``GitFailed`` if there is no git."""
        out, err = self._folder / "out", self._folder / "err"
        with out.open("wb") as out_file, err.open("wb") as err_file:
            try:
                process = subprocess.Popen(
                    [self._git, *arguments],
                    cwd=self._folder,
                    env=self._environment,
                    stdin=subprocess.DEVNULL,
                    stdout=out_file,
                    stderr=err_file,
                    start_new_session=True,  # a group of its own, that can be ended as one
                    umask=0o022,  # or the same commit would make another archive elsewhere
                )
            except OSError as error:
                raise GitFailed(f"{self._what} can't be fetched: git can't be run here ({error.strerror})") from None
            try:
                self._watch(process)
            except BaseException:
                _end(process)
                raise
        return Said(process.returncode == 0, _read(out, last=False), _read(err, last=True))

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        pause = _LOOK
        while True:
            left = self._until - self._now()
            try:
                process.wait(max(0.0, min(pause, left)))
            except subprocess.TimeoutExpired:
                if left <= 0:
                    seconds = f"{self._bounds.seconds:g} s"
                    raise TooSlow(f"{self._what} was not fetched within {seconds}; try again") from None
            began = self._now()
            if disk_usage(self._folder) > self._bounds.size:
                raise TooLarge(
                    f"{self._what} takes more than the {self._bounds.size:,} bytes there are for it; "
                    "name the git_folder that the commands need, or keep what is large elsewhere"
                )
            if process.returncode is not None:
                return
            pause = max(_LOOK, _COST * (self._now() - began))


def disk_usage(folder: Path) -> int:
    """Bytes of all files below ``folder``, while others write there."""
    total = 0
    pending = [os.fspath(folder)]
    while pending:
        try:
            with os.scandir(pending.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
                    else:
                        total += _size(entry)
        except OSError:
            continue  # gone meanwhile
    return total


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_size
    except OSError:
        return 0


def _end(process: subprocess.Popen[bytes]) -> None:
    """With all that it started: what it leaves half-written is thrown away with its folder."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def _read(path: Path, *, last: bool) -> str:
    with path.open("rb") as file:
        if last:
            file.seek(max(0, path.stat().st_size - _OUTPUT))
        return file.read(_OUTPUT).decode(errors="replace")
