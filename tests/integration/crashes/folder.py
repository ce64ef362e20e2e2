"""What the test and the functions' processes tell each other: a folder of small files, safe for any number of both.

``runs/<run_id>``: whose run it is. ``plans/<name>``: where the process is to die that works on a run of that name.
``calls/<name>``: the calls made for it, in the order of their beginning. ``deaths/<name>``: the death that was.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

VARIABLE = "CRASHES_FOLDER"
"""Names the folder in the functions' environment."""

BEFORE, AFTER = "before", "after"

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Point:
    """The moment before the ``nth`` call of that name by that part is sent, or after its answer came."""

    part: str
    call: str
    nth: int
    side: str

    def __str__(self) -> str:
        return f"{self.part}: {self.side} {self.call} #{self.nth}"


@dataclass(frozen=True, slots=True)
class Death:
    """``event`` is what the invocation was about, ``calls`` are those it had the answers of."""

    point: Point
    event: Any
    calls: list[str]


class Folder:
    def __init__(self, root: Path) -> None:
        self.root = root

    def make(self) -> None:
        for name in ("runs", "plans", "calls", "deaths"):
            (self.root / name).mkdir(parents=True)

    # Whose run

    def began(self, run_id: str, name: str) -> None:
        (self.root / "runs" / run_id).write_text(name)

    def runs(self, name: str) -> list[str]:
        """All runs that were begun under this name, the eldest first."""
        found = [path for path in (self.root / "runs").iterdir() if path.read_text() == name]
        return [path.name for path in sorted(found, key=lambda path: path.stat().st_mtime_ns)]

    def name_of(self, event: Mapping[str, Any]) -> str | None:
        """Whose run an invocation is about; a submission says it itself."""
        if "job" in event:
            return str(event["job"]["username"])
        for run_id in _UUID.findall(json.dumps(event)):
            if (path := self.root / "runs" / run_id).exists():
                return path.read_text()
        return None

    # Plans and deaths

    def plan(self, name: str, point: Point) -> None:
        (self.root / "plans" / name).write_text(json.dumps(asdict(point)))

    def planned(self, name: str) -> Point | None:
        path = self.root / "plans" / name
        return Point(**json.loads(path.read_text())) if path.exists() else None

    def die_once(self, name: str, death: Death) -> bool:
        """True for the one process that is to die now."""
        path = self.root / "deaths" / name
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return False
        with open(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(death), file)
        return True

    def death(self, name: str) -> Death | None:
        path = self.root / "deaths" / name
        if not path.exists():
            return None
        found = json.loads(path.read_text())
        return Death(Point(**found["point"]), found["event"], found["calls"])

    # Calls

    def count(self, name: str, part: str, call: str) -> int:
        """Notes the call; the how manyth of its kind it is."""
        line = f"{part} {call}"
        with open(self.root / "calls" / name, "a+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            earlier = file.read().splitlines().count(line)
            file.write(line + "\n")
        return earlier + 1

    def calls(self, name: str) -> list[tuple[str, str]]:
        """(part, call)."""
        lines = (self.root / "calls" / name).read_text().splitlines()
        return [(part, call) for part, _, call in (line.partition(" ") for line in lines)]
