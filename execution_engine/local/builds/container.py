"""A build's container, as far as one machine has one: a process, a folder of its own, a log, and all below it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from execution_engine.local import processes

_LOOK_EVERY = 0.5
"""Seconds between two looks at what the build has started, for the case that it dies without ending that."""

_KILLED = 128

# A file, so that whoever finds the process later knows by its program whose it was (leftovers).
_PROGRAM = """\
import runpy
runpy.run_module({module!r}, run_name="__main__", alter_sys=True)
"""


class Container:
    """``folder`` is made for it, and gone when it is closed. ``log`` gets all that the process prints.
    ``closed`` is called at its end.

    The process leads a session of its own. Not thread-safe.
    """

    def __init__(
        self,
        module: str,
        environment: Mapping[str, str],
        folder: Path,
        log: Path,
        grace: float,
        now: Callable[[], float],
        closed: Callable[[], None] = lambda: None,
    ) -> None:
        self._folder = folder
        self._grace = grace
        self._now = now
        self._closed = closed
        self._below: list[int] = []
        self._looked_at = now()
        self._ending: processes.Ending | None = None
        source, temporary = folder / "src", folder / "tmp"
        for one in (source, temporary):
            one.mkdir(parents=True)
        program = folder / "build.py"
        program.write_text(_PROGRAM.format(module=module))
        with open(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, str(program)],
                env={**environment, "CODEBUILD_SRC_DIR": str(source), "TMPDIR": str(temporary)},
                cwd=source,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def exit_code(self) -> int | None:
        """As a shell says it; None while it runs."""
        code = self._process.poll()
        if code is not None:
            return code if code >= 0 else _KILLED - code
        if self._now() - self._looked_at >= _LOOK_EVERY:
            self._below, self._looked_at = processes.descendants(self.pid), self._now()
        return None

    def end(self) -> bool:
        """Called again and again, until it says that nothing of it runs any more: the process is told to
        terminate, what it left behind is interrupted, and all is killed after the grace."""
        if self._ending is None:
            self._ending = processes.Ending(self._left, lambda one: one == self.pid, self._grace, self._now)
        return self._ending.step()

    def _left(self) -> list[int]:
        """Once reaped, its id is nobody's, or somebody else's; what was known below it is named once, and followed."""
        known, self._below = self._below, []
        if self._process.poll() is None:
            known += [self.pid, *processes.descendants(self.pid)]
        return known

    def close(self) -> None:
        """When nothing of it runs any more."""
        self._closed()
        shutil.rmtree(self._folder, ignore_errors=True)
