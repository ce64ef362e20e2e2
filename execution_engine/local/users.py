"""Who uses the embedded AWS right now: one locked file each, whose lock dies with its process.

Every method is called with the state folder's lock held; otherwise a file that was just made and is
about to be locked would look like a dead user's.
"""

from __future__ import annotations

from pathlib import Path

from execution_engine.local.file_lock import FileLock


class Users:
    """The folder of users."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def register(self, pid: int, nonce: str) -> User:
        path = self._folder / f"{pid}-{nonce}"
        lock = FileLock(path)
        lock.acquire()
        return User(path, lock)

    def any_alive(self, besides: User | None = None) -> bool:
        """Whether somebody (else) is there; files of dead users are removed on the way."""
        alive = False
        for path in self._folder.iterdir():
            if besides is not None and path == besides.path:
                continue
            probe = FileLock(path)
            if probe.try_acquire():
                path.unlink(missing_ok=True)
                probe.release()
            else:
                alive = True
        return alive


class User:
    """One user, until it leaves or its process ends."""

    def __init__(self, path: Path, lock: FileLock) -> None:
        self.path = path
        self._lock = lock

    def leave(self) -> None:
        self.path.unlink(missing_ok=True)
        self._lock.release()
