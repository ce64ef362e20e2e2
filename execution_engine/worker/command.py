"""One command: a ``bash`` of its own, in a session of its own, that says when it has ended."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path


class Command:
    """Started by the constructor, which raises ``OSError`` or ``ValueError`` when that is impossible.

    Standard output and error are one pipe, so their order is kept; standard input is empty. Until
    ``reap`` its number stays taken, so a signal never reaches a stranger.
    """

    def __init__(
        self,
        bash: str,
        file: Path,
        *,
        folder: Path,
        environment: Mapping[str, str],
        output: int,
        on_exit: Callable[[], None],
    ) -> None:
        self._process = subprocess.Popen(
            [bash, "--noprofile", "--norc", str(file)],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            close_fds=True,
            start_new_session=True,
        )
        self._on_exit = on_exit
        self._exited = threading.Event()
        self._waiter = threading.Thread(target=self._wait, name=f"command-{self.pid}", daemon=True)
        self._waiter.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exited(self) -> bool:
        return self._exited.is_set()

    def wait(self, seconds: float) -> bool:
        """Whether it has ended by then."""
        return self._exited.wait(max(0.0, seconds))

    def reap(self, seconds: float = 5.0) -> int | None:
        """The exit code, minus the signal's number if one ended it; None if it can't even be killed."""
        if not self.wait(seconds):
            return None
        self._waiter.join()
        return self._process.wait()

    def _wait(self) -> None:
        if hasattr(os, "waitid"):
            os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        else:
            self._process.wait()
        self._exited.set()
        self._on_exit()
