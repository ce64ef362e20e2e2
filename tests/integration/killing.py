"""Ends processes of one machine as nothing survives it: by ``kill -9``."""

from __future__ import annotations

import json
import os
import signal
from contextlib import suppress
from pathlib import Path

from integration.machine import Machine

from execution_engine.local.processes import descendants


def embedded(machine: Machine) -> int:
    """The process of the embedded AWS that runs now."""
    return int(json.loads((machine.state / "aws.json").read_text())["pid"])


def functions(machine: Machine, name: str) -> list[int]:
    """The processes of ``execution-engine-<name>``."""
    return [pid for pid in descendants(embedded(machine)) if f"-execution-engine-{name}-" in _command_line(pid)]


def kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def exists(pid: int) -> bool:
    """Lives, and is not just waiting for its parent to notice that it is dead."""
    return pid in descendants(0)


def living(state: Path) -> set[str]:
    """Command lines of all processes that have the state folder in their command line or environment."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            line, environment = ((folder / name).read_bytes() for name in ("cmdline", "environ"))
            if str(state).encode() in line + environment:
                found.add(line.replace(b"\0", b" ").decode("utf-8", "replace"))
    return found


def _command_line(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text("utf-8", "replace")
    return ""
