"""The processes of this machine as Linux tells them. Elsewhere the table is empty."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Process:
    """One row. ``born`` (clock ticks since boot) tells a process from a later one with the same number."""

    pid: int
    parent: int
    group: int
    session: int
    born: int
    dead: bool

    @property
    def identity(self) -> tuple[int, int]:
        return self.pid, self.born


def parse(stat: bytes) -> Process:
    """Read a ``/proc/<pid>/stat``. The name in it may itself hold blanks and parentheses."""
    pid = int(stat[: stat.index(b" ")])
    fields = stat[stat.rindex(b")") + 2 :].split()
    threads = int(fields[17])
    return Process(
        pid=pid,
        parent=int(fields[1]),
        group=int(fields[2]),
        session=int(fields[3]),
        born=int(fields[19]),
        # A leader that has ended while other threads of it go on is shown as a zombie, too.
        dead=fields[0] in (b"Z", b"X") and threads <= 1,
    )


def processes() -> dict[int, Process]:
    """All of them, by number; those that end while we look may be missing."""
    table: dict[int, Process] = {}
    try:
        names = os.listdir(PROC)
    except OSError:
        return table
    for name in names:
        if not name.isdigit():
            continue
        try:
            with open(f"{PROC}/{name}/stat", "rb", buffering=0) as file:
                process = parse(file.read(4096))
        except (OSError, ValueError, IndexError):
            continue
        table[process.pid] = process
    return table


def ignores_interrupt(pid: int) -> bool:
    """Whether a process has SIGINT ignored, as every background child of a plain ``bash`` has."""
    try:
        with open(f"{PROC}/{pid}/status", "rb") as file:
            for line in file:
                if line.startswith(b"SigIgn:"):
                    return bool(int(line.split()[1], 16) & 0b10)
    except (OSError, ValueError, IndexError):
        pass
    return False
