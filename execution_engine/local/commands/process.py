"""A script on its instance, as far as one machine has one: a process, a folder of its own, and all below it.

As SSM's agent has it (github.com/aws/amazon-ssm-agent, agent/executers): the script leads a process group, both its
outputs are pipes, it has ended when nobody holds their other ends any more, and who cancels it, or its time,
kills the group without a word.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from execution_engine.local.commands.content import Script
from execution_engine.local.commands.invocation import STDERR, STDOUT
from execution_engine.local.commands.stream import Stream
from execution_engine.local.processes import Row, by_parent, living, send

SCRIPT = "_script.sh"
_MERCY = 5.0
"""Seconds after which nobody waits any more for what was killed."""


class Process:
    """``folder`` is made for it, and gone when it is closed. ``log`` gets all that it prints. ``grace``: seconds in
    which what it leaves behind may end by itself. Not thread-safe."""

    def __init__(
        self,
        script: Script,
        environment: Mapping[str, str],
        folder: Path,
        log: Path,
        grace: float,
        now: Callable[[], float],
    ) -> None:
        self._folder = folder
        self._grace = grace
        self._now = now
        self._below: set[int] = set()
        self._guests: set[int] = set()
        self._left_since: float | None = None
        here, temporary = folder / "work", folder / "tmp"
        for one in (here, temporary):
            one.mkdir(parents=True)
        path = folder / SCRIPT
        path.write_text(script.text, "utf-8")
        with open(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as written:
            self._process = subprocess.Popen(
                [*interpreter(script.text), str(path)],
                env={**environment, **script.variables, "TMPDIR": str(temporary)},
                cwd=script.folder or here,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
            self._output, self._errors = (
                Stream(_own(pipe), os.dup(written.fileno()), limit)
                for pipe, limit in ((self._process.stdout, STDOUT), (self._process.stderr, STDERR))
            )

    @property
    def pids(self) -> set[int]:
        """The script; once it is dead its guests, who had sessions of their own and care for what is below them."""
        return {self._process.pid} if self._process.poll() is None else set(self._guests)

    def look(self, table: Collection[Row]) -> None:
        """Takes note of what is below the script: who is killed names it no more."""
        children = by_parent(table)
        self._guests &= {child for known in children.values() for child in known}
        queue = [(self._process.pid, False)] if self._process.poll() is None else []
        queue += [(guest, True) for guest in self._guests]
        while queue:
            parent, cared_for = queue.pop()
            for child in children.get(parent, ()):
                if not cared_for and _leads_session(child):
                    self._guests.add(child)
                self._below.add(child)
                queue.append((child, cared_for or child in self._guests))

    def exit_code(self) -> int | None:
        """None while it runs, or somebody holds its outputs; -1 if a signal ended it."""
        code = self._process.poll()
        if code is None or self._output.is_open or self._errors.is_open:
            return None
        return max(code, -1)

    def printed(self) -> tuple[str, str]:
        return self._output.text(), self._errors.text()

    def kill(self) -> None:
        """Its group, at once. What has a session of its own is not in it."""
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def kill_all(self) -> None:
        """Its instance is gone. Guests die first: none of them hears of the death of what it belongs to."""
        for one in self._guests:
            send(one, signal.SIGKILL)
        self.kill()
        for one in self._below - self._guests:
            send(one, signal.SIGKILL)

    def is_gone(self, table: Collection[Row]) -> bool:
        """Asked again and again once it is over: what it left behind has the grace to end by itself, and is killed
        then. Nobody tells it anything: on an instance of AWS nobody would."""
        if self._left_since is None:
            self._left_since = self._now()
        self.look(table)
        self._below &= living(table)
        waited = self._now() - self._left_since
        if waited >= self._grace:
            self.kill_all()
        dead = self._process.poll() is not None
        return (dead and not self._below) or waited > self._grace + _MERCY

    def close(self) -> None:
        """When nothing of it runs any more."""
        shutil.rmtree(self._folder, ignore_errors=True)


def interpreter(text: str) -> list[str]:
    """The agent has ``sh -c`` run the script's file: by what its first line names, or by sh itself."""
    first, _, _ = text.partition("\n")
    if first.startswith("#!") and (named := first.removeprefix("#!").split(maxsplit=1)):
        return [part.strip() for part in named]
    return ["sh"]


def _own(pipe: object) -> int:
    """The end of a pipe, for somebody who closes it himself."""
    with pipe as file:  # type: ignore[attr-defined]
        return os.dup(file.fileno())


def _leads_session(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return os.getsid(pid) == pid
    return False
