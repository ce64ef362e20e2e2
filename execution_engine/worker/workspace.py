"""The fresh folder of one order: the engine's own, and gone afterwards."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from pathlib import Path
from types import TracebackType

import structlog

_log = structlog.get_logger()


class Workspace:
    """``code`` is where commands start; ``events``, ``commands`` and ``packed`` lie outside of it.

    A context manager; leaving it removes everything, whatever modes the commands left behind.
    """

    def __init__(self, parent: Path) -> None:
        """``parent`` is made if need be; raises ``OSError`` where that is impossible."""
        parent.mkdir(parents=True, exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix="order-", dir=parent)).resolve()
        self.code = self._make("code")
        self.events = self._make("events")
        self.commands = self._make("commands")
        self.packed = self.folder / "code.zip"

    def command_file(self, place: int, command: str) -> Path:
        """Write a command down for its ``bash``: so its length is no argument limit."""
        path = self.commands / f"{place:04d}.sh"
        path.write_bytes(command.encode("utf-8", "surrogatepass") + b"\n")
        return path

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        if not self.folder.exists():
            return
        _open_up(self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.folder.exists():
            _log.warning("work folder could not be removed whole; remove it by hand", folder=str(self.folder))

    def __enter__(self) -> Workspace:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()

    def _make(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir(mode=0o700)
        return folder


def _open_up(folder: Path) -> None:
    """Give ourselves back what a command took from its own folders; links are not followed."""
    pending = [folder]
    while pending:
        current = pending.pop()
        try:
            os.chmod(current, stat.S_IRWXU)
            with os.scandir(current) as entries:
                pending += [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
        except OSError:
            continue
