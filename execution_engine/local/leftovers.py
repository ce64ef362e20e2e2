"""What outlived an embedded AWS that was killed: its functions, and what commands started.

A function is known by its program, a command by its script: both lie in the folder for temporary files. What a
command started is below it, in its session, or has its environment (which only Linux shows). What an instance was
running is known by where it may put temporary files; its script, and what that becomes, count as a function.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from execution_engine.local import processes

SCRIPTS = ("/_script.sh", "/launch.zip")
"""A document's script, as SSM's agent names it, and what the engine's own becomes."""

COMMANDS = "commands"
"""The folder below that one in which instances run what they are sent."""

EVENTS_DIR = "AWS_EXE_SYS_EVENTS_DIR"
"""The worker's name for a command's folder of events, which lies in that folder, too."""


def end_leftovers(folder: Path, grace: float, now: Callable[[], float], sleep: Callable[[float], None]) -> None:
    """Ends all of it as ``processes.end_descendants`` would. ``folder``: TMPDIR of the one that was killed."""
    leftovers = _Leftovers(folder)
    processes.end(leftovers.look, leftovers.is_function, grace, now, sleep)


class _Leftovers:
    """This process and those above it are none, whatever they look like."""

    def __init__(self, folder: Path) -> None:
        self._places = tuple({f"{folder}/", f"{folder.resolve()}/"})
        self._instances = tuple(f"{place}{COMMANDS}/" for place in self._places)
        self._spared = set(_with_ancestors(os.getpid()))
        self._functions: set[int] = set()
        self._sessions: set[int] = set()

    def look(self) -> list[int]:
        self._functions.clear()
        found = []
        for pid, first, rest, events, temporary in _told():
            if events.startswith(self._places):
                found.append(pid)
            elif rest.startswith(self._places) or self._is_script(rest):
                self._functions.add(pid)
                found.append(pid)
            elif temporary.startswith(self._instances) or self._is_named_in(f"\0{first}\0{rest}"):
                found.append(pid)
        # Whoever leads a session and is ours started it; of any other only the process itself is ours.
        self._sessions |= {pid for pid in found if _session(pid) == pid}
        if self._sessions:
            found += [pid for pid, _, _ in processes.table() if _session(pid) in self._sessions]
        return [pid for pid in {*found, *processes.below(found)} if pid not in self._spared]

    def _is_script(self, arguments: str) -> bool:
        return any(one.startswith(self._instances) and one.endswith(SCRIPTS) for one in arguments.split("\0"))

    def _is_named_in(self, arguments: str) -> bool:
        return any(f"\0{place}" in arguments for place in self._places)

    def is_function(self, pid: int) -> bool:
        return pid in self._functions


def _with_ancestors(pid: int) -> Iterator[int]:
    parents = {child: parent for child, parent, _ in processes.table()}
    while pid > 0:
        yield pid
        pid = parents.get(pid, 0)


def _session(pid: int) -> int:
    with contextlib.suppress(OSError):
        return os.getsid(pid)
    return -1


def _told() -> Iterator[tuple[int, str, str, str, str]]:
    """Of every process that may be looked at: its id, its program, the arguments with NUL between them, and where
    it may put events and temporary files."""
    if sys.platform != "linux":
        for line in processes.ps("pid=,args="):
            pid, first, rest, *_ = [*line.split(maxsplit=2), "", ""]
            yield int(pid), first, rest.replace(" /", "\0/"), "", ""
        return
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                first, _, rest = _read(entry, "cmdline").partition("\0")
                environment = ""
                with contextlib.suppress(OSError):  # a worker lets nobody look at its own
                    environment = _read(entry, "environ")
                events, temporary = (
                    f"\0{environment}".partition(f"\0{name}=")[2].partition("\0")[0] for name in (EVENTS_DIR, "TMPDIR")
                )
                yield int(entry.name), first, rest, events, temporary


def _read(entry: os.DirEntry[str], name: str) -> str:
    return Path(entry.path, name).read_text("utf-8", "surrogateescape")
